//! Why a score is what it is: the network's own map, and what hiding a part does.
//!
//! Uses the network itself whatever engine scores, because only the network shows its cells.

use std::path::Path;

use burn::tensor::Device;
use image::RgbImage;

use crate::degrade::MENU;
use crate::domain::{ModelCard, QualityMap, SeenFlaw};
use crate::error::Result;
use crate::jobs::{Control, Stopped};
use crate::model_folder;
use crate::nn::{DEFECTS, Network, VIEWS};
use crate::preprocess;

/// Cells of a map along each side.
const CELLS: usize = 12;

/// Parts that are hidden along each side.
const HIDDEN: u32 = 6;

/// Photos computed at a time.
const BATCH: usize = 6;

/// A loaded network that explains its scores.
pub struct Explainer {
    card: ModelCard,
    network: Network,
    device: Device,
}

impl Explainer {
    /// Loads the model in `folder` onto `device`.
    ///
    /// # Errors
    /// When the folder holds no sound model.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let (card, network) = model_folder::load(folder, device)?;
        Ok(Self { card, network, device: device.clone() })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Raw score, map of the last stage's cells, and flaws (likeliest first; none unless the model learnt them).
    pub fn look(&self, photo: &RgbImage) -> (f64, QualityMap, Vec<SeenFlaw>) {
        let views = preprocess::views(photo);
        let outputs = self.network.outputs(preprocess::batch([&views].into_iter(), 1, &self.device));
        let values = |tensor: burn::tensor::Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
        let (quality, weight) = (values(outputs.quality), values(outputs.weight));
        let raw = f64::from(outputs.score.into_scalar::<f32>());
        let map = self.map(&quality, &weight, photo);
        if !self.card.names_flaws {
            return (raw, map, Vec::new());
        }
        let (logits, strengths) = (values(outputs.defects), values(outputs.severities));
        let seen = |index: usize| SeenFlaw {
            name: MENU[index].name(),
            probability: 1.0 / (1.0 + f64::from(-logits[index]).exp()),
            strength: f64::from(strengths[index]),
        };
        let mut flaws: Vec<SeenFlaw> = (0..DEFECTS).map(seen).collect();
        flaws.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        (raw, map, flaws)
    }

    /// Both views' cells over the photo: `weight · (quality − mean quality)` in points.
    fn map(&self, quality: &[f32], weight: &[f32], photo: &RgbImage) -> QualityMap {
        let mean: f32 = quality.iter().zip(weight).map(|(quality, weight)| quality * weight).sum();
        let std = self.card.calibration.std as f32;
        let points: Vec<f32> = quality.iter().zip(weight).map(|(q, w)| w * (q - mean) * std).collect();
        let per_view = points.len() / VIEWS;
        let edge = per_view.isqrt();
        let (whole, mosaic) = points.split_at(per_view);
        let placed = preprocess::placed_in_whole(photo.width(), photo.height());
        let cell = |share: f64| ((share * edge as f64) as usize).min(edge - 1);
        let at = |index: usize| {
            let u = ((index % CELLS) as f64 + 0.5) / CELLS as f64;
            let v = ((index / CELLS) as f64 + 0.5) / CELLS as f64;
            let x = placed.left + u * (placed.right - placed.left);
            let y = placed.top + v * (placed.bottom - placed.top);
            whole[cell(y) * edge + cell(x)] + mosaic[cell(v) * edge + cell(u)]
        };
        QualityMap { columns: CELLS, rows: CELLS, points: (0..CELLS * CELLS).map(at).collect() }
    }

    /// What the score loses when a part of the photo is hidden under its own mean colour (Zeiler and Fergus 2014),
    /// part by part; `control` is asked before every batch.
    ///
    /// # Errors
    /// When a stop was asked for.
    pub fn occlusion(&self, photo: &RgbImage, raw: f64, control: &Control) -> std::result::Result<QualityMap, Stopped> {
        let score = |raw: f64| self.card.calibration.score(raw);
        let count = (HIDDEN * HIDDEN) as usize;
        let mut points = Vec::with_capacity(count);
        for first in (0..count).step_by(BATCH) {
            control.checkpoint()?;
            let hidden =
                |index: usize| preprocess::views(&without(photo, index as u32 % HIDDEN, index as u32 / HIDDEN));
            let views: Vec<_> = (first..count.min(first + BATCH)).map(hidden).collect();
            let input = preprocess::batch(views.iter(), BATCH, &self.device);
            let lost = self.network.raw_scores(input, views.len()).into_iter().map(|hidden| score(raw) - score(hidden));
            points.extend(lost.map(|lost| lost as f32));
        }
        Ok(QualityMap { columns: HIDDEN as usize, rows: HIDDEN as usize, points })
    }
}

