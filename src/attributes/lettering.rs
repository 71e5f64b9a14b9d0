//! Text drawn over a photo, whatever lies behind it: rows of flat shapes of one colour that stand on one line.
//!
//! What tells drawn text from print that was photographed: one colour from end to end, feet on a line to the pixel, and
//! letters that differ as a pattern's repeats do not. Where there is an even backdrop, a row counts only when it
//! reaches out of the product; a row within it is print.

use image::RgbImage;

use super::mask::{Mask, Shape, around, rows_of};
use super::runs::{Run, shapes_where};

/// The photo is looked at through at most so many pixels a side: every second, third, … as they are, since a mean
/// would blend a letter with what is behind it.
const SIDE: u32 = 800;
/// Neighbouring pixels of a flat run differ in no channel by more.
const STEP: u8 = 32;
/// Neighbouring runs of one shape differ in no channel's mean by more.
const JOIN: u8 = 20;
/// Heights of a letter as shares of the frame's height.
const LETTER: std::ops::RangeInclusive<f64> = 0.012..=0.3;
/// A letter is at least so many of the pixels looked at high: below that, noise has as clear an outline.
const LEAST_HEIGHT: u32 = 7;
/// A letter, or letters that touch, are at most so many times as wide as high.
const WIDEST: f64 = 1.6;
/// Share of its box that a letter's strokes cover; a narrow letter is all stroke.
const INK: std::ops::RangeInclusive<f64> = 0.14..=0.8;
/// A letter below this ratio of width and height may fill its box: I, l, 1.
const NARROW: f64 = 0.45;
/// Standard deviation of a channel over a letter's runs at most.
const FLAT: f64 = 12.0;
/// Letters of a line differ in no channel's mean by more.
const COLOUR: u8 = 20;
/// Letters of a line differ in height by at most this factor: capitals and small letters.
const ALIKE: f64 = 1.6;
/// Feet of a line's letters are this share of their height apart at most, or a pixel.
const FEET: f64 = 0.07;
/// Letters of a line are at most so many heights apart: a space, or a letter that was lost.
const NEAR: f64 = 1.3;
/// Fewer letters are no text.
const FEWEST: usize = 5;
/// Letters of a line differ in width or in ink by this share of the mean: a pattern's repeats do not.
const VARIED: f64 = 0.1;
/// Share of a line's box that is backdrop where the line reaches out of the product.
const OUTSIDE: f64 = 0.1;

/// A flat shape and its colour.
#[derive(Debug, Clone, Copy)]
struct Letter {
    shape: Shape,
    colour: [u8; 3],
}

/// The lines of drawn text, as boxes in pixels of the photo.
pub(super) fn lines(photo: &RgbImage, mask: &Mask) -> Vec<Shape> {
    let step = photo.width().max(photo.height()).div_ceil(SIDE).max(1);
    let lines = rows_of_letters(letters(photo, step));
    let text = lines.iter().filter(|line| is_text(line));
    let boxes = text.filter_map(|line| line.iter().map(|letter| scaled(letter.shape, step, photo)).reduce(around));
    boxes.filter(|line| !mask.has_backdrop() || outside(mask, *line) >= OUTSIDE).collect()
}

/// Letters sorted into rows, from the left to the right.
fn rows_of_letters(mut letters: Vec<Letter>) -> Vec<Vec<Letter>> {
    letters.sort_by_key(|letter| (letter.shape.left, letter.shape.top));
    let mut rows: Vec<Vec<Letter>> = Vec::new();
    for letter in letters {
        match rows.iter_mut().find(|row| row.last().is_some_and(|last| follows(last, &letter))) {
            Some(row) => row.push(letter),
            None => rows.push(vec![letter]),
        }
    }
    rows
}

/// The flat shapes that may be letters, in pixels that were looked at.
fn letters(photo: &RgbImage, step: u32) -> Vec<Letter> {
    let rows: Vec<(Vec<Run>, Vec<[u8; 3]>)> =
        rows_of(photo).step_by(step as usize).map(|row| flat(row, step)).collect();
    let height = rows.len() as f64;
    let (runs, colours): (Vec<Vec<Run>>, Vec<Vec<[u8; 3]>>) = rows.into_iter().unzip();
    let joined = |y: usize, own: usize, above: usize| near(colours[y][own], colours[y - 1][above], JOIN);
    let (labels, count) = shapes_where(&runs, 0, joined);
    let mut sums = vec![Sums::default(); count];
    for (y, ((runs, colours), labels)) in runs.iter().zip(&colours).zip(&labels).enumerate() {
        for ((run, colour), label) in runs.iter().zip(colours).zip(labels) {
            sums[*label].add(*run, y as u32, *colour);
        }
    }
    sums.into_iter().filter_map(|sums| sums.letter(height)).collect()
}

