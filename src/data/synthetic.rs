//! Labelled photos made from clean ones: spoilt in a known way, and judged against the original.
//!
//! The label (pseudo-MOS) is half what full-reference metrics say about the product and half what the strengths of the
//! flaws say: metrics alone hardly see light and colour, which people do.

use std::path::PathBuf;

use image::imageops::crop_imm;
use image::{GrayImage, RgbImage};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::attributes::{self, reference};
use crate::degrade::{Flaw, MENU, draw_ladder, severity_score, spoil};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::nn::DEFECTS;
use crate::preprocess::{self, Views};

const _: () = assert!(MENU.len() == DEFECTS, "the network names every defect of the menu");

/// Versions of one photo that are made together.
pub const RUNGS: usize = 4;
/// Which of them have the same flaw, the weaker one first.
pub const SAME_FLAW: [usize; 2] = [1, 2];

/// Longest side of a photo in pixels before it is spoilt. Reducing takes the original's own flaws away: every photo keeps
/// at most this share of its size, unless its longest side fell below the least side; small ones become smaller than others.
const SIDES: [f64; 2] = [380.0, 820.0];
const LEAST_REDUCTION: f64 = 0.65;
const LEAST_SIDE: f64 = 208.0;
/// Side of the part of the product that the metrics look at, in pixels: more than MS-SSIM needs, and one size for all
/// photos, so that FSIM's filters are made once.
const JUDGED: u32 = 192;
/// Places along each side of the product from which the judged part is taken.
const JUDGED_PLACES: u32 = 5;
/// Share of the photos that are cropped before anything else, and the least share of a side that is left: more pictures
/// of the same content. A crop has at least this many pixels a side.
const CROPPED: f64 = 0.6;
const LEAST_CROP: f64 = 0.55;
const LEAST_CROP_SIDE: u32 = 448;
/// From this level on (of 5) a flaw counts as there.
const VISIBLE: f32 = 0.5;

/// Middle and width of the logistic curves that bring the metrics to one scale. Over 576 versions drawn from the products
/// and the pristine photos the quartiles are .883, .957, .991 (FSIMc), .949, .986, .999 (MS-SSIM), .002, .021, .071
/// (GMSD); the middles lie between the lowest and the second, where flaws begin to disturb.
const FSIMC: [f64; 2] = [0.94, 0.035];
const MS_SSIM: [f64; 2] = [0.965, 0.03];
const GMSD: [f64; 2] = [0.045, -0.03];

/// Share of the metrics in the label; the rest is the flaws' strengths.
const METRICS_SHARE: f64 = 0.5;

/// One spoilt photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// What the network sees.
    pub views: Views,
    /// What is known of it.
    pub label: PseudoLabel,
    /// Which clean photo it comes from.
    pub content: usize,
}

/// What is known of a spoilt photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PseudoLabel {
    /// Pseudo-MOS, 0-1.
    pub quality: f64,
    /// Strength of each defect of the menu, 0-1.
    pub strengths: [f32; DEFECTS],
}

impl Synthetic {
    /// The same, seen in a mirror: as good as it was.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self { views: self.views.mirrored(), ..*self }
    }
}

impl PseudoLabel {
    /// The strongest defect: an index into the menu.
    pub fn strongest(&self) -> usize {
        let strengths = self.strengths.iter().enumerate();
        strengths.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(kind, _)| kind)
    }

    /// Which defects are visible.
    pub fn present(&self) -> [bool; DEFECTS] {
        self.strengths.map(|strength| strength * 5.0 >= VISIBLE)
    }
}

/// Clean photos to spoil.
#[derive(Debug, Clone)]
pub struct CleanPhotos {
    paths: Vec<PathBuf>,
    limits: Limits,
}

