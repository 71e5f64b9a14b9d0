//! The frozen dataset of a run.

use std::path::PathBuf;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::domain::{ImageId, Split};

/// One labelled photo and the part it serves in.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The photo.
    pub image: ImageId,
    /// Its file.
    pub path: PathBuf,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Its label (MOS), 0-100.
    pub label: f64,
    /// Its group; a group lies in one part.
    pub group: String,
    /// The part.
    pub part: Split,
}

/// The labelled photos of a run, in order of their id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// The samples.
    pub samples: Vec<Sample>,
}

impl Dataset {
    /// Indices of the samples of a part, in order.
    pub fn part(&self, part: Split) -> Vec<usize> {
        (0..self.samples.len()).filter(|&index| self.samples[index].part == part).collect()
    }

    /// Sizes of train, validation and test.
    pub fn sizes(&self) -> [u64; 3] {
        Split::ALL.map(|part| self.part(part).len() as u64)
    }

    /// The bytes a dataset's digest is taken over: content, label and part of every sample, in order.
    pub fn digest_text(&self) -> String {
        let line = |sample: &Sample| format!("{} {:.6} {}\n", sample.sha256, sample.label, sample.part.name());
        self.samples.iter().map(line).collect()
    }
}

/// The batches of one epoch: `indices` shuffled by (seed, epoch), cut into full batches.
///
/// A remainder smaller than a batch is left out of this epoch (another one falls out in the next), so that every step
/// has the same shape and batch statistics; when there is less than one batch, it is the batch.
pub fn shuffled_batches(indices: &[usize], batch: usize, seed: u64, epoch: u32) -> Vec<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(epoch) + 1);
    let mut order = indices.to_vec();
    shuffle(&mut order, &mut rng);
    if order.len() < batch {
        return vec![order];
    }
    order.chunks_exact(batch).map(<[usize]>::to_vec).collect()
}

/// Fisher and Yates; written out because the order must never change with a library version.
pub(super) fn shuffle<T>(items: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        let other = (rng.next_u64() % (last as u64 + 1)) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_depend_on_seed_and_epoch_only_and_repeat_nothing() {
        let indices: Vec<usize> = (0..50).collect();
        let batches = shuffled_batches(&indices, 16, 1, 0);
        assert_eq!(batches, shuffled_batches(&indices, 16, 1, 0));
        assert_ne!(batches, shuffled_batches(&indices, 16, 1, 1));
        assert_ne!(batches, shuffled_batches(&indices, 16, 2, 0));
        let mut seen: Vec<usize> = batches.concat();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((batches.len(), seen.len()), (3, 48));
        assert_eq!(shuffled_batches(&indices[..5], 16, 1, 0)[0].len(), 5);
    }
}