/// The flat runs of a row with their mean colours; single pixels are edges and noise.
fn flat(row: &[[u8; 3]], step: u32) -> (Vec<Run>, Vec<[u8; 3]>) {
    let (mut runs, mut colours) = (Vec::new(), Vec::new());
    let (mut start, mut sum) = (0, [0_u32; 3]);
    let mut last: Option<[u8; 3]> = None;
    let mut end = |start: u32, end: u32, sum: [u32; 3]| {
        if end > start + 1 {
            runs.push(Run { start, end });
            colours.push(sum.map(|sum| (sum / (end - start)) as u8));
        }
    };
    let mut x = 0;
    for pixel in row.iter().step_by(step as usize) {
        if last.is_some_and(|last| !near(last, *pixel, STEP)) {
            end(start, x, sum);
            (start, sum) = (x, [0; 3]);
        }
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += u32::from(*value);
        }
        last = Some(*pixel);
        x += 1;
    }
    end(start, x, sum);
    (runs, colours)
}

/// What makes up a shape, added up over its runs.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    shape: Option<Shape>,
    colour: [u64; 3],
    squares: [u64; 3],
}

impl Sums {
    fn add(&mut self, run: Run, y: u32, colour: [u8; 3]) {
        let length = u64::from(run.len());
        let own = Shape { left: run.start, top: y, right: run.end, bottom: y + 1, area: length };
        self.shape = Some(self.shape.map_or(own, |shape| around(shape, own)));
        for ((sum, squares), value) in self.colour.iter_mut().zip(&mut self.squares).zip(colour.map(u64::from)) {
            *sum += length * value;
            *squares += length * value * value;
        }
    }

    /// The shape as a letter, where it may be one in a frame of so many rows.
    fn letter(&self, frame_height: f64) -> Option<Letter> {
        let shape = self.shape?;
        let (width, height) = (f64::from(shape.width()), f64::from(shape.height()));
        let ink = shape.area as f64 / (width * height);
        let fits = shape.height() >= LEAST_HEIGHT
            && LETTER.contains(&(height / frame_height))
            && width <= WIDEST * height
            && ink >= *INK.start()
            && (ink <= *INK.end() || width <= NARROW * height);
        let area = shape.area as f64;
        let spread = |(sum, squares): (&u64, &u64)| {
            let mean = *sum as f64 / area;
            (*squares as f64 / area - mean * mean).max(0.0).sqrt()
        };
        let flat = self.colour.iter().zip(&self.squares).map(spread).fold(0.0, f64::max) <= FLAT;
        (fits && flat).then(|| Letter { shape, colour: self.colour.map(|sum| (sum / shape.area) as u8) })
    }
}

fn near(a: [u8; 3], b: [u8; 3], most: u8) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= most)
}

/// Whether a letter goes on with the line that ends with `last`.
fn follows(last: &Letter, next: &Letter) -> bool {
    let (a, b) = (f64::from(last.shape.height()), f64::from(next.shape.height()));
    let gap = f64::from(next.shape.left) - f64::from(last.shape.right);
    a.max(b) <= ALIKE * a.min(b)
        && gap <= NEAR * a.max(b)
        && gap >= -0.1 * a.min(b)
        && f64::from(last.shape.bottom.abs_diff(next.shape.bottom)) <= (FEET * a.max(b)).max(1.0)
        && near(last.colour, next.colour, COLOUR)
}

/// Whether letters make a line of text.
fn is_text(line: &[Letter]) -> bool {
    let widths = line.iter().map(|letter| f64::from(letter.shape.width()));
    let inks = line.iter().map(|letter| letter.shape.area as f64);
    line.len() >= FEWEST && (spread(widths) >= VARIED || spread(inks) >= VARIED)
}

/// Standard deviation as a share of the mean.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt() / mean
}

/// A box in pixels of the photo; one looked at stands for those up to the next.
fn scaled(shape: Shape, step: u32, photo: &RgbImage) -> Shape {
    Shape {
        left: shape.left * step,
        top: shape.top * step,
        right: (shape.right * step).min(photo.width()),
        bottom: (shape.bottom * step).min(photo.height()),
        area: shape.area * u64::from(step * step),
    }
}

/// Share of a box that is backdrop.
fn outside(mask: &Mask, line: Shape) -> f64 {
    let inside = |run: &Run| u64::from(run.end.min(line.right).saturating_sub(run.start.max(line.left)));
    let rows = line.top..line.bottom;
    let product: u64 = rows.map(|y| mask.product(y as usize).iter().map(inside).sum::<u64>()).sum();
    1.0 - product as f64 / (f64::from(line.width()) * f64::from(line.height()))
}
