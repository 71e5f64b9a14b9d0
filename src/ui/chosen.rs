//! The photos that are chosen, as bits by their place: all of 100,000 are chosen in microseconds.
//!
//! Plain values; must not know what the places mean.

use std::ops::Range;

/// A set of places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    bits: Vec<u64>,
    count: usize,
}

impl Chosen {
    /// One place alone.
    pub fn one(place: usize) -> Self {
        let mut chosen = Self::default();
        chosen.set(place, true);
        chosen
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// None is.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a place is chosen.
    pub fn contains(&self, place: usize) -> bool {
        self.bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Chooses a place, or no more.
    pub fn set(&mut self, place: usize, chosen: bool) {
        if self.contains(place) == chosen {
            return;
        }
        if self.bits.len() <= place / 64 {
            self.bits.resize(place / 64 + 1, 0);
        }
        self.bits[place / 64] ^= 1 << (place % 64);
        self.count = if chosen { self.count + 1 } else { self.count - 1 };
    }

    /// The places, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.bits.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(index, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit))
    }

    /// Lets go of every place that does not meet a condition.
    pub fn keep(&mut self, keeps: impl Fn(usize) -> bool) {
        let gone: Vec<usize> = self.iter().filter(|place| !keeps(*place)).collect();
        gone.into_iter().for_each(|place| self.set(place, false));
    }
}

impl FromIterator<usize> for Chosen {
    fn from_iter<T: IntoIterator<Item = usize>>(places: T) -> Self {
        let mut chosen = Self::default();
        places.into_iter().for_each(|place| chosen.set(place, true));
        chosen
    }
}

/// What a rubber band touches, as ranges of places in the grid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Band {
    /// The places.
    pub touched: Vec<Range<usize>>,
    /// What was chosen before stays.
    pub extends: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_and_go_and_are_counted() {
        let mut chosen: Chosen = [3, 64, 3, 200].into_iter().collect();
        assert_eq!((chosen.len(), chosen.iter().collect::<Vec<_>>()), (3, vec![3, 64, 200]));
        chosen.set(64, false);
        chosen.set(9_999, false);
        assert!(!chosen.contains(64) && !chosen.contains(9_999) && chosen.contains(200));
        chosen.keep(|place| place > 100);
        assert_eq!((chosen.len(), chosen.contains(3)), (1, false));
        assert!(Chosen::default().is_empty() && Chosen::one(0).contains(0));
    }
}
