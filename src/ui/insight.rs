//! Why the photo on screen has its score, ready to draw and to tell.

use std::path::PathBuf;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use super::evidence::Layer;
use super::lens::Lens;
use super::theme::overlay_colours;
use crate::api::{PhotoExplainer, Project};
use crate::domain::{Explanation, ModelId, Photo};
use crate::error::{Error, Result};
use crate::jobs::Wake;

/// The share of a cell's colour that covers the photo where the map is strongest.
const COVER: f32 = 0.65;

/// What an explanation depends on: the file, the SHA-256 of its content, and the model (the newest when absent).
type Key = (PathBuf, String, Option<ModelId>);

/// The explanation of the photo on screen.
pub type InsightLens = Lens<Key, Insight>;

/// Starts the thread that explains; the model is loaded with the first photo and kept.
///
/// # Errors
/// When no thread can be started.
pub fn open(project: &Project, wake: &Wake) -> Result<InsightLens> {
    let project = project.clone();
    let mut loaded: Option<(Option<ModelId>, PhotoExplainer)> = None;
    Lens::new("packshot-insight", wake, move |(path, _, model): &Key| {
        if loaded.as_ref().is_none_or(|(known, _)| known != model) {
            loaded = None;
            let explainer = PhotoExplainer::open(&project, model.as_ref().map(|id| id.0.as_str()))?;
            loaded = Some((model.clone(), explainer));
        }
        let explained = loaded.as_ref().map(|(_, explainer)| explainer.look(path, None)).transpose()?;
        let (explanation, _) = explained.flatten().ok_or_else(|| Error::internal("the model did not answer"))?;
        Ok(Insight::new(explanation))
    })
}

/// What to ask the lens for a photo that a model scored.
pub fn key(photo: &Photo, model: Option<&ModelId>) -> Key {
    (photo.path.clone(), photo.sha256.clone(), model.cloned())
}

/// The explanation of a photo, ready to draw.
pub struct Insight {
    /// What the model says.
    pub explanation: Explanation,
    layer: Layer,
}

impl Insight {
    fn new(explanation: Explanation) -> Self {
        let map = explanation.map();
        let reach = map.full_colour();
        let colours = overlay_colours();
        let cell = |points: &f32| {
            let colour = if *points < 0.0 { colours.loses } else { colours.gains };
            colour.gamma_multiply(COVER * points.abs() / reach)
        };
        let image = ColorImage::new([map.columns, map.rows], map.points.iter().map(cell).collect::<Vec<Color32>>());
        Self { layer: Layer::Image(image), explanation }
    }

    /// The cells that add to the score or take from it, tinted.
    pub fn cells(&mut self, ctx: &egui::Context) -> TextureHandle {
        self.layer.texture(ctx, "insight", TextureOptions::LINEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{QualityMap, Score};

    #[test]
    fn losses_and_gains_have_their_colours_and_nothing_is_clear() {
        let insight = Insight::new(Explanation {
            model: ModelId("m".to_owned()),
            score: Score { value: 50.0, low: 40.0, high: 60.0 },
            cells: QualityMap { columns: 3, rows: 1, points: vec![-2.0, 0.0, 1.0] },
            occlusion: None,
            flaws: Vec::new(),
            reason: None,
            base: None,
            unfamiliar: false,
            nearest: Vec::new(),
        });
        let Layer::Image(image) = insight.layer else { panic!("drawn already") };
        let [lost, nothing, gained] = [0, 1, 2].map(|at| image.pixels[at]);
        assert_eq!((image.size, nothing), ([3, 1], Color32::TRANSPARENT));
        assert!(lost.r() > lost.b() && gained.b() > gained.r() && lost.a() > gained.a());
    }
}
