//! Small pictures (PNG) of a run for places that show no HTML: curves, scores beside labels, levels beside levels.
//!
//! Drawn here, a few shapes and one font, because a plotting library would outweigh everything that uses it.

use std::io::Cursor;
use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use image::{ImageFormat, Rgb, RgbImage};

use crate::domain::MetricPoint;
use crate::error::{Error, Result};

static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok());

const TEXT: f32 = 15.0;
const INK: Rgb<u8> = Rgb([40, 42, 46]);
const WEAK: Rgb<u8> = Rgb([214, 215, 211]);
/// Told apart by the colour-blind, too (Okabe and Ito 2008).
const COLOURS: [Rgb<u8>; 4] = [Rgb([0, 114, 178]), Rgb([213, 94, 0]), Rgb([0, 158, 115]), Rgb([204, 121, 167])];

/// Room around a plot for names and numbers, in pixels.
const MARGIN: f64 = 64.0;

/// Levels that scores and labels are sorted into.
const LEVELS: usize = 5;

/// A canvas with shapes.
struct Canvas(RgbImage);

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        Self(RgbImage::from_pixel(width, height, Rgb([255; 3])))
    }

    /// Mixes a colour into a pixel; what lies outside is left out.
    fn mix(&mut self, x: i64, y: i64, colour: Rgb<u8>, share: f64) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x >= self.0.width() || y >= self.0.height() {
            return;
        }
        let share = share.clamp(0.0, 1.0);
        let pixel = self.0.get_pixel_mut(x, y);
        for (to, from) in pixel.0.iter_mut().zip(colour.0) {
            *to = (f64::from(*to) * (1.0 - share) + f64::from(from) * share).round() as u8;
        }
    }

    /// A line with round ends; `half` is half its width.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), half: f64, colour: Rgb<u8>) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).max(1e-9);
        let range = |a: f64, b: f64| ((a.min(b) - half - 1.0).floor() as i64, (a.max(b) + half + 1.0).ceil() as i64);
        let (left, right) = range(from.0, to.0);
        let (top, bottom) = range(from.1, to.1);
        for y in top..=bottom {
            for x in left..=right {
                let (px, py) = (x as f64 - from.0, y as f64 - from.1);
                let along = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                self.mix(x, y, colour, half + 0.5 - distance);
            }
        }
    }

    fn fill(&mut self, left: f64, top: f64, width: f64, height: f64, colour: Rgb<u8>) {
        for y in top as i64..(top + height) as i64 {
            for x in left as i64..(left + width) as i64 {
                self.mix(x, y, colour, 1.0);
            }
        }
    }

    /// A text whose reference point is `at`: `across` 0 begins there, 0.5 is centred, 1 ends there.
    fn text(&mut self, at: (f64, f64), across: f64, text: &str, colour: Rgb<u8>) {
        // Without its font, a picture still shows its shapes.
        let Some(font) = FONT.as_ref() else { return };
        let scaled = font.as_scaled(PxScale::from(TEXT));
        let width: f32 = text.chars().map(|letter| scaled.h_advance(scaled.glyph_id(letter))).sum();
        let mut pen = at.0 as f32 - width * across as f32;
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            let glyph = id.with_scale_and_position(PxScale::from(TEXT), point(pen, at.1 as f32));
            pen += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|x, y, share| {
                let (x, y) = (i64::from(x) + bounds.min.x as i64, i64::from(y) + bounds.min.y as i64);
                self.mix(x, y, colour, f64::from(share));
            });
        }
    }

    fn png(&self) -> Result<Vec<u8>> {
        let mut out = Cursor::new(Vec::new());
        self.0
            .write_to(&mut out, ImageFormat::Png)
            .map_err(|error| Error::internal("could not write a picture").caused_by(error))?;
        Ok(out.into_inner())
    }
}

/// A plot's place on the canvas and what its axes reach over.
struct Plot {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Plot {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low).max(1e-12);
        (self.left + share(x, self.x) * self.width, self.top + (1.0 - share(y, self.y)) * self.height)
    }

    /// Grid lines and numbers.
    fn axes(&self, canvas: &mut Canvas) {
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let value = |(low, high): (f64, f64)| low + share * (high - low);
            let (x, y) = (value(self.x), value(self.y));
            let (left, right) = (self.at(self.x.0, y), self.at(self.x.1, y));
            canvas.line(left, right, 0.2, WEAK);
            canvas.text((left.0 - 8.0, left.1 + 5.0), 1.0, &short(y), INK);
            let bottom = self.at(x, self.y.0);
            canvas.text((bottom.0, bottom.1 + 20.0), 0.5, &short(x), INK);
        }
    }
}

/// A number with three digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.2}"),
    }
}

