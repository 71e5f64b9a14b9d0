//! The labelled photos that are most like a photo, as the model sees likeness: the distance in its scaled features, each
//! block with the weight that the fit gave it.

use super::{Personal, join};
use crate::error::Result;
use crate::train::features::Features;

impl Personal {
    /// The `most` photos of `known` nearest to the only photo of `photo`: place and Euclidean distance, nearest first.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the features are of another kind than those it learnt from.
    pub fn nearest(&self, known: &Features, photo: &Features, most: usize) -> Result<Vec<(usize, f64)>> {
        let scaled = |features: &Features| {
            Ok::<_, crate::Error>(join(&self.scaling.design(features)?, &self.report.block_weights))
        };
        let (known, photo) = (scaled(known)?, scaled(photo)?);
        let distance = |row: &[f64]| row.iter().zip(photo.row(0)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let mut found: Vec<(usize, f64)> = (0..known.rows()).map(|place| (place, distance(known.row(place)))).collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        found.truncate(most);
        Ok(found)
    }
}
