//! Pre-training: from clean photos alone to a model, as a job that goes on where it was stopped.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::duplicates::scenes;
use super::photos::about;
use super::run_lock::RunLock;
use super::{CODE_VERSION, Project, clock};
use crate::config::DeviceChoice;
use crate::data::{CleanPhotos, RUNGS};
use crate::device;
use crate::domain::{Calibration, MetricPoint, ModelCard, ModelId, Reach, RunId};
use crate::error::{Error, Result};
use crate::files;
use crate::imaging::{self, Limits};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake};
use crate::preprocess;
use crate::train::{AT_THE_END, HeldOut, Plan, Pretrain, Reuse, Watcher, model_path};

const PLAN: &str = "plan.json";
const CURVE: &str = "curve.csv";
const CURVE_HEAD: &str = "step,name,value";

/// One scene in so many is held out.
const HELD_OUT_IN: u64 = 10;

/// What to learn from, and how long. Recorded in the output folder; a resumed pre-training must ask for the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PretrainRequest {
    /// Folders of clean photos, or single ones.
    pub paths: Vec<PathBuf>,
    /// Where `model`, `checkpoint` and the curve are made.
    pub folder: PathBuf,
    /// Registry name of the network.
    pub architecture: String,
    /// Seed of weights and photos.
    pub seed: u64,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Clean photos a step, each in four versions.
    pub ladders: usize,
    /// How often each version is learnt from.
    pub reuse: u64,
    /// Clean photos whose versions are kept in memory for that, about a megabyte each.
    pub keep: u64,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Decay of weights.
    pub weight_decay: f64,
}

/// How a pre-training ended.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PretrainSummary {
    /// Steps taken in all.
    pub steps: u64,
    /// Device in words.
    pub device: String,
    /// Photos learnt from, and held out.
    pub photos: [u64; 2],
    /// What the held-out photos say.
    pub held_out: HeldOut,
    /// Where the model lies.
    pub model: PathBuf,
}

/// Starts or resumes a pre-training.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_pretraining(
    project: &Project,
    request: PretrainRequest,
    device: DeviceChoice,
    wake: Wake,
) -> Result<JobHandle<PretrainSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-pretrain", wake, move |reporter| run(&project, &request, device, reporter))
}

type Watching<'a> = &'a Reporter<PretrainSummary>;

