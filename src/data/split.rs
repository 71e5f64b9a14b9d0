//! Splitting by group: photos of one SKU, scene or content never cross parts.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::dataset::{Dataset, Sample, shuffle};
use super::deal::deal;
use crate::dedup::exact_groups;
use crate::domain::{ImageId, Split};
use crate::error::{Error, Result};

/// A labelled photo that wants a part.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The photo.
    pub image: ImageId,
    /// Its file.
    pub path: PathBuf,
    /// SHA-256 of the content.
    pub sha256: String,
    /// Its label, 0-100.
    pub label: f64,
    /// Its group, when the labels or the user named one.
    pub group: Option<String>,
}

/// How much is held out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitShares {
    /// Share of photos for validation.
    pub validation: f64,
    /// Share of photos for the test.
    pub test: f64,
    /// The test part is this fold (from 0) of so many, whatever its share.
    pub fold: Option<(u32, u32)>,
}

/// Fewest labelled photos a training accepts.
pub const FEWEST_LABELS: usize = 20;

/// Fewest groups, so that every part has one.
const FEWEST_GROUPS: usize = 3;

/// Gives every photo a part; whole groups move together, and which group goes where is drawn at random from `seed`.
///
/// The group of a photo is the one it was given; else its folder, when the labelled photos lie in at least
/// ten folders (one a SKU); else the photo stands alone. Groups that share a content are joined into one, and so are
/// groups with photos of one scene: `scenes` holds sets of near-duplicates and recoloured shots.
///
/// `served` tells by SHA-256 in which part photos served the model that the training starts from, and those before it: their
/// groups stay there, so that nothing is tested on what it learnt from.
///
/// # Errors
/// [`crate::error::Code::BadData`] when there are too few photos or groups to hold any out.
pub fn assign(
    candidates: &[Candidate],
    scenes: &[Vec<ImageId>],
    served: &HashMap<String, Split>,
    shares: SplitShares,
    seed: u64,
) -> Result<Dataset> {
    if candidates.len() < FEWEST_LABELS {
        return Err(Error::bad_data(format!("{} labelled photos are too few to train on", candidates.len())).hint(
            format!("Label at least {FEWEST_LABELS} photos, or import labels with `packshot label import FILE`."),
        ));
    }
    let groups = groups_of(candidates, scenes);
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(index);
    }
    if members.len() < FEWEST_GROUPS {
        return Err(Error::bad_data(format!("the labelled photos form only {} groups", members.len())).hint(
            "Photos of one group (SKU) are never split between training and test; label photos of more products.",
        ));
    }
    let mut order: Vec<&str> = members.keys().copied().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    shuffle(&mut order, &mut rng);
    let mut parts = vec![Split::Train; candidates.len()];
    for (group, part) in deal(&order, &members, shares, &pinned(candidates, &groups, served)) {
        members[group].iter().for_each(|&index| parts[index] = part);
    }
    check_parts(&parts, shares)?;
    let samples = candidates.iter().zip(groups).zip(parts).map(|((candidate, group), part)| Sample {
        image: candidate.image,
        path: candidate.path.clone(),
        sha256: candidate.sha256.clone(),
        label: candidate.label,
        group,
        part,
    });
    let mut samples: Vec<Sample> = samples.collect();
    samples.sort_by_key(|sample| sample.image);
    Ok(Dataset { samples })
}

/// The parts that groups keep: a group one of whose contents served a model that a training starts from stays where it
/// was, and what taught once never tests.
fn pinned<'a>(
    candidates: &[Candidate],
    groups: &'a [String],
    served: &HashMap<String, Split>,
) -> HashMap<&'a str, Split> {
    let mut pinned: HashMap<&str, Split> = HashMap::new();
    for (candidate, group) in candidates.iter().zip(groups) {
        if let Some(&part) = served.get(&candidate.sha256) {
            pinned.entry(group).and_modify(|own| *own = (*own).min(part)).or_insert(part);
        }
    }
    pinned
}