/// The photo with one of its `HIDDEN`² parts under that part's mean colour.
fn without(photo: &RgbImage, column: u32, row: u32) -> RgbImage {
    let span = |index: u32, length: u32| (index * length / HIDDEN)..((index + 1) * length / HIDDEN);
    let (xs, ys) = (span(column, photo.width()), span(row, photo.height()));
    let count = (xs.len() * ys.len()).max(1) as u64;
    let places = || ys.clone().flat_map(|y| xs.clone().map(move |x| (x, y)));
    let sum = places().fold([0_u64; 3], |sum, (x, y)| {
        let pixel = photo.get_pixel(x, y).0;
        std::array::from_fn(|channel| sum[channel] + u64::from(pixel[channel]))
    });
    let mut hidden = photo.clone();
    places().for_each(|(x, y)| hidden.put_pixel(x, y, image::Rgb(sum.map(|total| (total / count) as u8))));
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Calibration, ModelId, Reach};
    use crate::nn;

    fn explainer(names_flaws: bool) -> Explainer {
        let device = Device::flex();
        let card = ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId("test".to_owned()),
            architecture: "cnn-xs".to_owned(),
            preprocess: preprocess::VERSION,
            calibration: Calibration { mean: 50.0, std: 5.0 },
            reach: Reach::UNKNOWN,
            names_flaws,
            run: None,
            created_ms: 0,
            code_version: "test".to_owned(),
            personal: None,
        };
        Explainer { card, network: nn::fresh("cnn-xs", 4, &device).expect("known"), device }
    }

    fn photo() -> RgbImage {
        RgbImage::from_fn(300, 150, |x, y| image::Rgb([(x ^ y) as u8, (x * 7) as u8, if x > 250 { 9 } else { 240 }]))
    }

    #[test]
    fn the_map_is_of_the_photo_and_sums_up_to_nothing_in_the_mosaic() {
        let explainer = explainer(true);
        let (raw, map, flaws) = explainer.look(&photo());
        let scored = explainer
            .network
            .raw_scores(preprocess::batch([&preprocess::views(&photo())].into_iter(), 1, &explainer.device), 1);
        assert!((raw - scored[0]).abs() < 1e-5);
        assert_eq!((map.columns * map.rows, flaws.len()), (map.points.len(), DEFECTS));
        assert!(map.reach() > 0.0 && map.points.iter().all(|value| value.is_finite()));
        assert!(flaws.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
        // A network whose cells all say the same favours no place.
        let even = explainer.map(&[0.7; 72], &[1.0 / 72.0; 72], &photo());
        assert!(even.reach() < 1e-4, "{even:?}");
    }

    #[test]
    fn cells_land_where_they_belong() {
        let explainer = explainer(false);
        let (mut quality, weight) = (vec![0.0; 72], vec![1.0 / 72.0; 72]);
        // The mosaic's lower right cell, then the whole view's, which lies in the padding of a wide photo.
        quality[71] = 10.0;
        let map = explainer.map(&quality, &weight, &photo());
        let brightest =
            |map: &QualityMap| (0..144).max_by(|&a, &b| map.points[a].total_cmp(&map.points[b])).expect("one");
        assert!(brightest(&map) == 143 || map.points[143] == map.points[brightest(&map)]);
        assert!(map.points[0] < 0.0);
        quality[71] = 0.0;
        quality[35] = 10.0;
        let map = explainer.map(&quality, &weight, &photo());
        assert!(map.points.iter().all(|value| (value - map.points[0]).abs() < 1e-6), "padding shows nowhere: {map:?}");
    }

    #[test]
    fn hiding_a_part_tells_what_it_gave_and_can_be_stopped() {
        let explainer = explainer(false);
        let (raw, _, flaws) = explainer.look(&photo());
        assert!(flaws.is_empty(), "it never learnt them");
        let control = Control::default();
        let map = explainer.occlusion(&photo(), raw, &control).expect("runs");
        assert_eq!(map.points.len(), 36);
        let hidden = without(&photo(), 5, 2);
        assert_eq!(hidden.get_pixel(260, 60), hidden.get_pixel(290, 70));
        assert_eq!(hidden.get_pixel(249, 60), photo().get_pixel(249, 60));
        let alone = explainer.look(&hidden).0;
        let score = |raw| explainer.card.calibration.score(raw);
        assert!((f64::from(map.points[2 * 6 + 5]) - (score(raw) - score(alone))).abs() < 1e-3);
        control.cancel();
        assert!(explainer.occlusion(&photo(), raw, &control).is_err());
    }
}