fn run(
    project: &Project,
    request: &PretrainRequest,
    device: DeviceChoice,
    reporter: Watching<'_>,
) -> Result<Outcome<PretrainSummary>> {
    let folder = &request.folder;
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))?;
    let _lock = RunLock::take(folder, &RunId(folder.display().to_string()))?;
    keep_plan(request)?;
    let chosen = device::choose(device)?;
    let Some([learn, hold_out]) = parts(project, request, reporter)? else {
        return Ok(Outcome::Cancelled(PretrainSummary::default()));
    };
    let photos = [learn.len() as u64, hold_out.len() as u64];
    let limits = Limits::from_config(&project.config.decode);
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId(String::new()),
        architecture: request.architecture.clone(),
        preprocess: preprocess::VERSION,
        calibration: Calibration { mean: 50.0, std: 25.0 },
        reach: Reach::UNKNOWN,
        names_flaws: true,
        run: None,
        created_ms: clock::now_ms(),
        code_version: CODE_VERSION.to_owned(),
        personal: None,
    };
    let (clean, held_out) = (CleanPhotos::new(learn, limits), CleanPhotos::new(hold_out, limits));
    let plan = Plan {
        architecture: &request.architecture,
        seed: request.seed,
        steps: request.steps,
        ladders: request.ladders,
        reuse: Reuse { times: request.reuse, keep: request.keep.max(request.ladders as u64) },
        learning_rate: request.learning_rate,
        weight_decay: request.weight_decay,
        clean: &clean,
        held_out: &held_out,
        device: &chosen.device,
        folder,
        card: &card,
    };
    let mut watcher = CurveWatcher {
        curve: folder.join(CURVE),
        reporter,
        photos_a_step: request.ladders * RUNGS,
        device: &chosen.name,
        started: None,
        step: 0,
        seen: String::new(),
    };
    let pretrain = Pretrain::new(plan, &mut watcher)?;
    let before = pretrain.position().step;
    trim_curve(&folder.join(CURVE), before)?;
    let (ending, held_out) = pretrain.run()?;
    let summary = PretrainSummary {
        steps: watcher.step.max(before),
        device: chosen.name,
        photos,
        held_out,
        model: model_path(folder),
    };
    Ok(if ending.stopped { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

/// Writes the plan into a fresh folder, or checks that it is the one that was begun there.
fn keep_plan(request: &PretrainRequest) -> Result<()> {
    let path = request.folder.join(PLAN);
    if !path.exists() {
        let text = serde_json::to_string_pretty(request)
            .map_err(|error| Error::internal("could not record the plan").caused_by(error))?;
        return files::write_atomically(&path, false, |out| out.write_all(text.as_bytes()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    let begun: PretrainRequest = serde_json::from_str(&text).map_err(|error| {
        Error::bad_data(format!("{} is not the plan of a pre-training", path.display())).caused_by(error)
    })?;
    let same = PretrainRequest { folder: request.folder.clone(), ..begun } == *request;
    if same {
        return Ok(());
    }
    Err(Error::usage(format!("{} was begun with other photos or settings", request.folder.display()))
        .hint(format!("They stand in {}. Name them again to go on, or choose another folder.", path.display())))
}

/// Photos to learn from and photos to hold out; whole scenes, so that none is on both sides. Nothing when stopped.
fn parts(project: &Project, request: &PretrainRequest, reporter: Watching<'_>) -> Result<Option<[Vec<PathBuf>; 2]>> {
    let mut keep_going = |found: usize| {
        reporter.progress("Looking for photos", found as u64, 0, "");
        !reporter.control.is_cancelled()
    };
    let listing = imaging::list_photos(&request.paths, &mut keep_going);
    listing.problems.iter().for_each(|(path, reason)| reporter.warn(about(path, reason)));
    let Some(scenes) = scenes(project, &listing.files, reporter)? else { return Ok(None) };
    let mut scene_of: Vec<usize> = (0..listing.files.len()).collect();
    for scene in scenes {
        let first = scene.iter().copied().min().unwrap_or_default();
        scene.into_iter().for_each(|place| scene_of[place] = first);
    }
    let held_out = held_out(&listing.files, &request.paths);
    let (hold_out, learn): (Vec<usize>, Vec<usize>) =
        (0..listing.files.len()).partition(|place| held_out[scene_of[*place]]);
    let paths = |places: Vec<usize>| places.into_iter().map(|place| listing.files[place].clone()).collect();
    Ok(Some([paths(learn), paths(hold_out)]))
}

/// Which photos are held out by themselves: one in ten, by their names, wherever the folder lies. Names that several photos
/// have count with the folders above them, from the named ones on.
fn held_out(files: &[PathBuf], roots: &[PathBuf]) -> Vec<bool> {
    let name = |file: &Path| PathBuf::from(file.file_name().unwrap_or_default());
    let mut photos_of: BTreeMap<PathBuf, usize> = BTreeMap::new();
    files.iter().for_each(|file| *photos_of.entry(name(file)).or_default() += 1);
    let below = |file: &Path| {
        let found = roots.iter().filter_map(|root| file.strip_prefix(root).ok()).find(|rest| rest.parent().is_some());
        found.map(Path::to_path_buf)
    };
    let is_held_out = |file: &PathBuf| {
        let name = name(file);
        let key = if photos_of[&name] > 1 { below(file).unwrap_or_else(|| file.clone()) } else { name };
        let hash = imaging::sha256_hex(key.to_string_lossy().as_bytes());
        u64::from_str_radix(&hash[..8], 16).is_ok_and(|hash| hash.is_multiple_of(HELD_OUT_IN))
    };
    files.iter().map(is_held_out).collect()
}

/// Takes points after a step, and those of the end, off a curve: a killed process wrote them, and the resumed one writes
/// them again.
fn trim_curve(path: &Path, step: u64) -> Result<()> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("{CURVE_HEAD}\n"),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    let known = |line: &&str| {
        let (first, rest) = line.split_once(',').unwrap_or((line, ""));
        first.parse().ok().is_none_or(|own: u64| own <= step) && !rest.starts_with(AT_THE_END)
    };
    let kept: String = text.lines().filter(known).map(|line| format!("{line}\n")).collect();
    files::write_atomically(path, true, |out| out.write_all(kept.as_bytes()))
}

/// Carries what the loop reports to the curve's file and to the job's watcher.
struct CurveWatcher<'a> {
    curve: PathBuf,
    reporter: Watching<'a>,
    photos_a_step: usize,
    device: &'a str,
    started: Option<(Instant, u64)>,
    step: u64,
    seen: String,
}

impl Watcher for CurveWatcher<'_> {
    fn control(&self) -> &Control {
        &self.reporter.control
    }

    fn stepped(&mut self, _epoch: u32, step: u64, steps: u64, loss: f64) {
        self.step = step;
        let (since, first) = *self.started.get_or_insert_with(|| (Instant::now(), step));
        let rate = (step - first) as f64 * self.photos_a_step as f64 / since.elapsed().as_secs_f64().max(1e-6);
        let speed = if step > first { format!(" · {rate:.1} images/s") } else { String::new() };
        self.reporter.progress(
            "Learning",
            step,
            steps,
            format!("loss {loss:.3}{}{speed} · {}", self.seen, self.device),
        );
    }

    fn refitting(&mut self, made: u64, all: u64) {
        self.reporter.progress("Making photos for the head", made, all, format!("{}{}", self.device, self.seen));
    }

    fn points(&mut self, points: &[MetricPoint]) -> Result<()> {
        let lines: String =
            points.iter().map(|point| format!("{},{},{:.6}\n", point.step, point.name, point.value)).collect();
        if let Some(srcc) = points.iter().find(|point| point.name == "held_out_srcc") {
            self.seen = format!(" · held-out SRCC {:.3}", srcc.value);
        }
        let append =
            || std::fs::OpenOptions::new().append(true).create(true).open(&self.curve)?.write_all(lines.as_bytes());
        append().map_err(|error| Error::io("write", &self.curve, error))?;
        self.reporter.points();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_photo_in_ten_is_held_out_by_its_name_also_where_names_repeat() {
        let shots = |root: &str| -> Vec<PathBuf> {
            (0..200)
                .flat_map(|sku| (1..6).map(move |shot| (sku, shot)))
                .map(|(sku, shot)| PathBuf::from(format!("{root}/SKU-{sku}/0{shot}.jpg")))
                .collect()
        };
        let here = held_out(&shots("/here"), &["/here".into()]);
        let share = here.iter().filter(|held| **held).count();
        assert!((60..140).contains(&share), "{share} of 1,000");
        assert_eq!(here, held_out(&shots("/there"), &["/there".into()]));
        let own = |folder: &str| -> Vec<PathBuf> { (0..99).map(|at| format!("{folder}/{at}.jpg").into()).collect() };
        assert_eq!(held_out(&own("/a/b"), &["/a".into()]), held_out(&own("/c"), &["/c".into()]));
    }

    #[test]
    fn a_curve_loses_what_the_checkpoint_does_not_know() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join(CURVE);
        trim_curve(&path, 0).expect("begins");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), "step,name,value\n");
        std::fs::write(&path, "step,name,value\n10,train_loss,1\n10,final_srcc,0.5\n20,train_loss,0.5\n30,tra")
            .expect("writes");
        trim_curve(&path, 10).expect("trims");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), "step,name,value\n10,train_loss,1\n");
    }
}
