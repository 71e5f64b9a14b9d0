//! Brings the features of photos to one scale, and fills what a photo lacks.
//!
//! Fitted on any photos, labelled or not, and then fixed. Each block gets a total variance of 1, so that relative weights
//! of blocks mean the same whatever their width. A missing value becomes the mean, and a column of its own says that it
//! was missing (columns that are always missing together share it). Must not know labels.

use serde::{Deserialize, Serialize};

use super::features::{Block, Features, Scale};
use super::linear::Matrix;
use crate::error::{Error, Result};

/// Deviations at which a measure in its own unit is cut off: one freak photo must not rule a model, nor its own score.
const CUT_OFF: f64 = 4.0;

/// The least deviation of a column that marks missing values: one that is almost always 0 would weigh too much.
const LEAST_MARK: f64 = 0.25;

/// The scale of one block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BlockScale {
    name: String,
    scale: Scale,
    means: Vec<f32>,
    /// What a difference from the mean is multiplied with; 0 for what never varies.
    factors: Vec<f32>,
    /// Largest size of a scaled value; nothing when values are not cut off.
    most: Option<f32>,
    marks: Vec<Mark>,
}

/// A column that says whether some columns are missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// A column that is missing whenever the others of its kind are.
    column: usize,
    present: f32,
    missing: f32,
}

/// The fixed scale of all blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    blocks: Vec<BlockScale>,
}

impl Scaling {
    /// Measures the scale on some photos; a few hundred, labelled or not, are enough.
    pub fn fit(features: &Features) -> Self {
        Self { blocks: features.blocks().iter().map(|block| BlockScale::fit(block, features.photos())).collect() }
    }

    /// Checks that features are of the kind this was fitted on.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when names or widths of blocks differ.
    pub fn check(&self, features: &Features) -> Result<()> {
        let same = |(scale, block): (&BlockScale, &Block)| {
            scale.name == block.name && scale.means.len() == block.columns && scale.scale == block.scale
        };
        if self.blocks.len() == features.blocks().len() && self.blocks.iter().zip(features.blocks()).all(same) {
            return Ok(());
        }
        let names = |names: Vec<&str>| names.join(" + ");
        let wanted = names(self.blocks.iter().map(|block| block.name.as_str()).collect());
        let given = names(features.blocks().iter().map(|block| block.name.as_str()).collect());
        Err(Error::bad_data(format!("the model was made for the features {wanted}, not for {given}"))
            .hint("Fit the personal model again."))
    }

    /// That of the first block alone.
    #[must_use]
    pub fn first(&self) -> Self {
        Self { blocks: self.blocks.first().cloned().into_iter().collect() }
    }

    /// Mean of each column and what a difference from it is multiplied with, where one block of values that are never
    /// missing nor cut off is all there is.
    pub(super) fn line(&self) -> Option<(&[f32], &[f32])> {
        match &self.blocks[..] {
            [block] if block.marks.is_empty() && block.most.is_none() => Some((&block.means, &block.factors)),
            _ => None,
        }
    }

    /// Columns of all blocks after scaling.
    pub(super) fn width(&self) -> usize {
        self.blocks.iter().map(BlockScale::width).sum()
    }

    /// Writes a photo's scaled columns, block after block, to `row` of [`Self::width`] places.
    pub(super) fn scaled(&self, features: &Features, photo: usize, row: &mut [f32]) {
        let mut rest = row;
        for (scale, block) in self.blocks.iter().zip(features.blocks()) {
            let (own, later) = rest.split_at_mut(scale.width());
            scale.scaled(block, photo, own);
            rest = later;
        }
    }

    /// The scaled columns of each block, marks of missing values last: one matrix a block.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn design(&self, features: &Features) -> Result<Vec<Matrix>> {
        self.check(features)?;
        let design = |(scale, block): (&BlockScale, &Block)| {
            let mut row = vec![0.0; scale.width()];
            let mut matrix = Matrix::zeros(features.photos(), scale.width());
            for photo in 0..features.photos() {
                scale.scaled(block, photo, &mut row);
                matrix.row_mut(photo).iter_mut().zip(&row).for_each(|(target, value)| *target = f64::from(*value));
            }
            matrix
        };
        Ok(self.blocks.iter().zip(features.blocks()).map(design).collect())
    }
}