/// Refuses a split that leaves out a part that was asked for.
fn check_parts(parts: &[Split], shares: SplitShares) -> Result<()> {
    let wanted = [
        (Split::Train, true),
        (Split::Validation, shares.validation > 0.0),
        (Split::Test, shares.test > 0.0 || shares.fold.is_some()),
    ];
    match wanted.into_iter().find(|(part, wanted)| *wanted && !parts.contains(part)) {
        None => Ok(()),
        Some((Split::Test, _)) if shares.fold.is_some() => {
            Err(Error::bad_data("there are more folds than groups of photos to test on").hint(
                "Photos of one group (SKU) are never split, and those that taught the model a training starts from never \
                 test it; ask for fewer folds.",
            ))
        }
        Some((part, _)) => Err(Error::bad_data(format!("no labelled photo is left for {}", part.name())).hint(
            "Photos of one group (SKU) are never split, and those that taught the model a training starts from never test \
             it; label photos of more products.",
        )),
    }
}

/// The group of each photo, as [`assign`] takes it.
pub fn groups_of(candidates: &[Candidate], scenes: &[Vec<ImageId>]) -> Vec<String> {
    let folder = |candidate: &Candidate| candidate.path.parent().map(|parent| parent.to_string_lossy().into_owned());
    let folders: std::collections::BTreeSet<_> = candidates.iter().map(folder).collect();
    let folder_is_sku = folders.len() >= 10;
    let mut groups: Vec<String> = candidates
        .iter()
        .map(|candidate| {
            let given = candidate.group.clone().map(|group| format!("group {group}"));
            let by_folder = || folder(candidate).filter(|_| folder_is_sku).map(|folder| format!("folder {folder}"));
            given.or_else(by_folder).unwrap_or_else(|| format!("photo {}", candidate.sha256))
        })
        .collect();
    join_twins(candidates, scenes, &mut groups);
    groups
}

