//! Duplicates: photos with the same bytes, photos that show the same picture, and photos of the same scene.
//!
//! A [`Fingerprint`] is made once a content and compared ever after; must not know files, the store or attributes.

mod best;
mod compare;
mod fingerprint;
mod groups;
mod index;
mod sets;

use std::collections::BTreeMap;

pub use best::{Facts, best_first, reason};
pub use compare::{Outline, distance};
pub use fingerprint::{Fingerprint, LEAST_SIDE, VERSION};
pub use groups::{Grouping, NearGroup, SAME_SCENE, near_groups, scene_groups};

use crate::domain::ImageId;

/// The groups of two or more photos with the same SHA-256: ids ascending in each, groups by their first id. Photos
/// without a hash (unreadable) are in no group.
pub fn exact_groups(items: &[(ImageId, &str)]) -> Vec<Vec<ImageId>> {
    let mut by_hash: BTreeMap<&str, Vec<ImageId>> = BTreeMap::new();
    for (id, sha256) in items.iter().filter(|(_, sha256)| !sha256.is_empty()) {
        by_hash.entry(sha256).or_default().push(*id);
    }
    let mut groups: Vec<Vec<ImageId>> = by_hash.into_values().filter(|ids| ids.len() > 1).collect();
    groups.iter_mut().for_each(|ids| ids.sort_unstable());
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod real_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_sorted_and_hold_only_copies() {
        let items = [(9, "b"), (4, "a"), (1, "c"), (2, "b"), (7, "a"), (3, "b"), (5, ""), (6, "")];
        let groups = exact_groups(&items.map(|(id, hash)| (ImageId(id), hash)));
        let expected = [vec![2, 3, 9], vec![4, 7]];
        assert_eq!(groups, expected.map(|ids| ids.into_iter().map(ImageId).collect::<Vec<_>>()));
        assert!(exact_groups(&[]).is_empty());
    }
}
