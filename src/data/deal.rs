//! Dealing groups of photos to train, validation and test.

use std::collections::{BTreeMap, HashMap};

use super::split::SplitShares;
use crate::domain::Split;

/// A group with more photos than so many times the larger held-out part teaches: it would be that part.
const TOO_LARGE: f64 = 1.5;

/// Gives each of the shuffled groups a part: pinned ones theirs, those of the fold the test, groups too large to be held
/// out the training, and every other one the part that lacks most of its share.
pub(super) fn deal<'a>(
    order: &[&'a str],
    members: &BTreeMap<&str, Vec<usize>>,
    shares: SplitShares,
    pinned: &HashMap<&str, Split>,
) -> Vec<(&'a str, Split)> {
    let size = |group: &str| members[group].len();
    let photos = members.values().map(Vec::len).sum();
    let mut parts = Parts::new(shares, photos);
    let mut folds = vec![0_usize; shares.fold.map_or(0, |(_, folds)| folds as usize)];
    let (mut dealt, mut free) = (Vec::with_capacity(order.len()), Vec::new());
    for &group in order {
        // What was a test once may be any fold's.
        let pin = pinned.get(group).copied().filter(|part| shares.fold.is_none() || *part != Split::Test);
        if let Some(part) = pin {
            parts.put(part, size(group));
            dealt.push((group, part));
        } else if let Some((fold, _)) = shares.fold {
            let emptiest = (0..folds.len()).min_by_key(|&index| folds[index]).unwrap_or_default();
            folds[emptiest] += size(group);
            if emptiest == fold as usize { dealt.push((group, Split::Test)) } else { free.push(group) }
        } else {
            free.push(group);
        }
    }
    let most = TOO_LARGE * parts.largest_held_out();
    let mut large: Vec<&str> = free.iter().copied().filter(|group| size(group) as f64 > most).collect();
    // Stable: groups of one size stay shuffled. Every part gets a group, and if it must be a large one, the smallest of them.
    large.sort_by_key(|group| std::cmp::Reverse(size(group)));
    large.truncate(free.len().saturating_sub(parts.empty_held_out()));
    for group in large.iter().copied() {
        parts.put(Split::Train, size(group));
        dealt.push((group, Split::Train));
    }
    for group in free.into_iter().filter(|group| !large.contains(group)) {
        let part = parts.neediest();
        parts.put(part, size(group));
        dealt.push((group, part));
    }
    dealt
}

/// The parts with the photos they want and have.
struct Parts([(Split, f64, usize); 3]);

impl Parts {
    fn new(shares: SplitShares, photos: usize) -> Self {
        let test = if shares.fold.is_some() { 0.0 } else { shares.test };
        let train = 1.0 - test - shares.validation;
        let wants = |part, share| (part, share * photos as f64, 0);
        Self([wants(Split::Test, test), wants(Split::Validation, shares.validation), wants(Split::Train, train)])
    }

    fn put(&mut self, part: Split, photos: usize) {
        self.0.iter_mut().filter(|own| own.0 == part).for_each(|own| own.2 += photos);
    }

    /// The part that lacks most of its share; of two alike the first.
    fn neediest(&self) -> Split {
        let lack =
            |(_, wanted, has): (Split, f64, usize)| if wanted > 0.0 { 1.0 - has as f64 / wanted } else { f64::MIN };
        let by_lack = |a: &(Split, f64, usize), b: &(Split, f64, usize)| lack(*a).total_cmp(&lack(*b));
        self.0.iter().rev().max_by(|a, b| by_lack(a, b)).map_or(Split::Train, |own| own.0)
    }

    fn held_out(&self) -> impl Iterator<Item = &(Split, f64, usize)> {
        self.0.iter().filter(|own| own.0 != Split::Train && own.1 > 0.0)
    }

    fn largest_held_out(&self) -> f64 {
        self.held_out().map(|own| own.1).fold(0.0, f64::max)
    }

    fn empty_held_out(&self) -> usize {
        self.held_out().filter(|own| own.2 == 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: SplitShares = SplitShares { validation: 0.15, test: 0.15, fold: None };

    /// Groups of these sizes, dealt in this order, by name: "0", "1", ...
    fn dealt(sizes: &[usize], shares: SplitShares, pinned: &[(usize, Split)]) -> Vec<Split> {
        let names: Vec<String> = (0..sizes.len()).map(|index| format!("{index:03}")).collect();
        let members = names.iter().zip(sizes).map(|(name, &size)| (name.as_str(), vec![0; size])).collect();
        let order: Vec<&str> = names.iter().map(String::as_str).collect();
        let pinned = pinned.iter().map(|&(index, part)| (order[index], part)).collect();
        let mut dealt = deal(&order, &members, shares, &pinned);
        assert_eq!(dealt.len(), sizes.len());
        dealt.sort();
        dealt.into_iter().map(|(_, part)| part).collect()
    }

    fn count(parts: &[Split], part: Split) -> usize {
        parts.iter().filter(|own| **own == part).count()
    }

    #[test]
    fn a_group_too_large_to_hold_out_teaches() {
        let sizes: Vec<usize> = std::iter::once(60).chain([1; 40]).collect();
        for first in [0, 20, 40] {
            let mut sizes = sizes.clone();
            sizes.swap(0, first);
            let parts = dealt(&sizes, SHARES, &[]);
            assert_eq!(parts[first], Split::Train);
            assert_eq!((count(&parts, Split::Test), count(&parts, Split::Validation)), (15, 15));
        }
    }

    #[test]
    fn every_part_gets_a_group_when_all_are_large() {
        for sizes in [[30, 10, 20], [10, 20, 30], [7, 7, 7]] {
            let parts = dealt(&sizes, SHARES, &[]);
            assert!(Split::ALL.iter().all(|part| count(&parts, *part) == 1), "{sizes:?}: {parts:?}");
            let largest = (0..3).max_by_key(|&index| (sizes[index], 3 - index)).expect("three");
            assert_eq!(parts[largest], Split::Train, "{sizes:?}");
        }
        let none = SplitShares { test: 0.0, ..SHARES };
        assert_eq!(count(&dealt(&[30, 10, 20], none, &[]), Split::Test), 0);
    }

    #[test]
    fn pinned_groups_stay_and_the_others_make_up_for_them() {
        let pinned: Vec<(usize, Split)> =
            (0..50).map(|index| (index, if index < 40 { Split::Train } else { Split::Test })).collect();
        let parts = dealt(&[1; 100], SHARES, &pinned);
        assert!(pinned.iter().all(|&(index, part)| parts[index] == part));
        assert_eq!((count(&parts, Split::Test), count(&parts, Split::Validation)), (15, 15));
    }

    #[test]
    fn every_free_group_is_in_one_fold_and_what_taught_is_in_none() {
        let pinned: Vec<(usize, Split)> = (0..20).map(|index| (index, Split::ALL[index % 3])).collect();
        let mut tested = vec![0; 50];
        for fold in 0..5 {
            let parts = dealt(&[1; 50], SplitShares { fold: Some((fold, 5)), ..SHARES }, &pinned);
            parts
                .iter()
                .enumerate()
                .filter(|(_, part)| **part == Split::Test)
                .for_each(|(index, _)| tested[index] += 1);
            assert!(count(&parts, Split::Validation) >= 7);
        }
        for (index, times) in tested.into_iter().enumerate() {
            let taught = index < 20 && index % 3 != 2;
            assert_eq!(times, u32::from(!taught), "group {index}");
        }
    }
}
