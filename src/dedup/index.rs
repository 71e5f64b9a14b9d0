//! Finding the pairs of hashes that differ in few bits, without comparing every pair.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet, 2012): 64 bits in four bands of 16. Two hashes that differ in at
//! most 11 bits differ in at most 2 bits of some band; so it suffices to look into the buckets at most 2 bits away.

/// Bands of a hash.
const BANDS: u32 = 4;

/// Bits of a band.
const BAND_BITS: u32 = 16;

/// Hashes by the value of each band.
pub(super) struct Index<'a> {
    hashes: &'a [u64],
    bands: Vec<Band>,
}

/// The places of hashes, ascending in each bucket; bucket `k` is `places[starts[k]..starts[k + 1]]`.
struct Band {
    starts: Vec<u32>,
    places: Vec<u32>,
}

fn key(hash: u64, band: u32) -> usize {
    (hash >> (band * BAND_BITS) & 0xFFFF) as usize
}

impl<'a> Index<'a> {
    pub(super) fn new(hashes: &'a [u64]) -> Self {
        let bands = (0..BANDS).map(|band| {
            let mut starts = vec![0_u32; (1 << BAND_BITS) + 1];
            hashes.iter().for_each(|&hash| starts[key(hash, band) + 1] += 1);
            (1..starts.len()).for_each(|bucket| starts[bucket] += starts[bucket - 1]);
            let mut next = starts.clone();
            let mut places = vec![0; hashes.len()];
            for (place, &hash) in (0..).zip(hashes) {
                let slot = &mut next[key(hash, band)];
                places[*slot as usize] = place;
                *slot += 1;
            }
            Band { starts, places }
        });
        Self { hashes, bands: bands.collect() }
    }

    /// Puts into `found` the places after `place` whose hashes differ from its own in at most `radius` bits (at most
    /// 15), each once. `masks` are those of [`masks`] for the radius.
    pub(super) fn after(&self, place: u32, radius: u32, masks: &[u16], found: &mut Vec<u32>) {
        found.clear();
        let hash = self.hashes[place as usize];
        let within = radius / BANDS;
        for (band, buckets) in (0..BANDS).zip(&self.bands) {
            for &mask in masks {
                let bucket = key(hash, band) ^ usize::from(mask);
                let range = buckets.starts[bucket] as usize..buckets.starts[bucket + 1] as usize;
                let places = &buckets.places[range];
                for &other in &places[places.partition_point(|&other| other <= place)..] {
                    let difference = hash ^ self.hashes[other as usize];
                    // An earlier band has found it already.
                    let seen = || (0..band).any(|band| key(difference, band).count_ones() <= within);
                    if difference.count_ones() <= radius && !seen() {
                        found.push(other);
                    }
                }
            }
        }
    }
}

/// The changes of a band to look at for hashes that differ in at most `radius` bits, fewest bits first.
pub(super) fn masks(radius: u32) -> Vec<u16> {
    let mut masks: Vec<u16> = (0..=u16::MAX).filter(|mask| mask.count_ones() <= radius / BANDS).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    masks
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    #[test]
    fn every_pair_within_the_radius_is_found_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut hashes: Vec<u64> = (0..200).map(|_| rng.next_u64()).collect();
        for index in 0..600 {
            let flips = (0..rng.next_u32() % 18).fold(0, |bits: u64, _| bits | 1 << (rng.next_u32() % 64));
            hashes.push(hashes[index % 200] ^ flips);
        }
        let index = Index::new(&hashes);
        for radius in [0, 11, 15] {
            let (masks, mut found, mut pairs) = (masks(radius), Vec::new(), Vec::new());
            for place in 0..hashes.len() as u32 {
                index.after(place, radius, &masks, &mut found);
                pairs.extend(found.iter().map(|&other| (place, other)));
            }
            pairs.sort_unstable();
            let places = 0..hashes.len() as u32;
            let all = places.clone().flat_map(|a| places.clone().map(move |b| (a, b)));
            let near = |&(a, b): &(u32, u32)| a < b && (hashes[a as usize] ^ hashes[b as usize]).count_ones() <= radius;
            let expected: Vec<(u32, u32)> = all.filter(near).collect();
            assert!(radius == 0 || expected.len() > 300);
            assert_eq!(pairs, expected, "radius {radius}");
        }
    }

    #[test]
    fn a_crowd_of_equal_hashes_is_found_whole() {
        let mut found = Vec::new();
        Index::new(&[7; 9000]).after(0, 11, &masks(11), &mut found);
        assert!(found.iter().copied().eq(1..9000));
        assert_eq!(masks(11).len(), 137);
    }
}
