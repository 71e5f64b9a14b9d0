//! Features of photos by a frozen network: load once, then as many photos as wanted.

use std::path::Path;

use burn::tensor::Device;

use crate::backbone_file;
use crate::error::Result;
use crate::jobs::{Control, Stopped};
use crate::nn::{Backbone, BackboneKind};
use crate::preprocess::{self, BACKBONE_VERSION, BACKBONE_VIEWS, BackboneViews};

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

    /// Features a photo: those of the whole photo, then the mean of those of its native crops.
    pub fn feature_count(&self) -> usize {
        2 * self.backbone.kind().feature_count()
    }

    /// The features of photos, in their order; every batch has one shape, and `control` is asked before each.
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
        let each = self.backbone.features(images).into_data();
        let values: Vec<f32> = each.iter::<f32>().collect();
        let count = self.backbone.kind().feature_count();
        values.chunks_exact(count * BACKBONE_VIEWS).take(views.len()).map(|photo| of_photo(photo, count)).collect()
    }
}

/// The first view's features, then the mean of the others'.
fn of_photo(views: &[f32], count: usize) -> Vec<f32> {
    let (whole, crops) = views.split_at(count);
    let crop_count = crops.len() / count;
    let mean = (0..count).map(|index| {
        let sum: f64 = crops.iter().skip(index).step_by(count).map(|&value| f64::from(value)).sum();
        (sum / crop_count as f64) as f32
    });
    whole.iter().copied().chain(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_are_averaged_feature_by_feature() {
        assert_eq!(of_photo(&[1.0, 2.0, 10.0, 20.0, 30.0, 40.0], 2), [1.0, 2.0, 20.0, 30.0]);
    }
}