/// Renames groups that share a content or a scene to one name, transitively (union-find over group names).
fn join_twins(candidates: &[Candidate], scenes: &[Vec<ImageId>], groups: &mut [String]) {
    let mut parent: HashMap<String, String> = HashMap::new();
    fn root(parent: &HashMap<String, String>, name: &str) -> String {
        let mut name = name;
        while let Some(next) = parent.get(name) {
            name = next;
        }
        name.to_owned()
    }
    let items: Vec<_> = candidates.iter().map(|candidate| (candidate.image, candidate.sha256.as_str())).collect();
    let place: HashMap<ImageId, usize> = items.iter().enumerate().map(|(index, item)| (item.0, index)).collect();
    for twins in exact_groups(&items).iter().chain(scenes) {
        let mut names = twins.iter().filter_map(|twin| place.get(twin)).map(|&index| groups[index].as_str());
        let Some(first) = names.next() else { continue };
        for name in names {
            let (a, b) = (root(&parent, first), root(&parent, name));
            if a != b {
                parent.insert(b, a);
            }
        }
    }
    for group in groups.iter_mut() {
        *group = root(&parent, group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(index: i64, group: Option<&str>, sha256: &str, folder: &str) -> Candidate {
        Candidate {
            image: ImageId(index),
            path: PathBuf::from(format!("/{folder}/{index}.jpg")),
            sha256: sha256.to_owned(),
            label: index as f64 % 100.0,
            group: group.map(str::to_owned),
        }
    }

    const SHARES: SplitShares = SplitShares { validation: 0.15, test: 0.15, fold: None };

    #[test]
    fn no_group_crosses_parts_and_shares_are_kept() {
        let candidates: Vec<_> =
            (0..600).map(|i| candidate(i, Some(&format!("sku{}", i / 6)), &format!("{i}"), "all")).collect();
        let dataset = assign(&candidates, &[], &HashMap::new(), SHARES, 7).expect("splits");
        let mut parts: HashMap<&str, Split> = HashMap::new();
        for sample in &dataset.samples {
            assert_eq!(*parts.entry(&sample.group).or_insert(sample.part), sample.part, "{}", sample.group);
        }
        let [train, validation, test] = dataset.sizes();
        assert!((400..=440).contains(&train) && (84..=96).contains(&validation) && (84..=96).contains(&test));
        assert_eq!(dataset, assign(&candidates, &[], &HashMap::new(), SHARES, 7).expect("splits"));
        assert_ne!(dataset, assign(&candidates, &[], &HashMap::new(), SHARES, 8).expect("splits"));
    }

    #[test]
    fn equal_content_joins_groups_even_through_a_third() {
        let mut candidates: Vec<_> =
            (0..40).map(|i| candidate(i, Some(&format!("g{i}")), &format!("{i}"), "all")).collect();
        candidates.push(candidate(100, Some("g0"), "x", "all"));
        candidates.push(candidate(101, Some("g1"), "x", "all"));
        candidates.push(candidate(102, Some("g1"), "y", "all"));
        candidates.push(candidate(103, Some("g2"), "y", "all"));
        let dataset = assign(&candidates, &[], &HashMap::new(), SHARES, 1).expect("splits");
        let group = |id| dataset.samples.iter().find(|sample| sample.image == ImageId(id)).map(|s| s.group.clone());
        assert_eq!(group(0), group(2));
        assert_ne!(group(0), group(3));
    }

    #[test]
    fn scenes_join_the_groups_of_their_photos_and_unknown_photos_are_passed_over() {
        let candidates: Vec<_> =
            (0..40).map(|i| candidate(i, Some(&format!("g{}", i / 2)), &format!("{i}"), "all")).collect();
        let scenes = [vec![1, 2, 999], vec![3, 8], vec![998, 997]];
        let scenes = scenes.map(|ids| ids.into_iter().map(ImageId).collect::<Vec<_>>());
        let dataset = assign(&candidates, &scenes, &HashMap::new(), SHARES, 1).expect("splits");
        let group = |id: usize| &dataset.samples[id].group;
        assert!([1, 2, 3, 8, 9].iter().all(|&id| group(id) == group(0)));
        assert!([4, 6, 10].iter().all(|&id| group(id) != group(0)));
        let parts: HashMap<_, _> = dataset.samples.iter().map(|sample| (&sample.group, sample.part)).collect();
        assert!(dataset.samples.iter().all(|sample| parts[&sample.group] == sample.part));
    }

    #[test]
    fn folders_are_groups_only_when_there_are_many() {
        let many: Vec<_> = (0..40).map(|i| candidate(i, None, &format!("{i}"), &format!("sku{}", i / 4))).collect();
        let few: Vec<_> = (0..40).map(|i| candidate(i, None, &format!("{i}"), &format!("sku{}", i / 20))).collect();
        let groups = |candidates: &[Candidate]| {
            let dataset = assign(candidates, &[], &HashMap::new(), SHARES, 1).expect("splits");
            dataset.samples.iter().map(|s| s.group.clone()).collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!((groups(&many), groups(&few)), (10, 40));
    }

    #[test]
    fn too_little_data_is_refused_with_a_hint() {
        let few: Vec<_> = (0..19).map(|i| candidate(i, None, &format!("{i}"), "all")).collect();
        assert!(assign(&few, &[], &HashMap::new(), SHARES, 1).expect_err("few").details.is_some());
        let one: Vec<_> = (0..40).map(|i| candidate(i, Some("same"), &format!("{i}"), "all")).collect();
        assert!(assign(&one, &[], &HashMap::new(), SHARES, 1).expect_err("one group").summary.contains("groups"));
        let folds = SplitShares { fold: Some((25, 26)), ..SHARES };
        let some: Vec<_> = (0..25).map(|i| candidate(i, None, &format!("{i}"), "all")).collect();
        assert!(assign(&some, &[], &HashMap::new(), folds, 1).expect_err("folds").summary.contains("folds"));
    }

    #[test]
    fn what_taught_a_start_keeps_its_whole_group_from_the_test() {
        let candidates: Vec<_> =
            (0..200).map(|i| candidate(i, Some(&format!("g{}", i / 4)), &format!("{i}"), "all")).collect();
        let served: HashMap<String, Split> =
            (0..120).map(|i| (format!("{i}"), [Split::Test, Split::Validation, Split::Train][i % 3])).collect();
        let dataset = assign(&candidates, &[], &served, SHARES, 3).expect("splits");
        // Every group of four known photos holds one that taught.
        assert!(dataset.samples[..120].iter().all(|sample| sample.part == Split::Train));
        assert!(dataset.part(Split::Test).len() >= 20);
        let all: HashMap<String, Split> = (0..200).map(|i| (format!("{i}"), Split::Train)).collect();
        let error = assign(&candidates, &[], &all, SHARES, 3).expect_err("nothing to test on");
        assert!(error.summary.contains("validation"), "{error:#}");
    }
}
