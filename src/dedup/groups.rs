//! From fingerprints to groups: candidates by hash, judged one by one, joined, and held together by their best photo.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::compare::{distance, outline_likeness};
use super::fingerprint::Fingerprint;
use super::index::{Index, masks};
use crate::jobs::worker_count;

/// Bits in which the hashes of copies may differ. Of 2,700 copies of 300 product photos, 16 differ in more.
const NEAR_BITS: u32 = 11;

/// The same for one scene in other colours.
const SCENE_BITS: u32 = 15;

/// Least likeness of the outlines of one scene in other colours. Of the 536,130 pairs of the 1,036 product photos, 97
/// reach it: the same shot recoloured, and packages of one line. From 0.88 down, one model in two garments joins in.
pub const SAME_SCENE: f64 = 0.92;

/// Candidates that are judged for each photo, nearest hashes first: bounds the work where thousands look alike.
const MOST_JUDGED: usize = 128;

/// Photos between two looks at whether to go on.
const PHOTOS_A_TURN: usize = 64;

/// Photos that show the same picture.
#[derive(Debug, Clone, PartialEq)]
pub struct NearGroup {
    /// Places in the slice that was searched, with the distance to the first of them: the best, then by distance.
    pub members: Vec<(usize, f64)>,
}

/// The groups of two or more near-duplicates, in order of their first member's place; nothing when `keep_going` said
/// no. Every member is a copy of the group's best, not only of some other member: a chain of small changes does not
/// make one group.
///
/// `best_first` sorts the places of photos of which each resembles some other.
pub fn near_groups(
    prints: &[&Fingerprint],
    best_first: &mut dyn FnMut(&mut [usize]),
    keep_going: &(dyn Fn() -> bool + Sync),
) -> Option<Vec<NearGroup>> {
    let mut groups = Vec::new();
    let is_near = |a: usize, b: usize| distance(prints[a], prints[b]) <= 1.0;
    for mut component in components(prints, NEAR_BITS, &is_near, keep_going)? {
        best_first(&mut component);
        while let [best, rest @ ..] = &component[..] {
            if !keep_going() {
                return None;
            }
            let judged: Vec<(usize, f64)> = rest.iter().map(|&at| (at, distance(prints[*best], prints[at]))).collect();
            let (mut members, others): (Vec<_>, Vec<_>) = judged.into_iter().partition(|entry| entry.1 <= 1.0);
            if !members.is_empty() {
                members.sort_by(|a, b| a.1.total_cmp(&b.1));
                members.insert(0, (*best, 0.0));
                groups.push(NearGroup { members });
            }
            component = others.into_iter().map(|entry| entry.0).collect();
        }
    }
    groups.sort_by_key(|group| group.members.iter().map(|member| member.0).min());
    Some(groups)
}

/// The photos that belong together when data are split: near-duplicates, and one shot in several colours (outlines
/// alike by [`SAME_SCENE`]), joined transitively: a leak is worse here than a group that is too large. Places
/// ascending in each, groups by their first; nothing when `keep_going` said no.
pub fn scene_groups(prints: &[&Fingerprint], keep_going: &(dyn Fn() -> bool + Sync)) -> Option<Vec<Vec<usize>>> {
    let is_scene = |a: usize, b: usize| {
        outline_likeness(prints[a], prints[b]) >= SAME_SCENE || distance(prints[a], prints[b]) <= 1.0
    };
    components(prints, SCENE_BITS, &is_scene, keep_going)
}

/// The connected components of two or more, places ascending, in order of their first place.
fn components(
    prints: &[&Fingerprint],
    radius: u32,
    belong: &(dyn Fn(usize, usize) -> bool + Sync),
    keep_going: &(dyn Fn() -> bool + Sync),
) -> Option<Vec<Vec<usize>>> {
    // Blank frames have no hash worth the name, and would fill buckets.
    let places: Vec<usize> = (0..prints.len()).filter(|&place| !prints[place].is_plain()).collect();
    let hashes: Vec<u64> = places.iter().map(|&place| prints[place].hash).collect();
    let (index, masks) = (Index::new(&hashes), masks(radius));
    let sets = Mutex::new(Sets::new(prints.len()));
    let next = AtomicUsize::new(0);
    let search = || {
        let (mut found, mut pairs) = (Vec::new(), Vec::new());
        loop {
            let start = next.fetch_add(PHOTOS_A_TURN, Ordering::Relaxed);
            if start >= places.len() || !keep_going() {
                break;
            }
            for at in start..places.len().min(start + PHOTOS_A_TURN) {
                index.after(at as u32, radius, &masks, &mut found);
                if found.len() > MOST_JUDGED {
                    found.select_nth_unstable(MOST_JUDGED);
                    found.truncate(MOST_JUDGED);
                }
                let others = found.iter().map(|&(_, other)| places[other as usize]);
                pairs.extend(others.filter(|&other| belong(places[at], other)).map(|other| (places[at], other)));
            }
            let mut sets = sets.lock().unwrap_or_else(PoisonError::into_inner);
            pairs.drain(..).for_each(|(a, b)| sets.join(a, b));
        }
    };
    std::thread::scope(|scope| {
        (1..worker_count()).for_each(|_| drop(scope.spawn(search)));
        search();
    });
    keep_going().then(|| sets.into_inner().unwrap_or_else(PoisonError::into_inner).groups())
}