/// The loss curves over the validation SRCC, on one axis of steps; nothing when there is no curve.
///
/// # Errors
/// When the picture cannot be written.
pub fn curves_png(points: &[MetricPoint]) -> Result<Option<Vec<u8>>> {
    let panels =
        [("Loss", ["train_loss", "validation_loss"].as_slice()), ("Validation SRCC", ["validation_srcc"].as_slice())];
    let last = points.iter().map(|point| point.step).max().unwrap_or(0) as f64;
    let mut canvas = Canvas::new(900, 620);
    let mut any = false;
    for (index, (title, names)) in panels.into_iter().enumerate() {
        let of = |name: &&str| -> Vec<(f64, f64)> {
            let own = points.iter().filter(|point| point.name == **name && point.value.is_finite());
            own.map(|point| (point.step as f64, point.value)).collect()
        };
        let curves: Vec<Vec<(f64, f64)>> = names.iter().map(of).collect();
        let values = || curves.iter().flatten().map(|point| point.1);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low > high {
            continue;
        }
        any = true;
        let room = ((high - low) * 0.06).max(1e-3);
        let top = 40.0 + index as f64 * 300.0;
        let plot = Plot {
            left: MARGIN,
            top,
            width: 900.0 - MARGIN - 24.0,
            height: 220.0,
            x: (0.0, last.max(1.0)),
            y: (low - room, high + room),
        };
        plot.axes(&mut canvas);
        canvas.text((plot.left, top - 14.0), 0.0, title, INK);
        for (number, (name, curve)) in names.iter().zip(&curves).enumerate() {
            for pair in curve.windows(2) {
                canvas.line(plot.at(pair[0].0, pair[0].1), plot.at(pair[1].0, pair[1].1), 1.0, COLOURS[number]);
            }
            for point in curve {
                let at = plot.at(point.0, point.1);
                canvas.line(at, at, if curve.len() > 40 { 1.0 } else { 2.5 }, COLOURS[number]);
            }
            let x = plot.left + plot.width - 150.0 * (names.len() - 1 - number) as f64;
            canvas.text((x, top - 14.0), 1.0, &name.replace('_', " "), COLOURS[number]);
        }
    }
    if any { canvas.png().map(Some) } else { Ok(None) }
}

/// Scores over labels, with the line where both are the same.
///
/// # Errors
/// When the picture cannot be written.
pub fn scatter_png(pairs: &[(f64, f64)]) -> Result<Vec<u8>> {
    let mut canvas = Canvas::new(620, 640);
    let plot = Plot { left: MARGIN, top: 40.0, width: 530.0, height: 530.0, x: (0.0, 100.0), y: (0.0, 100.0) };
    plot.axes(&mut canvas);
    canvas.line(plot.at(0.0, 0.0), plot.at(100.0, 100.0), 0.5, WEAK);
    for (label, score) in pairs {
        let at = plot.at(*label, *score);
        canvas.line(at, at, 3.0, COLOURS[0]);
    }
    canvas.text((plot.left, 26.0), 0.0, "Score over label, validation photos", INK);
    canvas.png()
}

/// How many photos of each label's level got a score of each level.
///
/// # Errors
/// When the picture cannot be written.
pub fn confusion_png(pairs: &[(f64, f64)]) -> Result<Vec<u8>> {
    let counts = confusion(pairs);
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
    let (cell, mut canvas) = (96.0, Canvas::new(620, 640));
    for (row, counts) in counts.iter().enumerate() {
        for (column, count) in counts.iter().enumerate() {
            let (x, y) = (MARGIN + column as f64 * cell, 50.0 + (LEVELS - 1 - row) as f64 * cell);
            let share = *count as f64 / most as f64;
            let shade = |weak: u8, strong: u8| (f64::from(weak) + share * (f64::from(strong) - f64::from(weak))) as u8;
            canvas.fill(x, y, cell - 3.0, cell - 3.0, Rgb([shade(244, 0), shade(245, 114), shade(243, 178)]));
            let ink = if share > 0.5 { Rgb([255; 3]) } else { INK };
            canvas.text((x + cell / 2.0, y + cell / 2.0 + 5.0), 0.5, &count.to_string(), ink);
        }
    }
    let step = 100 / LEVELS;
    for level in 0..LEVELS {
        let name = format!("{}-{}", level * step, (level + 1) * step);
        canvas.text((MARGIN - 8.0, 50.0 + (LEVELS - 1 - level) as f64 * cell + cell / 2.0), 1.0, &name, INK);
        canvas.text((MARGIN + level as f64 * cell + cell / 2.0, 50.0 + LEVELS as f64 * cell + 20.0), 0.5, &name, INK);
    }
    canvas.text((MARGIN, 26.0), 0.0, "Photos by level of score (up) and of label (across)", INK);
    canvas.png()
}

/// Counts by level of score, then of label.
fn confusion(pairs: &[(f64, f64)]) -> [[usize; LEVELS]; LEVELS] {
    let level = |value: f64| ((value / 100.0 * LEVELS as f64) as usize).min(LEVELS - 1);
    let mut counts = [[0; LEVELS]; LEVELS];
    for (label, score) in pairs {
        counts[level(*score)][level(*label)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(png: &[u8], colour: Rgb<u8>) -> usize {
        let picture = image::load_from_memory(png).expect("a picture").to_rgb8();
        picture.pixels().filter(|pixel| **pixel == colour).count()
    }

    #[test]
    fn curves_show_what_there_is() {
        let point = |name: &str, step, value| MetricPoint { name: name.to_owned(), step, value };
        let loss = [point("train_loss", 0, 1.0), point("train_loss", 50, 0.4)];
        assert_eq!(curves_png(&[point("learning_rate", 3, 0.1)]).expect("draws"), None);
        let one = curves_png(&loss).expect("draws").expect("a curve");
        assert!(ink(&one, COLOURS[0]) > 300 && ink(&one, COLOURS[1]) == 0);
        let both = [&loss[..], &[point("validation_loss", 0, 1.2), point("validation_loss", 50, f64::NAN)]].concat();
        assert!(ink(&curves_png(&both).expect("draws").expect("curves"), COLOURS[1]) > 5);
    }

    #[test]
    fn levels_are_counted_by_score_and_label() {
        let counts = confusion(&[(0.0, 100.0), (19.9, 81.0), (50.0, 50.0)]);
        assert_eq!((counts[4][0], counts[2][2], counts.iter().flatten().sum::<usize>()), (2, 1, 3));
        assert!(ink(&confusion_png(&[(50.0, 50.0)]).expect("draws"), Rgb([0, 114, 178])) > 5000);
        assert!(ink(&scatter_png(&[(50.0, 50.0)]).expect("draws"), COLOURS[0]) > 10);
    }
}
