//! The features of photos, in blocks: cached deep features in half precision beside measures that some photos lack.
//!
//! Must not know where features come from: a block is a name, a width and numbers.

use super::half::from_half;
use crate::error::{Error, Result};

/// How a block's columns are brought to one scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The columns share one scale: principal components, whose variances carry meaning.
    Shared,
    /// Each column is brought to variance 1: measures in units of their own.
    Each,
}

/// The numbers of a block, photo after photo.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Half precision, as bits; always finite.
    Half(Vec<u16>),
    /// Single precision; not a number where a photo lacks the measure.
    Single(Vec<f32>),
}

/// Features of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What they are, for example an extractor's id; a model is bound to it.
    pub name: String,
    /// Values a photo.
    pub columns: usize,
    /// How they are scaled.
    pub scale: Scale,
    /// The values.
    pub values: Values,
}

/// The features of some photos.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    photos: usize,
    blocks: Vec<Block>,
}

impl Features {
    /// Joins blocks that hold the same photos in the same order.
    ///
    /// # Errors
    /// [`crate::Code::Internal`] when there is no block, or their photos do not match.
    pub fn new(blocks: Vec<Block>) -> Result<Self> {
        let photos = |block: &Block| {
            let values = match &block.values {
                Values::Half(values) => values.len(),
                Values::Single(values) => values.len(),
            };
            (block.columns > 0 && values % block.columns == 0).then(|| values / block.columns)
        };
        let first = blocks.first().and_then(photos);
        match first {
            Some(count) if blocks.iter().all(|block| photos(block) == Some(count)) => {
                Ok(Self { photos: count, blocks })
            }
            _ => Err(Error::internal("blocks of features do not hold the same photos")),
        }
    }

    /// How many photos.
    pub fn photos(&self) -> usize {
        self.photos
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The first block alone.
    #[must_use]
    pub fn first(&self) -> Self {
        Self { photos: self.photos, blocks: self.blocks.first().cloned().into_iter().collect() }
    }

    /// Euclidean distance of every photo to one of them, over the first block as it is stored.
    pub fn distances(&self, photo: usize) -> Vec<f64> {
        let Some(block) = self.blocks.first().filter(|_| photo < self.photos) else { return Vec::new() };
        let (mut own, mut other) = (vec![0.0; block.columns], vec![0.0; block.columns]);
        block.read(photo, &mut own);
        let distance = |place| {
            block.read(place, &mut other);
            f64::from(own.iter().zip(&other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()).sqrt()
        };
        (0..self.photos).map(distance).collect()
    }

    /// The features of the chosen photos, in their order.
    #[must_use]
    pub fn gather(&self, photos: &[usize]) -> Self {
        fn rows<T: Copy>(values: &[T], columns: usize, photos: &[usize]) -> Vec<T> {
            photos.iter().flat_map(|photo| &values[photo * columns..][..columns]).copied().collect()
        }
        let gathered = |block: &Block| Block {
            name: block.name.clone(),
            columns: block.columns,
            scale: block.scale,
            values: match &block.values {
                Values::Half(values) => Values::Half(rows(values, block.columns, photos)),
                Values::Single(values) => Values::Single(rows(values, block.columns, photos)),
            },
        };
        Self { photos: photos.len(), blocks: self.blocks.iter().map(gathered).collect() }
    }
}

impl Block {
    /// Writes a photo's values to `row`; what it lacks is not a number.
    pub(super) fn read(&self, photo: usize, row: &mut [f32]) {
        let place = photo * self.columns..(photo + 1) * self.columns;
        match &self.values {
            Values::Half(values) => {
                row.iter_mut().zip(&values[place]).for_each(|(target, bits)| *target = from_half(*bits));
            }
            Values::Single(values) => row.copy_from_slice(&values[place]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::half::to_half;

    fn block(columns: usize, values: Values) -> Block {
        Block { name: "x".to_owned(), columns, scale: Scale::Each, values }
    }

    #[test]
    fn distances_are_those_of_the_first_block() {
        let half = |values: &[f32]| Values::Half(values.iter().map(|value| to_half(*value)).collect());
        let blocks =
            vec![block(2, half(&[0.0, 0.0, 3.0, 4.0, 0.0, 1.0])), block(1, Values::Single(vec![9.0, f32::NAN, 0.0]))];
        let features = Features::new(blocks).expect("match");
        assert_eq!(features.distances(0), [0.0, 5.0, 1.0]);
        assert!(features.distances(3).is_empty());
    }

    #[test]
    fn blocks_of_other_photos_are_refused() {
        let halves = |count: usize| Values::Half(vec![0; count]);
        assert_eq!(Features::new(vec![block(2, halves(6)), block(1, halves(3))]).expect("match").photos(), 3);
        for blocks in [vec![], vec![block(2, halves(5))], vec![block(1, halves(2)), block(1, halves(3))]] {
            assert!(Features::new(blocks).is_err());
        }
    }

    #[test]
    fn gathered_photos_keep_their_values() {
        let halves = (0..6).map(|value| to_half(value as f32)).collect();
        let singles = vec![0.5, f32::NAN, 2.5];
        let features =
            Features::new(vec![block(2, Values::Half(halves)), block(1, Values::Single(singles))]).expect("match");
        let some = features.gather(&[2, 0]);
        let mut row = [0.0; 2];
        some.blocks()[0].read(0, &mut row);
        assert_eq!(row, [4.0, 5.0]);
        some.blocks()[1].read(1, &mut row[..1]);
        assert_eq!((some.photos(), row[0]), (2, 0.5));
    }
}
