//! Overlays: text, marks and captions laid over a photo.
//!
//! Two ways to find them: shapes of letter size that stand in a row beside the product, on a white backdrop, whatever
//! their colours; and rows of drawn letters (`lettering`), on any backdrop and across the product's outline. Print on
//! the product itself is part of the product and is not counted; nor are marks that lie wholly within its outline, which
//! cannot be told from its print, or half-transparent ones.

use image::RgbImage;

use super::lettering;
use super::mask::{Mask, Shape, around};

/// Heights of a letter as shares of the frame's height.
const LETTER: std::ops::RangeInclusive<f64> = 0.008..=0.09;
/// A letter is at least so many pixels high.
const LEAST_HEIGHT: u32 = 5;
/// A letter, or letters that touch, are at most so many times as wide as high.
const WIDEST: u32 = 10;
/// Letters of a line differ in height by at most this factor.
const ALIKE: f64 = 2.5;
/// Letters of a line are at most so many heights apart.
const NEAR: f64 = 1.2;
/// Fewer shapes in a row are no text.
const FEWEST: usize = 4;

/// The lines of text over a photo, as boxes: those beside the product on a white backdrop, and drawn text anywhere.
pub(super) fn overlays(photo: &RgbImage, mask: &Mask) -> Vec<Shape> {
    let mut lines = if mask.has_white_backdrop() { beside(mask, photo.height()) } else { Vec::new() };
    let drawn = lettering::lines(photo, mask);
    let new = |line: &Shape| !lines.iter().any(|known| meet(*known, *line));
    let drawn: Vec<Shape> = drawn.into_iter().filter(new).collect();
    lines.extend(drawn);
    lines
}

/// Rows of letter-like shapes beside the product.
fn beside(mask: &Mask, frame_height: u32) -> Vec<Shape> {
    let largest = mask.shapes().iter().map(|shape| shape.area).max().unwrap_or(0);
    let height = |shape: &Shape| f64::from(shape.height()) / f64::from(frame_height);
    let letter = |shape: &&Shape| {
        shape.area < largest
            && LETTER.contains(&height(shape))
            && shape.height() >= LEAST_HEIGHT
            && shape.width() <= WIDEST * shape.height()
            && shape.area * 12 >= u64::from(shape.width()) * u64::from(shape.height())
    };
    let mut letters: Vec<Shape> = mask.shapes().iter().filter(letter).copied().collect();
    letters.sort_by_key(|shape| (shape.left, shape.top));
    let mut lines: Vec<(Shape, Shape, usize)> = Vec::new();
    for letter in letters {
        match lines.iter_mut().find(|(_, last, _)| follows(*last, letter)) {
            Some((line, last, count)) => {
                *line = around(*line, letter);
                *last = letter;
                *count += 1;
            }
            None => lines.push((letter, letter, 1)),
        }
    }
    lines.into_iter().filter(|(_, _, count)| *count >= FEWEST).map(|(line, ..)| line).collect()
}

/// Share of the frame that the lines cover.
pub(super) fn share(lines: &[Shape], photo: &RgbImage) -> f64 {
    let covered: u64 = lines.iter().map(|line| u64::from(line.width()) * u64::from(line.height())).sum();
    (covered as f64 / (f64::from(photo.width()) * f64::from(photo.height()))).min(1.0)
}

/// Whether a shape goes on with the line that ends with `last`.
fn follows(last: Shape, next: Shape) -> bool {
    let (a, b) = (f64::from(last.height()), f64::from(next.height()));
    let overlap = f64::from(last.bottom.min(next.bottom)) - f64::from(last.top.max(next.top));
    let gap = f64::from(next.left) - f64::from(last.right);
    a.max(b) <= ALIKE * a.min(b) && overlap >= 0.5 * a.min(b) && gap <= NEAR * a.max(b) && gap >= -0.5 * a.min(b)
}

/// Whether two boxes share a pixel.
fn meet(a: Shape, b: Shape) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/// Whether a shape is part of one of the lines.
pub(super) fn is_part_of(shape: &Shape, lines: &[Shape]) -> bool {
    lines.iter().any(|line| {
        shape.left >= line.left && shape.right <= line.right && shape.top >= line.top && shape.bottom <= line.bottom
    })
}