/// Disjoint sets of places (union-find with path halving); the smallest place stands for its set.
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn new(places: usize) -> Self {
        Self { parent: (0..places).collect() }
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parent[place] != place {
            self.parent[place] = self.parent[self.parent[place]];
            place = self.parent[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }

    fn groups(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in 0..self.parent.len() {
            let root = self.root(place);
            groups.entry(root).or_default().push(place);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, imageops};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    /// Random rectangles: every seed another picture.
    fn picture(seed: u64) -> RgbImage {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut picture = RgbImage::from_pixel(200, 160, Rgb([245; 3]));
        for _ in 0..12 {
            let [left, top, width, height] = [160, 120, 60, 60].map(|most| rng.next_u32() % most);
            let colour = Rgb([0; 3].map(|_: u8| (rng.next_u32() % 256) as u8));
            for (x, y) in (left..left + width).flat_map(|x| (top..top + height).map(move |y| (x, y))) {
                if x < 200 && y < 160 {
                    picture.put_pixel(x, y, colour);
                }
            }
        }
        imageops::blur(&picture, 1.5)
    }

    fn print(picture: &RgbImage) -> Fingerprint {
        Fingerprint::of(picture, picture.width(), picture.height())
    }

    fn crop(picture: &RgbImage, left: u32, right: u32) -> RgbImage {
        imageops::crop_imm(picture, left, 0, picture.width() - left - right, picture.height()).to_image()
    }

    fn places(groups: &[NearGroup]) -> Vec<Vec<usize>> {
        groups.iter().map(|group| group.members.iter().map(|member| member.0).collect()).collect()
    }

    fn largest_first<'a>(prints: &'a [&Fingerprint]) -> impl FnMut(&mut [usize]) + 'a {
        |places| places.sort_by_key(|&place| std::cmp::Reverse(prints[place].width))
    }

    #[test]
    fn copies_are_grouped_with_the_best_first_and_others_left_alone() {
        let mut prints = Vec::new();
        for seed in 0..40 {
            let photo = picture(seed);
            prints.push(print(&photo));
            if seed % 4 == 0 {
                prints.push(print(&crate::imaging::resize(&photo, 140, 112)));
                prints.push(print(&crate::imaging::resize(&photo, 400, 320)));
            }
        }
        prints.push(print(&RgbImage::from_pixel(100, 100, Rgb([255; 3]))));
        prints.push(print(&RgbImage::from_pixel(90, 90, Rgb([255; 3]))));
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        let groups = near_groups(&prints, &mut largest_first(&prints), &|| true).expect("not stopped");
        assert_eq!(groups.len(), 10);
        for (index, group) in groups.iter().enumerate() {
            let first = index * 6;
            assert_eq!(group.members[0], (first + 2, 0.0), "the enlarged one has most pixels");
            assert!(group.members.iter().all(|member| (first..first + 3).contains(&member.0) && member.1 <= 1.0));
        }
        assert_eq!(near_groups(&prints, &mut largest_first(&prints), &|| false), None);
    }

    #[test]
    fn a_chain_of_crops_falls_apart_around_its_best() {
        let photo = picture(5);
        // Each is near its neighbours, and the ends have nothing to do with each other.
        let chain: Vec<Fingerprint> = (0..8).map(|step| print(&crop(&photo, 2 * step, 14 - 2 * step))).collect();
        let prints: Vec<&Fingerprint> = chain.iter().collect();
        assert!(prints.windows(2).all(|pair| distance(pair[0], pair[1]) <= 1.0));
        assert!(distance(prints[0], prints[7]) > 1.0);
        let groups = near_groups(&prints, &mut |_| {}, &|| true).expect("not stopped");
        assert!(groups.len() > 1, "{groups:?}");
        for group in &groups {
            let best = group.members[0].0;
            assert!(group.members.iter().all(|&(member, _)| distance(prints[best], prints[member]) <= 1.0));
        }
        let scenes = scene_groups(&prints, &|| true).expect("not stopped");
        assert_eq!(scenes, [(0..8).collect::<Vec<_>>()], "the split takes the whole chain");
    }

    #[test]
    fn a_recoloured_shot_is_another_photo_of_the_same_scene() {
        let photo = picture(9);
        let mut recoloured = photo.clone();
        for pixel in recoloured.pixels_mut() {
            let [red, green, blue] = pixel.0;
            pixel.0 = [red.saturating_add(50), green, blue.saturating_sub(90)];
        }
        let prints = [print(&photo), print(&recoloured), print(&picture(10))];
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        assert_eq!(places(&near_groups(&prints, &mut |_| {}, &|| true).expect("not stopped")), [[0; 0]; 0]);
        assert_eq!(scene_groups(&prints, &|| true).expect("not stopped"), [[0, 1]]);
    }
}
