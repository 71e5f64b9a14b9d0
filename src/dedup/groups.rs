//! From fingerprints to groups: candidates by hash, judged one by one, joined, and held together by their best photo.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::compare::{Outline, distance, rough_difference, same_shape};
use super::fingerprint::Fingerprint;
use super::index::{Index, masks};
use super::sets::Sets;
use crate::jobs::worker_count;

/// Bits in which the hashes of copies may differ. Of 2,700 copies of 300 product photos, 16 differ in more.
const NEAR_BITS: u32 = 11;

/// The same for one scene in other colours.
const SCENE_BITS: u32 = 15;

/// Least likeness of the outlines of one scene in other colours. Of the 536,130 pairs of the 1,036 product photos, 97
/// reach it: the same shot recoloured, and packages of one line. From 0.88 down, one model in two garments joins in.
pub const SAME_SCENE: f64 = 0.92;

/// Pairs that are judged in full in one round, all photos together: a quarter of a minute on a core. Up to 3,000 photos it
/// covers every pair there is.
const JUDGED_A_ROUND: usize = 10_000_000;

/// Pairs that are judged in full for a photo in one round, however many photos there are.
const LEAST_JUDGED: usize = 128;

/// Rounds: each goes on, for photos that resemble very many others, with those that are not in their set by then.
const ROUNDS: usize = 3;

/// Photos between two looks at whether to go on, where a photo takes no time to speak of.
const PHOTOS_A_LOOK: usize = 512;

/// Photos that show the same picture.
#[derive(Debug, Clone, PartialEq)]
pub struct NearGroup {
    /// Places in the slice that was searched, with the distance to the first of them: the best, then by distance.
    pub members: Vec<(usize, f64)>,
}

/// Groups, and whether any may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping<G> {
    /// What was found.
    pub groups: Vec<G>,
    /// Photos that resemble so many others that the search was cut off: pairs of theirs may be missing. 0 as a rule.
    pub crowded: usize,
}

/// The groups of two or more near-duplicates, in order of their first member's place; nothing when `keep_going` said
/// no. Every member is a copy of the group's best, not only of some other member: a chain of small changes does not
/// make one group.
///
/// `best_first` sorts the places of photos of which each resembles some other. `keep_going` is asked every few
/// milliseconds.
pub fn near_groups(
    prints: &[&Fingerprint],
    best_first: &mut dyn FnMut(&mut [usize]),
    keep_going: &(dyn Fn() -> bool + Sync),
) -> Option<Grouping<NearGroup>> {
    let rough = |a: usize, b: usize| rough_difference(prints[a], prints[b]).map_or(Rough::Other, Rough::Perhaps);
    let Grouping { groups: components, crowded } = Search::new(prints, NEAR_BITS, &rough, keep_going).components()?;
    let mut groups = Vec::new();
    for mut component in components {
        if !keep_going() {
            return None;
        }
        best_first(&mut component);
        while let [best, rest @ ..] = &component[..] {
            let (mut members, mut others) = (Vec::new(), Vec::new());
            for part in rest.chunks(PHOTOS_A_LOOK) {
                if !keep_going() {
                    return None;
                }
                for (at, distance) in part.iter().map(|&at| (at, distance(prints[*best], prints[at]))) {
                    if distance <= 1.0 { members.push((at, distance)) } else { others.push(at) }
                }
            }
            if !members.is_empty() {
                members.sort_by(|a, b| a.1.total_cmp(&b.1));
                members.insert(0, (*best, 0.0));
                groups.push(NearGroup { members });
            }
            component = others;
        }
    }
    groups.sort_by_key(|group| group.members.iter().map(|member| member.0).min());
    Some(Grouping { groups, crowded })
}

/// The photos that belong together when data are split: near-duplicates, and one shot in several colours (outlines
/// alike by [`SAME_SCENE`]), joined transitively: a leak is worse here than a group that is too large. Places
/// ascending in each, groups by their first; nothing when `keep_going` said no.
pub fn scene_groups(prints: &[&Fingerprint], keep_going: &(dyn Fn() -> bool + Sync)) -> Option<Grouping<Vec<usize>>> {
    let mut outlines = Vec::with_capacity(prints.len());
    for part in prints.chunks(PHOTOS_A_LOOK) {
        if !keep_going() {
            return None;
        }
        outlines.extend(part.iter().map(|print| Outline::of(print)));
    }
    let rough = |a: usize, b: usize| {
        if same_shape(prints[a], prints[b]) && outlines[a].likeness(&outlines[b]) >= SAME_SCENE {
            return Rough::Same;
        }
        rough_difference(prints[a], prints[b]).map_or(Rough::Other, Rough::Perhaps)
    };
    Search::new(prints, SCENE_BITS, &rough, keep_going).components()
}

