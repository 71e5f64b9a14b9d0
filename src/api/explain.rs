//! Why a photo has its score, and a picture of where.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};

use super::personal::{PersonalScorer, network_folder_of};
use super::score::look_at;
use super::{Project, clock, find_model, find_rule_pack};
use crate::domain::{Explanation, ModelId, QualityMap};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::infer::Explainer;
use crate::jobs::{self, Control, JobHandle, Outcome, Wake};
use crate::rules::RulePack;
use crate::{device, files, preprocess};

/// Longest side of the written picture in pixels.
const PICTURE: u32 = 1200;

/// What to explain.
#[derive(Debug, Clone, Default)]
pub struct ExplainRequest {
    /// The photo.
    pub path: PathBuf,
    /// The model; the newest when absent.
    pub model: Option<String>,
    /// Hide parts one by one, too: some forty times the work.
    pub occlusion: bool,
    /// Where to write the photo under its map, as PNG.
    pub picture: Option<PathBuf>,
    /// Replace the picture when it exists.
    pub overwrite: bool,
}

/// Starts explaining a photo's score; nothing comes of a job that was stopped.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_explaining(
    project: &Project,
    request: ExplainRequest,
    wake: Wake,
) -> Result<JobHandle<Option<Explanation>>> {
    let project = project.clone();
    jobs::spawn("packshot-explain", wake, move |reporter| {
        let explanation = explain(&project, &request, &reporter.control)?;
        Ok(explanation.map_or(Outcome::Cancelled(None), |found| Outcome::Completed(Some(found))))
    })
}

fn explain(project: &Project, request: &ExplainRequest, control: &Control) -> Result<Option<Explanation>> {
    if let Some(file) = &request.picture {
        check_picture_file(file, request.overwrite)?;
    }
    let explainer = PhotoExplainer::open(project, request.model.as_deref())?;
    let Some((explanation, photo)) = explainer.look(&request.path, request.occlusion.then_some(control))? else {
        return Ok(None);
    };
    if let Some(file) = &request.picture {
        write_picture(file, request.overwrite, &photo, explanation.map())?;
    }
    Ok(Some(explanation))
}

/// A loaded model that tells of one photo after the other why it has its score.
pub struct PhotoExplainer {
    project: Project,
    model: ModelId,
    network: Explainer,
    personal: Option<PersonalScorer>,
    rules: RulePack,
}

impl PhotoExplainer {
    /// Loads a model by id, name or folder; the newest when absent.
    ///
    /// # Errors
    /// When there is no such model, it is not sound, or the device or the rules of the configuration cannot be had.
    pub fn open(project: &Project, model: Option<&str>) -> Result<Self> {
        let config = &project.config.score;
        let entry = find_model(project, model)?;
        let device = device::choose(config.device)?.device;
        let is_personal = entry.card.personal.is_some();
        let folder = if is_personal { network_folder_of(&entry)? } else { entry.folder.clone() };
        Ok(Self {
            network: Explainer::load(&folder, &device)?,
            personal: is_personal.then(|| PersonalScorer::load(&entry, &device, 1)).transpose()?,
            rules: find_rule_pack(&project.config, &config.rules)?,
            model: entry.card.id,
            project: project.clone(),
        })
    }

    /// Why a photo has its score, and the photo. With a control, parts are hidden one by one, too, until it says stop:
    /// nothing is answered then.
    ///
    /// # Errors
    /// When the photo cannot be read, or the project's labels cannot.
    pub fn look(&self, path: &Path, occlusion: Option<&Control>) -> Result<Option<(Explanation, RgbImage)>> {
        let (file, photo) = imaging::load(path, &Limits::from_config(&self.project.config.decode))?;
        let (_, _, reason) = look_at(&photo, &file.bytes, &self.rules, clock::today());
        let (raw, cells, flaws) = self.network.look(&photo);
        let occlusion = occlusion.map(|control| self.network.occlusion(&photo, raw, control)).transpose();
        let Ok(occlusion) = occlusion else { return Ok(None) };
        let card = self.network.card();
        let (model, score) = (card.id.clone(), card.score(raw));
        let (base, unfamiliar, nearest) = (None, false, Vec::new());
        let mut explanation = Explanation { model, score, cells, occlusion, flaws, reason, base, unfamiliar, nearest };
        if let Some(scorer) = &self.personal {
            let measures = scorer.measures(&photo, &file.bytes);
            let row = scorer.rows(&[(&preprocess::views(&photo), &measures)])?.concat();
            let estimate = scorer.estimate(&row)?;
            explanation.base = Some(std::mem::replace(&mut explanation.model, self.model.clone()));
            if let Some(estimate) = estimate.first() {
                (explanation.score, explanation.unfamiliar) = (estimate.score, estimate.unfamiliar);
            }
            explanation.nearest = scorer.nearest(&self.project, &row, &file.sha256)?;
        }
        Ok(Some((explanation, photo)))
    }
}

/// Refuses, before any work, a picture by another name than `.png`, or one that exists and may not be replaced.
///
/// # Errors
/// [`crate::Code::Usage`].
pub fn check_picture_file(file: &Path, overwrite: bool) -> Result<()> {
    let png = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    if !png {
        return Err(Error::usage(format!("{} cannot be written: the picture is a .png", file.display())));
    }
    files::check_output(file, overwrite)
}

fn write_picture(file: &Path, overwrite: bool, photo: &RgbImage, map: &QualityMap) -> Result<()> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    tinted(&imaging::fit(photo, PICTURE), map)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|error| Error::internal("could not encode the picture").caused_by(error))?;
    files::write_atomically(file, overwrite, |out| out.write_all(bytes.get_ref()))
}

/// The photo in grey under its map: orange where it loses points, blue where it gains them, stronger for more.
fn tinted(photo: &RgbImage, map: &QualityMap) -> RgbImage {
    let reach = map.full_colour();
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let (column, row) = (x as usize * map.columns / width, y as usize * map.rows / height);
        let value = map.points[row * map.columns + column] / reach;
        let [r, g, b] = photo.get_pixel(x, y).0.map(f32::from);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let tint = if value < 0.0 { [230.0, 110.0, 20.0] } else { [30.0, 120.0, 220.0] };
        let share = 0.65 * value.abs();
        Rgb(tint.map(|channel| ((1.0 - share) * luma + share * channel).round() as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_orange_gains_blue_and_nothing_is_grey() {
        let photo = RgbImage::from_pixel(40, 10, Rgb([100; 3]));
        let map = QualityMap { columns: 4, rows: 1, points: vec![-2.0, 0.0, 1.0, 2.0] };
        let picture = tinted(&photo, &map);
        let [lost, nothing, some, gained] = [0, 10, 20, 39].map(|x| picture.get_pixel(x, 5).0);
        assert!(lost[0] > lost[2] && gained[2] > gained[0]);
        assert_eq!(nothing, [100; 3]);
        assert!(some[2] < gained[2] && some[2] > 100);
    }
}