impl BlockScale {
    fn fit(block: &Block, photos: usize) -> Self {
        let columns = block.columns;
        let (mut row, mut counts) = (vec![0.0; columns], vec![0.0f64; columns]);
        let (mut means, mut squares) = (vec![0.0f64; columns], vec![0.0f64; columns]);
        for photo in 0..photos {
            block.read(photo, &mut row);
            for (column, value) in row.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                // Welford's running mean and sum of squares.
                counts[column] += 1.0;
                let difference = f64::from(*value) - means[column];
                means[column] += difference / counts[column];
                squares[column] += difference * (f64::from(*value) - means[column]);
            }
        }
        let variances: Vec<f64> = squares.iter().zip(&counts).map(|(s, n)| s / f64::max(*n, 1.0)).collect();
        let varies = |column: usize| variances[column].sqrt() > 1e-6 * means[column].abs().max(1e-12);
        let total: f64 = variances.iter().sum();
        let each = (columns as f64).sqrt().recip();
        let factor = |column: usize| match block.scale {
            _ if !varies(column) => 0.0,
            Scale::Shared => total.sqrt().recip(),
            Scale::Each => each / variances[column].sqrt(),
        };
        Self {
            name: block.name.clone(),
            scale: block.scale,
            factors: (0..columns).map(|column| factor(column) as f32).collect(),
            means: means.iter().map(|mean| *mean as f32).collect(),
            most: (block.scale == Scale::Each).then_some((CUT_OFF * each) as f32),
            marks: marks(block, photos, each),
        }
    }

    /// Columns after scaling.
    fn width(&self) -> usize {
        self.means.len() + self.marks.len()
    }

    /// Writes a photo's scaled columns to `row`, which has [`Self::width`] places.
    fn scaled(&self, block: &Block, photo: usize, row: &mut [f32]) {
        let (values, marks) = row.split_at_mut(self.means.len());
        block.read(photo, values);
        for (target, mark) in marks.iter_mut().zip(&self.marks) {
            *target = if values[mark.column].is_finite() { mark.present } else { mark.missing };
        }
        let moments = self.means.iter().zip(&self.factors);
        let Some(most) = self.most else {
            values.iter_mut().zip(moments).for_each(|(value, (mean, factor))| *value = (*value - mean) * factor);
            return;
        };
        for (value, (mean, factor)) in values.iter_mut().zip(moments) {
            let scaled = ((*value - mean) * factor).clamp(-most, most);
            *value = if scaled.is_nan() { 0.0 } else { scaled };
        }
    }
}

/// One mark for each set of columns that are missing on the same photos, unless on none or all.
fn marks(block: &Block, photos: usize, each: f64) -> Vec<Mark> {
    let mut row = vec![0.0; block.columns];
    let mut missing = vec![Vec::new(); block.columns];
    for photo in 0..photos {
        block.read(photo, &mut row);
        for (column, _) in row.iter().enumerate().filter(|(_, value)| !value.is_finite()) {
            missing[column].push(photo);
        }
    }
    let mut marks = Vec::new();
    for (column, on) in missing.iter().enumerate() {
        if on.is_empty() || on.len() == photos || missing[..column].contains(on) {
            continue;
        }
        let rate = on.len() as f64 / photos as f64;
        let factor = each / (rate * (1.0 - rate)).sqrt().max(LEAST_MARK);
        marks.push(Mark { column, present: (-rate * factor) as f32, missing: ((1.0 - rate) * factor) as f32 });
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::features::Values;

    fn features(scale: Scale, columns: usize, values: &[f32]) -> Features {
        let block = Block { name: "x".to_owned(), columns, scale, values: Values::Single(values.to_vec()) };
        Features::new(vec![block]).expect("one block")
    }

    fn variances(matrix: &Matrix) -> Vec<f64> {
        let means = matrix.means();
        let square = |c: usize| (0..matrix.rows()).map(move |r| (matrix.row(r)[c], c));
        (0..matrix.columns())
            .map(|c| square(c).map(|(value, c)| (value - means[c]).powi(2)).sum::<f64>() / matrix.rows() as f64)
            .collect()
    }

    #[test]
    fn a_block_has_a_total_variance_of_one() {
        let values = [1.0, 900.0, 5.0, 2.0, 100.0, 5.0, 4.0, 300.0, 5.0, 3.0, 200.0, 5.0];
        let each = features(Scale::Each, 3, &values);
        let found = variances(&Scaling::fit(&each).design(&each).expect("same blocks")[0]);
        assert!(found.iter().zip([1.0 / 3.0, 1.0 / 3.0, 0.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        let shared = features(Scale::Shared, 3, &values);
        let found = variances(&Scaling::fit(&shared).design(&shared).expect("same blocks")[0]);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-6 && found[1] > 1e4 * found[0], "{found:?}");
    }

    #[test]
    fn what_is_missing_becomes_the_mean_and_is_marked_once() {
        let nan = f32::NAN;
        let photos = features(Scale::Each, 3, &[1.0, 4.0, 1.0, nan, nan, 2.0, 3.0, 8.0, 3.0, nan, nan, 4.0]);
        let design = &Scaling::fit(&photos).design(&photos).expect("same blocks")[0];
        assert_eq!(design.columns(), 4);
        assert_eq!(design.row(1)[..2], [0.0, 0.0]);
        assert!(design.row(1)[3] > 0.0 && design.row(0)[3] < 0.0, "{:?} {:?}", design.row(1), design.row(0));
        assert!((0..4).map(|row| design.row(row)[3]).sum::<f64>().abs() < 1e-6);
    }

    #[test]
    fn a_freak_value_is_cut_off() {
        let usual: Vec<f32> = (0..100).map(|value| (value % 10) as f32).collect();
        let scaling = Scaling::fit(&features(Scale::Each, 1, &usual));
        let design = &scaling.design(&features(Scale::Each, 1, &[1e9, f32::INFINITY])).expect("same blocks")[0];
        assert_eq!(design.values(), [4.0, 4.0]);
    }

    #[test]
    fn features_of_another_kind_are_refused() {
        let scaling = Scaling::fit(&features(Scale::Each, 2, &[1.0, 2.0, 3.0, 4.0]));
        assert!(scaling.design(&features(Scale::Each, 1, &[1.0])).is_err());
        assert!(scaling.design(&features(Scale::Shared, 2, &[1.0, 2.0])).is_err());
    }
}
