//! Disjoint sets that several threads join at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Disjoint sets of places (union-find with path halving, without locks); the smallest place stands for its set, so
/// that the outcome is the same in whatever order sets are joined.
pub(super) struct Sets {
    parents: Vec<AtomicUsize>,
}

impl Sets {
    pub(super) fn new(places: usize) -> Self {
        Self { parents: (0..places).map(AtomicUsize::new).collect() }
    }

    fn parent(&self, place: usize) -> usize {
        self.parents[place].load(Ordering::Relaxed)
    }

    /// The place that stands for the set as far as this thread can see.
    pub(super) fn root(&self, mut place: usize) -> usize {
        loop {
            let parent = self.parent(place);
            if parent == place {
                return place;
            }
            let above = self.parent(parent);
            // Whoever changed it meanwhile made the way no longer.
            let _unused = self.parents[place].compare_exchange(parent, above, Ordering::Relaxed, Ordering::Relaxed);
            place = above;
        }
    }

    pub(super) fn join(&self, a: usize, b: usize) {
        loop {
            let (a, b) = (self.root(a), self.root(b));
            let (lower, upper) = (a.min(b), a.max(b));
            // Only a place that still stands for its set may be put below another.
            let joined = self.parents[upper].compare_exchange(upper, lower, Ordering::Relaxed, Ordering::Relaxed);
            if a == b || joined.is_ok() {
                return;
            }
        }
    }

    /// For every place the one that stands for its set.
    pub(super) fn roots(&self) -> Vec<usize> {
        (0..self.parents.len()).map(|place| self.root(place)).collect()
    }

    /// The sets of two or more, places ascending, in order of their first.
    pub(super) fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, root) in self.roots().into_iter().enumerate() {
            groups.entry(root).or_default().push(place);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_join_at_once_lose_nothing() {
        let sets = Sets::new(4000);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let sets = &sets;
                // Four chains through the same places, from both ends: every residue of 40 becomes one set.
                scope.spawn(move || {
                    let steps: Vec<usize> = (0..3960).filter(|place| place % 4 == thread).collect();
                    let back = thread % 2 == 1;
                    let order: Vec<usize> = if back { steps.into_iter().rev().collect() } else { steps };
                    order.into_iter().for_each(|place| sets.join(place, place + 40));
                });
            }
        });
        let groups = sets.groups();
        assert_eq!(groups.len(), 40);
        for (first, group) in groups.iter().enumerate() {
            assert!(group.iter().copied().eq((first..4000).step_by(40)));
        }
        assert!(Sets::new(3).groups().is_empty());
    }
}
