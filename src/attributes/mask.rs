//! Where the product is: everything that a flood of the backdrop's colour from the frame does not reach.
//!
//! Plain on purpose: it finds a product on an even backdrop (a packshot), white or of the edge's most common colour.
//! Where the frame's edge is not of one colour, or nothing stands out, there is no telling product from surroundings,
//! and the whole frame counts as product.

use image::{Rgb, RgbImage};

use super::runs::{Run, gaps, runs_of_flags, shapes};
use super::wide::{Loop, wide};
use crate::domain::Region;

/// How far a channel may be from the backdrop's colour: wider than JPEG ringing and a studio gradient, narrower than
/// a pale product.
const TOLERANCE: u8 = 16;
/// The backdrop must make up this share of the frame's edge.
const LEAST_EDGE_SHARE: f64 = 0.7;
/// A white backdrop may make up less: a close-up leaves only a corner free.
const LEAST_WHITE_EDGE: f64 = 0.08;
/// Share of the white pixels of the frame's edge that are exactly 255 where a studio cut the product out. A lamp or a
/// window in a snapshot fades out instead.
const LEAST_PURE: f64 = 0.85;
/// A shape smaller than this share of the largest one is dust: it does not widen the product's box.
const DUST_SHARE: f64 = 0.004;

/// A connected part of what is not backdrop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// First column.
    pub(super) left: u32,
    /// First row.
    pub(super) top: u32,
    /// The column after the last.
    pub(super) right: u32,
    /// The row after the last.
    pub(super) bottom: u32,
    /// Pixels.
    pub(super) area: u64,
}

impl Shape {
    /// Columns.
    pub(super) fn width(self) -> u32 {
        self.right - self.left
    }

    /// Rows.
    pub(super) fn height(self) -> u32 {
        self.bottom - self.top
    }
}

/// Which pixels of a photo show the product.
pub(super) struct Mask {
    width: u32,
    height: u32,
    /// The product's runs, one list a row.
    rows: Vec<Vec<Run>>,
    /// The shapes that make up the product, in no order; empty when there is no even backdrop.
    shapes: Vec<Shape>,
    /// Whether the backdrop is white.
    white: bool,
}

impl Mask {
    /// Finds the product in a photo of at least one pixel.
    pub(super) fn of(photo: &RgbImage) -> Self {
        let (width, height) = photo.dimensions();
        let white = white_edge(photo);
        let backdrop = if white { Rgb([255; 3]) } else { median(edge(photo)) };
        let alike: Vec<Vec<Run>> = rows_of(photo).map(|row| alike_runs(row, backdrop)).collect();
        let rows = not_flooded(width, &alike);
        let shapes = boxes(&rows);
        let mask = Self { width, height, rows, shapes, white };
        let flooded = mask.edge_backdrop() as f64;
        let whole_edge = if width < 2 || height < 2 { width * height } else { 2 * (width + height) - 4 };
        let least = if white { LEAST_WHITE_EDGE } else { LEAST_EDGE_SHARE };
        if flooded >= least * f64::from(whole_edge) && !mask.shapes.is_empty() {
            return mask;
        }
        let rows = vec![vec![Run { start: 0, end: width }]; height as usize];
        Self { rows, shapes: Vec::new(), ..mask }
    }

    /// Whether there is an even backdrop that the product was told from.
    pub(super) fn has_backdrop(&self) -> bool {
        !self.shapes.is_empty()
    }

    /// Whether there is a white backdrop: even enough to tell letters on it from its own texture.
    pub(super) fn has_white_backdrop(&self) -> bool {
        self.has_backdrop() && self.white
    }

    /// The product's runs of a row.
    pub(super) fn product(&self, y: usize) -> &[Run] {
        &self.rows[y]
    }

    /// The backdrop's runs of a row.
    pub(super) fn backdrop(&self, y: usize) -> Vec<Run> {
        gaps(self.width, &self.rows[y])
    }

    /// The shapes that make up the product; none when there is no even backdrop.
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Share of the frame that the product covers.
    pub(super) fn share(&self) -> f64 {
        let covered: u64 = self.rows.iter().flatten().map(|run| u64::from(run.len())).sum();
        covered as f64 / (f64::from(self.width) * f64::from(self.height))
    }

    /// The box around the product's shapes but dust and those that `skip` names; nothing without a backdrop.
    pub(super) fn bounds(&self, skip: impl Fn(&Shape) -> bool) -> Option<Shape> {
        let largest = self.shapes.iter().map(|shape| shape.area).max()?;
        let counts = |shape: &&Shape| shape.area as f64 >= DUST_SHARE * largest as f64 && !skip(shape);
        self.shapes.iter().filter(counts).copied().reduce(around)
    }

    /// A shape's box as shares of the frame.
    pub(super) fn region(&self, shape: Shape) -> Region {
        let (across, down) = (f64::from(self.width), f64::from(self.height));
        Region {
            left: f64::from(shape.left) / across,
            top: f64::from(shape.top) / down,
            right: f64::from(shape.right) / across,
            bottom: f64::from(shape.bottom) / down,
        }
    }

    /// Pixels of the frame's edge that are backdrop.
    fn edge_backdrop(&self) -> u32 {
        let last = self.height as usize - 1;
        let on_edge = |(y, runs): (usize, &Vec<Run>)| {
            let free = gaps(self.width, runs);
            if y == 0 || y == last {
                return free.iter().map(|run| run.len()).sum();
            }
            let left = u32::from(free.first().is_some_and(|run| run.start == 0));
            let right = u32::from(self.width > 1 && free.last().is_some_and(|run| run.end == self.width));
            left + right
        };
        self.rows.iter().enumerate().map(on_edge).sum()
    }
}