impl CleanPhotos {
    /// Photos at these paths.
    pub fn new(paths: Vec<PathBuf>, limits: Limits) -> Self {
        Self { paths, limits }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Four versions of one photo. The same seed and index make the same; photos take turns, in another order every
    /// round. A photo that cannot be read is passed over for the next one.
    ///
    /// # Errors
    /// When ten photos in a row cannot be read.
    pub fn ladder(&self, seed: u64, index: u64) -> Result<[Synthetic; RUNGS]> {
        let count = self.paths.len().max(1) as u64;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        // A stride coprime to the count visits every photo once a round.
        let round = index / count;
        let stride =
            (0..).map(|step| 1 + (seed.wrapping_add(7919 * (round + step)) % count)).find(|s| coprime(*s, count));
        let first = (index % count).wrapping_mul(stride.unwrap_or(1)) % count;
        let mut failure = None;
        for attempt in 0..10.min(count) {
            let content = ((first + attempt) % count) as usize;
            match imaging::load(&self.paths[content], &self.limits) {
                Ok((_, photo)) => return make(&photo, content, &mut rng),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| Error::bad_data("there are no photos to learn from")))
    }
}

fn coprime(a: u64, b: u64) -> bool {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

fn make(photo: &RgbImage, content: usize, rng: &mut ChaCha8Rng) -> Result<[Synthetic; RUNGS]> {
    let clean = clean_version(photo, &mut || (rng.next_u32() >> 8) as f64 / f64::from(1 << 24));
    let seed = rng.next_u64();
    let [left, top, width, height] = judged_part(&clean);
    let part = |picture: &RgbImage| crop_imm(picture, left, top, width, height).to_image();
    let reference = part(&clean);
    let original = reference::Planes::of(&reference);
    let ladder = draw_ladder(seed);
    let mut made = Vec::with_capacity(RUNGS);
    for (rung, flaws) in ladder.iter().enumerate() {
        let spoilt = spoil(&clean, flaws, seed.wrapping_add(rung as u64))?;
        let edited = part(&spoilt);
        let likeness = likeness(&original, &reference::Planes::of(&edited)).unwrap_or(1.0);
        let quality = METRICS_SHARE * likeness + (1.0 - METRICS_SHARE) * severity_score(flaws);
        let label = PseudoLabel { quality, strengths: strengths(flaws) };
        made.push(Synthetic { views: preprocess::views(&spoilt), label, content });
    }
    made.try_into().map_err(|_| Error::internal("a ladder has another number of rungs"))
}

/// A part of a photo, reduced and perhaps mirrored: changes that add no flaw. `unit` draws from 0-1.
fn clean_version(photo: &RgbImage, unit: &mut dyn FnMut() -> f64) -> RgbImage {
    let [cropped, across, down, left, top, place, mirrored] = std::array::from_fn(|_| unit());
    let side = |length: u32, share: f64| {
        let share = if cropped < CROPPED { LEAST_CROP + (1.0 - LEAST_CROP) * share } else { 1.0 };
        ((f64::from(length) * share) as u32).max(LEAST_CROP_SIDE).min(length)
    };
    let (width, height) = (side(photo.width(), across), side(photo.height(), down));
    let start = |room: u32, place: f64| (f64::from(room) * place) as u32;
    let (left, top) = (start(photo.width() - width, left), start(photo.height() - height, top));
    let part = crop_imm(photo, left, top, width, height).to_image();
    let most = (f64::from(width.max(height)) * LEAST_REDUCTION).clamp(LEAST_SIDE, SIDES[1]);
    let least = most.min(SIDES[0]);
    let reduced = imaging::fit(&part, (least * (most / least).powf(place)).round() as u32);
    if mirrored < 0.5 { image::imageops::flip_horizontal(&reduced) } else { reduced }
}

fn strengths(flaws: &[Flaw]) -> [f32; DEFECTS] {
    let mut strengths = [0.0_f32; DEFECTS];
    for flaw in flaws {
        strengths[flaw.kind] = strengths[flaw.kind].max(flaw.level / 5.0);
    }
    strengths
}

/// The most detailed part of the product (left, top, width, height in pixels): where a flaw shows most, and where the
/// network's patches lie, too.
fn judged_part(photo: &RgbImage) -> [u32; 4] {
    let (width, height) = photo.dimensions();
    let product = attributes::product(photo);
    let starts = |low: f64, high: f64, length: u32| {
        let size = JUDGED.min(length);
        let (low, high) = ((low * f64::from(length)) as u32, (high * f64::from(length)).ceil() as u32);
        let room = (high - low).saturating_sub(size);
        let start = move |place: u32| (low + room * place / (JUDGED_PLACES - 1)).min(length - size);
        (size, (0..JUDGED_PLACES).map(start))
    };
    let (across, lefts) = starts(product.left, product.right, width);
    let (down, tops) = starts(product.top, product.bottom, height);
    let grey = image::imageops::grayscale(photo);
    let places = tops.flat_map(|top| lefts.clone().map(move |left| (left, top)));
    let (left, top) = places.max_by_key(|&(left, top)| detail(&grey, [left, top, across, down])).unwrap_or_default();
    [left, top, across, down]
}

/// Sum of absolute differences between diagonal neighbours at every fourth pixel of a part (left, top, width, height).
fn detail(grey: &GrayImage, [left, top, across, down]: [u32; 4]) -> u64 {
    let (width, values) = (grey.width() as usize, grey.as_raw());
    let mut sum = 0;
    for y in (top as usize..(top + down - 1) as usize).step_by(4) {
        for x in (left as usize..(left + across - 1) as usize).step_by(4) {
            sum += u64::from(values[y * width + x].abs_diff(values[(y + 1) * width + x + 1]));
        }
    }
    sum
}

/// How alike two pictures are, 0-1: the mean of FSIMc, MS-SSIM and GMSD on one scale; nothing for a plain picture.
fn likeness(original: &reference::Planes<'_>, edited: &reference::Planes<'_>) -> Option<f64> {
    let pair = reference::Pair::of(original, edited)?;
    let on_scale = |value: f64, [middle, width]: [f64; 2]| 1.0 / (1.0 + (-(value - middle) / width).exp());
    // An untouched picture is on top of the scale, not where its logistic curve ends.
    let share = |value: f64, best: f64, curve: [f64; 2]| on_scale(value, curve) / on_scale(best, curve);
    let mut parts = vec![share(reference::gmsd(&pair), 0.0, GMSD)];
    parts.extend(reference::fsimc(&pair).map(|value| share(value, 1.0, FSIMC)));
    parts.extend(reference::ms_ssim(&pair).map(|value| share(value, 1.0, MS_SSIM)));
    Some(parts.iter().sum::<f64>() / parts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(folder: &std::path::Path) -> CleanPhotos {
        let paths = (0..3_u32).map(|index| {
            let path = folder.join(format!("{index}.png"));
            let photo = RgbImage::from_fn(640, 480, |x, y| {
                let inside = (100..540).contains(&x) && (60..420).contains(&y);
                let wave = ((x * (index + 1)) as f32 / 9.0).sin() * ((y as f32) / 7.0).cos();
                image::Rgb(if inside { [(128.0 + 90.0 * wave) as u8, (x / 4) as u8, (y / 3) as u8] } else { [255; 3] })
            });
            photo.save(&path).expect("writes");
            path
        });
        CleanPhotos::new(paths.collect(), Limits::default())
    }

    #[test]
    fn ladders_repeat_take_every_photo_and_fall() {
        let folder = tempfile::tempdir().expect("temp dir");
        let photos = clean(folder.path());
        let mut seen = [false; 3];
        for index in 0..6 {
            let ladder = photos.ladder(3, index).expect("makes");
            assert_eq!(ladder, photos.ladder(3, index).expect("makes"));
            assert!(ladder.iter().all(|made| (0.0..=1.0).contains(&made.label.quality)), "{index}");
            let [untouched, weak, strong, _] = [0, 1, 2, 3].map(|rung: usize| ladder[rung].label.quality);
            assert!(strong < weak, "{index}: a stronger flaw is worse");
            assert!(untouched > strong && untouched > 0.8, "{index}");
            seen[ladder[0].content] = true;
            if index == 2 {
                assert_eq!(seen, [true; 3], "every photo once a round");
            }
        }
        assert_ne!(photos.ladder(3, 0).expect("makes"), photos.ladder(4, 0).expect("makes"));
    }

    #[test]
    fn an_unreadable_photo_is_passed_over() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut photos = clean(folder.path());
        std::fs::write(&photos.paths[1], b"no photo").expect("writes");
        for index in 0..3 {
            assert_ne!(photos.ladder(1, index).expect("makes")[0].content, 1);
        }
        photos.paths = vec![photos.paths[1].clone()];
        assert!(photos.ladder(1, 0).is_err());
    }
}
