//! Spoilt photos that pre-training learns from more than once: making one takes far longer than a GPU takes to learn from it.
//!
//! What a step learns from is a function of (seed, step): its own new ladders, and others drawn from the last ones.

use std::borrow::Cow;
use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::data::{RUNGS, Synthetic};

/// Steps at the beginning that learn from new photos alone, until there are some to choose from.
const ALL_NEW: u64 = 16;
/// Draws of old ladders use other streams of random numbers than their making.
const DRAWS: u64 = 1 << 63;

/// How often, and how long, spoilt photos are learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reuse {
    /// How often each is learnt from, on average; 1 makes every photo anew.
    pub times: u64,
    /// Ladders that are kept, about a megabyte each.
    pub keep: u64,
}

impl Reuse {
    /// Ladders that have been made before `step` (0-based), of `ladders` a step.
    pub(super) fn made_before(self, step: u64, ladders: u64) -> u64 {
        ladders * step.min(ALL_NEW) + self.new_a_step(ladders) * step.saturating_sub(ALL_NEW)
    }

    fn new_a_step(self, ladders: u64) -> u64 {
        (ladders / self.times.max(1)).max(1)
    }
}

/// The ladders made last.
#[derive(Debug, Default)]
pub(super) struct Made {
    ladders: VecDeque<[Synthetic; RUNGS]>,
    /// Number of the first one.
    first: u64,
}

impl Made {
    /// None yet; the first one will have the number `first`.
    pub(super) fn from(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// The number that the next ladder gets.
    pub(super) fn end(&self) -> u64 {
        self.first + self.ladders.len() as u64
    }

    /// Adds the next ladder and lets go of the oldest beyond `keep`.
    pub(super) fn push(&mut self, ladder: [Synthetic; RUNGS], keep: u64) {
        self.ladders.push_back(ladder);
        while self.ladders.len() as u64 > keep.max(1) {
            self.ladders.pop_front();
            self.first += 1;
        }
    }

    /// The photos of a step, ladder after ladder: the new ones, and as many of the kept ones as are missing, half of them
    /// mirrored.
    pub(super) fn batch(&self, reuse: Reuse, seed: u64, ladders: u64, step: u64) -> Vec<Cow<'_, Synthetic>> {
        let kept = self.ladders.len() as u64;
        let new = (reuse.made_before(step + 1, ladders) - reuse.made_before(step, ladders)).min(kept);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(DRAWS | step);
        let mut batch: Vec<Cow<'_, Synthetic>> = Vec::with_capacity(ladders as usize * RUNGS);
        batch.extend(self.ladders.range((kept - new) as usize..).flatten().map(Cow::Borrowed));
        for _ in new..ladders {
            let (draw, mirrored) = (rng.next_u64(), rng.next_u32() & 1 == 1);
            let ladder = &self.ladders[(draw % kept.max(1)) as usize];
            batch.extend(
                ladder.iter().map(|made| if mirrored { Cow::Owned(made.mirrored()) } else { Cow::Borrowed(made) }),
            );
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;
    use crate::data::PseudoLabel;
    use crate::nn::DEFECTS;
    use crate::preprocess;

    const LADDERS: u64 = 6;

    fn ladder(number: u64) -> [Synthetic; RUNGS] {
        std::array::from_fn(|rung| {
            let photo = RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, (y * 3) as u8, rung as u8]));
            let label = PseudoLabel { quality: number as f64, strengths: [0.0; DEFECTS] };
            Synthetic { views: preprocess::views(&photo), label, content: number as usize }
        })
    }

    /// The contents of every step's batch, from `begin` on, and whether a photo in it is mirrored.
    fn steps(reuse: Reuse, begin: u64, end: u64) -> Vec<Vec<(usize, bool)>> {
        let known = reuse.made_before(begin, LADDERS);
        let mut made = Made::from(known.saturating_sub(reuse.keep));
        let plain = ladder(0);
        let contents = |step: u64| {
            while made.end() < reuse.made_before(step + 1, LADDERS) {
                made.push(ladder(made.end()), reuse.keep);
            }
            let batch = made.batch(reuse, 5, LADDERS, step);
            assert_eq!(batch.len() as u64, LADDERS * RUNGS as u64);
            let mirrored = |place: usize, photo: &Synthetic| photo.views != plain[place % RUNGS].views;
            batch.iter().enumerate().map(|(place, photo)| (photo.content, mirrored(place, photo))).collect()
        };
        (begin..end).map(contents).collect()
    }

    #[test]
    fn every_ladder_is_new_once_and_comes_again_as_often_as_asked() {
        let reuse = Reuse { times: 3, keep: 40 };
        let (end, new) = (120, LADDERS / 3);
        let batches = steps(reuse, 0, end);
        assert_eq!(reuse.made_before(end, LADDERS), ALL_NEW * LADDERS + (end - ALL_NEW) * new);
        let mut next = 0;
        for (step, batch) in batches.iter().enumerate() {
            let fresh = if (step as u64) < ALL_NEW { LADDERS } else { new };
            for (place, (content, _)) in batch.iter().step_by(RUNGS).enumerate() {
                if (place as u64) < fresh {
                    assert_eq!(*content, next, "step {step}");
                    next += 1;
                } else {
                    assert!(*content < next && *content + 40 >= next, "step {step}: {content} of {next}");
                }
            }
        }
        let all: Vec<bool> = batches.concat().into_iter().map(|(_, mirrored)| mirrored).collect();
        let share = all.iter().filter(|mirrored| **mirrored).count() as f64 / all.len() as f64;
        assert!((0.15..0.45).contains(&share), "{share} mirrored, of two thirds that may be");
        assert_eq!(
            steps(Reuse { times: 1, keep: 40 }, 0, 20).concat().iter().filter(|(_, mirrored)| *mirrored).count(),
            0
        );
    }

    #[test]
    fn a_resumed_run_draws_what_an_uninterrupted_one_does() {
        let reuse = Reuse { times: 3, keep: 25 };
        let whole = steps(reuse, 0, 60);
        for begin in [1, ALL_NEW, 41] {
            assert_eq!(steps(reuse, begin, 60), whole[begin as usize..], "from step {begin}");
        }
    }
}
