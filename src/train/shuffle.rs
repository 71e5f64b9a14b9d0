//! Random draws of the personal model: always from a seed that is passed in. Must not know what is drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

/// A number below `most`, every one as likely but for 2⁻⁶⁴.
pub(super) fn below(rng: &mut ChaCha8Rng, most: usize) -> usize {
    ((u128::from(rng.next_u64()) * most as u128) >> 64) as usize
}

/// Fisher and Yates' shuffle.
pub(super) fn shuffle<T>(items: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last + 1));
    }
}