/// The smallest box around two.
pub(super) fn around(a: Shape, b: Shape) -> Shape {
    Shape {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
        area: a.area + b.area,
    }
}

/// The rows of a photo as pixels.
pub(super) fn rows_of(photo: &RgbImage) -> impl Iterator<Item = &[[u8; 3]]> {
    photo.as_raw().chunks_exact(photo.width().max(1) as usize * 3).map(|row| row.as_chunks::<3>().0)
}

fn alike_runs(row: &[[u8; 3]], backdrop: Rgb<u8>) -> Vec<Run> {
    let low = backdrop.0.map(|value| value.saturating_sub(TOLERANCE));
    let reach: [u8; 3] = std::array::from_fn(|channel| backdrop.0[channel].saturating_add(TOLERANCE) - low[channel]);
    let words = wide(FlagWords { row, low, reach });
    runs_of_flags(words.into_iter().zip(row.chunks(64)).map(|(word, pixels)| (word, pixels.len() as u32)))
}

/// For every 64 pixels a flag each whether all channels are at most `reach` above `low`, the first in the lowest bit.
struct FlagWords<'a> {
    row: &'a [[u8; 3]],
    low: [u8; 3],
    reach: [u8; 3],
}

impl Loop for FlagWords<'_> {
    type Output = Vec<u64>;

    #[inline(always)]
    fn call(self) -> Vec<u64> {
        let mut words = vec![0; self.row.len().div_ceil(64)];
        for (word, pixels) in words.iter_mut().zip(self.row.chunks(64)) {
            let mut flags = [0_u8; 64];
            for (flag, pixel) in flags.iter_mut().zip(pixels) {
                let inside = |channel: usize| pixel[channel].wrapping_sub(self.low[channel]) <= self.reach[channel];
                *flag = u8::from(inside(0) & inside(1) & inside(2));
            }
            *word = packed(&flags);
        }
        words
    }
}

/// 64 bytes of 0 or 1 as bits, the first the lowest: the product moves bit 0 of every byte into the topmost one.
#[inline(always)]
fn packed(flags: &[u8; 64]) -> u64 {
    let (eights, _) = flags.as_chunks::<8>();
    let byte = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().enumerate().fold(0, |word, (index, eight)| word | byte(eight) << (8 * index))
}

/// What stays after flooding from the edge over runs of the backdrop's colour (four neighbours).
fn not_flooded(width: u32, alike: &[Vec<Run>]) -> Vec<Vec<Run>> {
    let (labels, count) = shapes(alike, 0);
    let last = alike.len() - 1;
    let mut wet = vec![false; count];
    for (y, (runs, labels)) in alike.iter().zip(&labels).enumerate() {
        for (run, label) in runs.iter().zip(labels) {
            wet[*label] |= y == 0 || y == last || run.start == 0 || run.end == width;
        }
    }
    let dry = |(runs, labels): (&Vec<Run>, &Vec<usize>)| {
        let flooded = runs.iter().zip(labels).filter(|(_, label)| wet[**label]).map(|(run, _)| *run);
        gaps(width, &flooded.collect::<Vec<_>>())
    };
    alike.iter().zip(&labels).map(dry).collect()
}

/// The connected shapes of some runs.
fn boxes(rows: &[Vec<Run>]) -> Vec<Shape> {
    let (labels, count) = shapes(rows, 1);
    let mut found = vec![Shape { left: u32::MAX, top: u32::MAX, right: 0, bottom: 0, area: 0 }; count];
    for (y, (runs, labels)) in rows.iter().zip(&labels).enumerate() {
        for (run, label) in runs.iter().zip(labels) {
            let y = y as u32;
            let own = Shape { left: run.start, top: y, right: run.end, bottom: y + 1, area: u64::from(run.len()) };
            found[*label] = around(found[*label], own);
        }
    }
    found
}

/// The outermost pixels.
fn edge(photo: &RgbImage) -> impl Iterator<Item = Rgb<u8>> {
    let (width, height) = photo.dimensions();
    let across = (0..width).flat_map(move |x| [(x, 0), (x, height - 1)]);
    let down = (1..height.saturating_sub(1)).flat_map(move |y| [(0, y), (width - 1, y)]);
    across.chain(down).map(|(x, y)| *photo.get_pixel(x, y))
}

/// Whether the frame's edge is white in part, and as purely white as only a cut-out or a burnt-out backdrop is.
fn white_edge(photo: &RgbImage) -> bool {
    let (mut count, mut white, mut pure) = (0_u32, 0_u32, 0_u32);
    for Rgb(pixel) in edge(photo) {
        let darkest = pixel.into_iter().min().unwrap_or_default();
        count += 1;
        white += u32::from(darkest >= 250);
        pure += u32::from(darkest == 255);
    }
    f64::from(white) >= LEAST_WHITE_EDGE * f64::from(count) && f64::from(pure) >= LEAST_PURE * f64::from(white)
}

fn median(colours: impl Iterator<Item = Rgb<u8>>) -> Rgb<u8> {
    let mut counts = [[0_u32; 256]; 3];
    let mut total = 0;
    for Rgb(channels) in colours {
        for (count, value) in counts.iter_mut().zip(channels) {
            count[usize::from(value)] += 1;
        }
        total += 1;
    }
    Rgb(counts.map(|count| {
        let mut seen = 0;
        let middle = count.iter().position(|n| {
            seen += n;
            2 * seen > total
        });
        middle.unwrap_or(0) as u8
    }))
}
