//! Features of photos by a frozen network: load once, then as many photos as wanted.

use std::path::Path;

use burn::tensor::Device;

use crate::backbone_file;
use crate::error::Result;
use crate::jobs::{Control, Stopped, worker_count};
use crate::nn::{Backbone, BackboneKind};
use crate::preprocess::{self, BACKBONE_VERSION, BACKBONE_VIEWS, BackboneViews};

/// Pictures that a core computes before weights are laid out for it again: enough for that to cost little, few enough for
/// the planes between the layers to stay small.
const PICTURES_A_CORE: usize = 4;

/// A frozen network, ready to describe photos by numbers.
pub struct Extractor {
    backbone: Backbone,
    device: Device,
    batch: usize,
    id: String,
}

impl Extractor {
    /// Loads the network in a weight file onto `device`; `batch` photos are computed at a time.
    ///
    /// # Errors
    /// As [`backbone_file::load`].
    pub fn load(path: &Path, device: &Device, batch: usize) -> Result<Self> {
        let backbone = backbone_file::load(path, device)?;
        let weights: String = backbone_file::sha256(path)?.chars().take(16).collect();
        let id = format!("{}-{weights}-v{BACKBONE_VERSION}", backbone.kind().name());
        Ok(Self { backbone, device: device.clone(), batch: batch.max(1), id })
    }

    /// What features are known by: network, weight file and version of the views. Features with another id do not
    /// compare with these.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The architecture.
    pub fn kind(&self) -> BackboneKind {
        self.backbone.kind()
    }

    /// Photos computed at a time.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    /// Features a photo: those of the whole photo, then the mean and the deviation of those of its native crops.
    pub fn feature_count(&self) -> usize {
        3 * self.backbone.kind().feature_count()
    }

    /// Features of each level of the network, in order: those of the whole photo, then twice as many of the crops.
    pub fn level_widths(&self) -> Vec<usize> {
        self.backbone.kind().level_widths().repeat(3)
    }

    /// The features of photos, in their order; on a GPU every batch has one shape, and `control` is asked before each.
    ///
    /// # Errors
    /// When a stop was asked for.
    pub fn extract<'a>(
        &self,
        views: impl IntoIterator<Item = &'a BackboneViews>,
        control: &Control,
    ) -> std::result::Result<Vec<Vec<f32>>, Stopped> {
        let views: Vec<&BackboneViews> = views.into_iter().collect();
        let mut features = Vec::with_capacity(views.len());
        for part in views.chunks(self.batch) {
            control.checkpoint()?;
            features.extend(self.one_batch(part));
        }
        Ok(features)
    }

    fn one_batch(&self, views: &[&BackboneViews]) -> Vec<Vec<f32>> {
        let images = preprocess::backbone_batch(views.iter().copied(), self.batch, &self.device);
        // A processor computes some pictures a core, and no batch is filled up.
        let (count, step) = if self.device == Device::flex() {
            (views.len() * BACKBONE_VIEWS, PICTURES_A_CORE * worker_count())
        } else {
            (images.dims()[0], images.dims()[0])
        };
        let parts = (0..count).step_by(step).map(|from| images.clone().slice_dim(0, from..count.min(from + step)));
        let values: Vec<f32> = parts
            .flat_map(|part| self.backbone.features(part).into_data().iter::<f32>().collect::<Vec<f32>>())
            .collect();
        let count = self.backbone.kind().feature_count();
        values.chunks_exact(count * BACKBONE_VIEWS).take(views.len()).map(|photo| of_photo(photo, count)).collect()
    }
}

/// The first view's features, then mean and deviation of the others', feature by feature: the mean says how good a photo
/// is where something happens, the deviation whether it is so everywhere.
fn of_photo(views: &[f32], count: usize) -> Vec<f32> {
    let (whole, crops) = views.split_at(count);
    let crop_count = (crops.len() / count) as f64;
    let (mut means, mut deviations) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for index in 0..count {
        let values = || crops.iter().skip(index).step_by(count).map(|&value| f64::from(value));
        let mean = values().sum::<f64>() / crop_count;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / crop_count;
        means.push(mean as f32);
        deviations.push(variance.sqrt() as f32);
    }
    [whole, &means, &deviations].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_are_summed_up_feature_by_feature() {
        // Three crops with the features 10, 20, 30 and 40, 40, 70.
        let features = of_photo(&[1.0, 2.0, 10.0, 40.0, 20.0, 40.0, 30.0, 70.0], 2);
        assert_eq!(features[..4], [1.0, 2.0, 20.0, 50.0]);
        for (found, expected) in features[4..].iter().zip([(200.0_f32 / 3.0).sqrt(), 200.0_f32.sqrt()]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
}
