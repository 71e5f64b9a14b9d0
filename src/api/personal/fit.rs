//! `packshot personal`: describe, fit, and say honestly how good it is and what more labels would bring.

use std::path::PathBuf;

use serde::Serialize;

use super::describe::{Which, describe};
use super::tutor::{Material, Tutor, too_few};
use crate::api::duplicates::scenes;
use crate::api::train_photos::candidates;
use crate::api::{FailedPhoto, Project, fused};
use crate::domain::{Interval, ModelId};
use crate::error::Result;
use crate::evaluate::{self, Judged};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::train::forecast::{Forecast, learning_curve};
use crate::train::personal::{FEWEST_LABELS, Personal};
use crate::train::scaling::Scaling;

/// Drives folds and draws.
const SEED: u64 = 1;

/// What to fit.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonalRequest {
    /// Describe every photo of the project, not only the labelled ones, so that all have scores at once.
    pub all: bool,
}

/// How a personal model came out. Figures are of photos whose group was left out of everything: weights, penalty and
/// intervals; those with fewer labels than five such fits need come from the fit itself, and then there is no coverage.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PersonalSummary {
    /// The model.
    pub model: Option<ModelId>,
    /// What the network that it is based on is called.
    pub base: String,
    /// What gives the features: that network, or the weight file of one trained elsewhere.
    pub features: String,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Photos described now.
    pub described: u64,
    /// Photos that have a score of it now.
    pub scored: u64,
    /// Labels it learnt from.
    pub labels: usize,
    /// Groups they come from.
    pub groups: usize,
    /// Spearman's correlation of scores and labels.
    pub srcc: Option<f64>,
    /// Its 95 % interval.
    pub srcc_interval: Option<Interval>,
    /// The same of the network alone.
    pub base_srcc: Option<f64>,
    /// Mean absolute error, in points.
    pub mae: Option<f64>,
    /// Share of labels within the 90 % interval of their score.
    pub coverage: Option<f64>,
    /// The share of the labels in the score, 0-1; the rest is the network's.
    pub own_share: f64,
    /// More labels that the forecast is about.
    pub more_labels: Option<usize>,
    /// The gain in SRCC that they are expected to bring, and how sure that is.
    pub gain: Option<[f64; 2]>,
    /// The forecast in words.
    pub forecast: Option<String>,
    /// Photos that could not be read.
    pub failed: Vec<FailedPhoto>,
}

/// Starts describing labelled photos (or all) and fitting the personal model to them.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_personal(project: &Project, request: PersonalRequest, wake: Wake) -> Result<JobHandle<PersonalSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-personal", wake, move |reporter| run(&project, request, reporter))
}

fn run(
    project: &Project,
    request: PersonalRequest,
    reporter: &Reporter<PersonalSummary>,
) -> Result<Outcome<PersonalSummary>> {
    let labels = fused::labels(&project.store()?)?.len();
    if labels < FEWEST_LABELS {
        return Err(too_few(labels));
    }
    let described = describe(project, if request.all { Which::All } else { Which::Labelled }, reporter)?;
    let mut summary = PersonalSummary {
        device: described.device,
        described: described.described,
        failed: described.failed,
        ..PersonalSummary::default()
    };
    // Shots of one scene are left out together, so they must be known where nobody gave them a group.
    let labelled = candidates(&project.store()?)?.0.into_iter();
    let loose: Vec<PathBuf> = labelled.filter(|photo| photo.group.is_none()).map(|photo| photo.path).collect();
    if reporter.control.checkpoint().is_err() || scenes(project, &loose, reporter)?.is_none() {
        return Ok(Outcome::Cancelled(summary));
    }
    reporter.progress("Fitting", 0, 0, "");
    let mut tutor = Tutor::open(project)?;
    let lesson = tutor.learn(true)?;
    let (Some(card), Some(report)) = (lesson.card, lesson.report) else {
        return Err(too_few(lesson.labels - lesson.waiting));
    };
    summary.model = Some(card.id);
    summary.base.clone_from(&tutor.source().base.name);
    tutor.source().features().clone_into(&mut summary.features);
    summary.scored = lesson.scores.len() as u64;
    (summary.labels, summary.groups) = (report.labels, report.groups);
    (summary.srcc, summary.base_srcc, summary.mae) = (report.srcc, report.base_srcc, Some(report.mae));
    summary.own_share = report.own_share;
    let material = tutor.material()?;
    if let (Some(material), Some(scaling)) = (material, tutor.scaling()) {
        summary.judge(&material, scaling, reporter)?;
    }
    Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

/// What more labels would bring; nothing with too few labels, or when asked to stop.
fn forecast<T>(
    material: &Material,
    scaling: &Scaling,
    labels: usize,
    reporter: &Reporter<T>,
) -> Result<Option<Forecast>> {
    let points = learning_curve(material.training(), scaling, SEED, &mut |done, total| {
        reporter.progress("Forecasting", done as u64, total as u64, "");
        reporter.control.checkpoint().is_ok()
    })?;
    Ok(Forecast::new(&points, labels, Forecast::next_goal(labels), SEED))
}

/// What more labels would bring to the personal model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LabelForecast {
    /// The labels that it rests on.
    pub labels: usize,
    /// In words, such as "≈120 more labels → +0.03 ± 0.01"; nothing when the labels are too few to tell.
    pub text: Option<String>,
}

/// Starts forecasting what more labels would bring, from the photos that are described; the model stays as it is.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_forecast(project: &Project, wake: Wake) -> Result<JobHandle<LabelForecast>> {
    let project = project.clone();
    jobs::spawn("packshot-forecast", wake, move |reporter| {
        let mut tutor = Tutor::open(&project)?;
        tutor.read()?;
        let Some(material) = tutor.material()? else { return Ok(Outcome::Completed(LabelForecast::default())) };
        let mut found = LabelForecast { labels: material.labels.len(), text: None };
        if let Some(scaling) = tutor.scaling().filter(|_| found.labels >= FEWEST_LABELS) {
            found.text = forecast(&material, scaling, found.labels, reporter)?.map(|forecast| forecast.to_string());
        }
        Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(found) } else { Outcome::Completed(found) })
    })
}

impl PersonalSummary {
    /// Fits on parts of the labels and judges on the rest.
    fn judge(&mut self, material: &Material, scaling: &Scaling, reporter: &Reporter<Self>) -> Result<()> {
        reporter.progress("Judging on left-out groups", 0, 0, "");
        if let Some(found) = Personal::validate(material.training(), scaling, SEED)? {
            let judged = material.labels.iter().zip(&material.groups).zip(&found.scores);
            let judged = judged.map(|((label, group), score)| Judged {
                label: *label,
                score: score.value,
                group: group.clone(),
            });
            let report = evaluate::report(&judged.collect::<Vec<_>>(), SEED);
            (self.srcc, self.srcc_interval, self.mae) = (report.srcc, report.srcc_interval, report.mae);
            self.coverage = Some(found.coverage);
        }
        if reporter.control.checkpoint().is_err() {
            return Ok(());
        }
        let forecast = forecast(material, scaling, self.labels, reporter)?;
        self.more_labels = forecast.map(|found| found.more);
        self.gain = forecast.map(|found| [found.gain, found.margin]);
        self.forecast = forecast.map(|found| found.to_string());
        Ok(())
    }
}