/// What a quick look at a pair tells.
enum Rough {
    /// They do not belong together.
    Other,
    /// They belong together if they are copies; the lower the number, the likelier.
    Perhaps(u32),
    /// They belong together.
    Same,
}

/// How far a photo's candidates have been judged: rough difference and place of the last one.
type Cut = Option<(u32, u32)>;

/// The search for photos that belong together.
struct Search<'a> {
    prints: &'a [&'a Fingerprint],
    /// Photos that can be searched: blank frames have no hash worth the name, and would fill buckets.
    places: Vec<usize>,
    radius: u32,
    rough: &'a (dyn Fn(usize, usize) -> Rough + Sync),
    keep_going: &'a (dyn Fn() -> bool + Sync),
    /// Pairs judged in full for a photo in one round.
    most_judged: usize,
}

impl<'a> Search<'a> {
    fn new(
        prints: &'a [&'a Fingerprint],
        radius: u32,
        rough: &'a (dyn Fn(usize, usize) -> Rough + Sync),
        keep_going: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let places: Vec<usize> = (0..prints.len()).filter(|&place| !prints[place].is_plain()).collect();
        let most_judged = (JUDGED_A_ROUND / places.len().max(1)).max(LEAST_JUDGED);
        Self { prints, places, radius, rough, keep_going, most_judged }
    }

    /// The connected components of two or more, places ascending, in order of their first place.
    fn components(&self) -> Option<Grouping<Vec<usize>>> {
        let hashes: Vec<u64> = self.places.iter().map(|&place| self.prints[place].hash).collect();
        let (index, sets) = (Index::new(&hashes), Sets::new(self.prints.len()));
        let mut pending: Vec<(u32, Cut)> = (0..hashes.len() as u32).map(|at| (at, None)).collect();
        for _ in 0..ROUNDS {
            pending = self.round(&pending, &index, &sets, self.most_judged)?;
        }
        // A round that judges nothing tells who has candidates left that ended up elsewhere.
        let crowded = self.round(&pending, &index, &sets, 0)?.len();
        Some(Grouping { groups: sets.groups(), crowded })
    }

    /// Judges the likeliest candidates of every pending photo and joins those that belong together; gives the photos
    /// that have more. What a photo is compared with depends on the round before, never on the timing of threads.
    fn round(&self, pending: &[(u32, Cut)], index: &Index<'_>, sets: &Sets, most: usize) -> Option<Vec<(u32, Cut)>> {
        let (roots, masks) = (sets.roots(), masks(self.radius));
        let (next, left) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            let (mut found, mut perhaps) = (Vec::new(), Vec::new());
            while (self.keep_going)() {
                let Some(&(at, cut)) = pending.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                index.after(at, self.radius, &masks, &mut found);
                let place = self.places[at as usize];
                perhaps.clear();
                for &candidate in &found {
                    let other = self.places[candidate as usize];
                    if roots[place] == roots[other] {
                        continue;
                    }
                    match (self.rough)(place, other) {
                        Rough::Other => {}
                        Rough::Same => sets.join(place, other),
                        Rough::Perhaps(rank) if Some((rank, candidate)) <= cut => {}
                        Rough::Perhaps(rank) => perhaps.push((rank, candidate)),
                    }
                }
                let cut = self.judge(place, &mut perhaps, sets, most);
                if let Some(cut) = cut {
                    left.lock().unwrap_or_else(PoisonError::into_inner).push((at, cut));
                }
            }
        };
        std::thread::scope(|scope| {
            (1..worker_count()).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let mut left = left.into_inner().unwrap_or_else(PoisonError::into_inner);
        left.sort_unstable();
        (self.keep_going)().then_some(left)
    }

    /// Judges the `most` likeliest; when there are more, where the next round goes on.
    fn judge(&self, place: usize, perhaps: &mut Vec<(u32, u32)>, sets: &Sets, most: usize) -> Option<Cut> {
        let is_cut = perhaps.len() > most;
        if is_cut && most > 0 {
            perhaps.select_nth_unstable(most - 1);
        }
        perhaps.truncate(most);
        for &(_, candidate) in perhaps.iter() {
            let other = self.places[candidate as usize];
            let joined = sets.root(place) == sets.root(other);
            if !joined && distance(self.prints[place], self.prints[other]) <= 1.0 {
                sets.join(place, other);
            }
        }
        is_cut.then(|| perhaps.last().copied())
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

    fn places(found: &Grouping<NearGroup>) -> Vec<Vec<usize>> {
        found.groups.iter().map(|group| group.members.iter().map(|member| member.0).collect()).collect()
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
        let groups = near_groups(&prints, &mut largest_first(&prints), &|| true).expect("not stopped").groups;
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
        let groups = near_groups(&prints, &mut |_| {}, &|| true).expect("not stopped").groups;
        assert!(groups.len() > 1, "{groups:?}");
        for group in &groups {
            let best = group.members[0].0;
            assert!(group.members.iter().all(|&(member, _)| distance(prints[best], prints[member]) <= 1.0));
        }
        let scenes = scene_groups(&prints, &|| true).expect("not stopped").groups;
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
        assert_eq!(scene_groups(&prints, &|| true).expect("not stopped").groups, [[0, 1]]);
    }

    /// Variants of [`colour_variants`].
    const VARIANTS: usize = 162;

    /// One garment in 81 colours of the same brightness, with a label at one of two places, each with a copy a level lighter
    /// here and there: all hashes are nearly the same.
    fn colour_variants() -> Vec<Fingerprint> {
        let photo = crate::imaging::resize(&picture(11), 72, 60);
        let mut prints = Vec::new();
        for (variant, copy) in (0..VARIANTS as u32).flat_map(|variant| [(variant, 0), (variant, 1)]) {
            let (colour, label) = (variant / 2, variant % 2 * 21);
            let (blue, red) = ((colour % 9) as f32 * 24.0 - 96.0, (colour / 9) as f32 * 20.0 - 80.0);
            let green = -(0.299 * red + 0.114 * blue) / 0.587;
            let mut shot = photo.clone();
            for (x, y, pixel) in shot.enumerate_pixels_mut() {
                let lit = (15 + label..27 + label).contains(&x) && (22..35).contains(&y);
                let grey = 105.0 + f32::from(pixel.0[1]) / 8.0 + (copy * ((x * 7 + y * 13) % 2)) as f32;
                let grey = if lit { grey + 15.0 } else { grey };
                pixel.0 = [grey + red, grey + green, grey + blue].map(|value| value.round() as u8);
            }
            prints.push(print(&shot));
        }
        prints
    }

    /// The pairs of copies of [`colour_variants`].
    fn variant_pairs() -> Vec<Vec<usize>> {
        (0..VARIANTS).map(|variant| vec![2 * variant, 2 * variant + 1]).collect()
    }

    #[test]
    fn no_pair_is_lost_where_all_hashes_are_alike() {
        let prints = colour_variants();
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        let alike = |print: &&&Fingerprint| (print.hash ^ prints[0].hash).count_ones() <= NEAR_BITS;
        assert!(prints.iter().filter(alike).count() > 150, "each has hundreds of candidates");
        let found = near_groups(&prints, &mut |places| places.sort_unstable(), &|| true).expect("not stopped");
        assert_eq!((places(&found), found.crowded), (variant_pairs(), 0));
    }

    #[test]
    fn a_search_that_is_cut_off_takes_the_likeliest_and_says_so() {
        let prints = colour_variants();
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        let rough = |a: usize, b: usize| rough_difference(prints[a], prints[b]).map_or(Rough::Other, Rough::Perhaps);
        let search = Search { most_judged: 2, ..Search::new(&prints, NEAR_BITS, &rough, &|| true) };
        let found = search.components().expect("not stopped");
        assert!(found.crowded > VARIANTS, "{}", found.crowded);
        assert_eq!(found.groups, variant_pairs());
        assert_eq!(search.components().expect("not stopped"), found, "the same on every run");
        // A crowd of real copies is joined through the few that are judged: nothing is missing, and nobody is told so.
        let copies = vec![prints[0]; 300];
        let rough = |a: usize, b: usize| rough_difference(copies[a], copies[b]).map_or(Rough::Other, Rough::Perhaps);
        let search = Search { most_judged: 2, ..Search::new(&copies, NEAR_BITS, &rough, &|| true) };
        let found = search.components().expect("not stopped");
        assert_eq!((found.groups, found.crowded), (vec![(0..300).collect()], 0));
    }

    #[test]
    fn a_stop_is_seen_within_a_photo_wherever_the_search_is() {
        let prints = colour_variants();
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        let asked = AtomicUsize::new(0);
        let ask = |up_to: usize| {
            asked.store(0, Ordering::Relaxed);
            move |asked: &AtomicUsize| asked.fetch_add(1, Ordering::Relaxed) < up_to
        };
        let forever = ask(usize::MAX);
        near_groups(&prints, &mut |_| {}, &|| forever(&asked)).expect("not stopped");
        let in_all = asked.load(Ordering::Relaxed);
        assert!(in_all > prints.len() + VARIANTS, "asked {in_all} times: every photo, every group");
        for up_to in [0, 1, 150, 320, in_all - 1] {
            let until = ask(up_to);
            assert_eq!(near_groups(&prints, &mut |_| {}, &|| until(&asked)), None, "{up_to}");
            let after = asked.load(Ordering::Relaxed) - up_to;
            assert!(after <= worker_count() + 2, "{after} more looks after the stop at {up_to}");
        }
        let until = ask(200);
        assert_eq!(scene_groups(&prints, &|| until(&asked)), None);
    }
}
