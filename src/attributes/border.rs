//! Frames and bars drawn around the photo.
//!
//! From each side inwards, lines are of one colour and then, within a few pixels, almost all of a line is not: that is a
//! bar. A white one must end along the whole line, since a box on a white backdrop looks like a photo with white bars
//! all around; those are not told apart.

use image::RgbImage;

/// How far a channel may be from the bar's colour.
const TOLERANCE: u8 = 12;
/// Share of a line that must have the bar's colour.
const UNIFORM: f64 = 0.985;
/// Share of the line behind a bar that must not.
const BROKEN: f64 = 0.95;
/// Share of a line at each end that is left out behind a coloured bar: the bars of the other sides lie there.
const ENDS: f64 = 0.1;
/// A bar ends within so many pixels: enlarging and JPEG soften its edge.
const SOFT: u32 = 4;
/// The widest bar as a share of the side.
const WIDEST: f64 = 0.3;

/// Pixels of the bars on each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bars {
    /// Left.
    pub(super) left: u32,
    /// Above.
    pub(super) top: u32,
    /// Right.
    pub(super) right: u32,
    /// Below.
    pub(super) bottom: u32,
}

impl Bars {
    /// The widest, as a share of the side it takes from; 0 unless two opposite sides have one.
    pub(super) fn share(self, photo: &RgbImage) -> f64 {
        let across = f64::from(self.left.max(self.right)) / f64::from(photo.width());
        let down = f64::from(self.top.max(self.bottom)) / f64::from(photo.height());
        across.max(down)
    }
}

/// Finds the bars; all are 0 unless two opposite sides have one.
pub(super) fn bars(photo: &RgbImage) -> Bars {
    let (width, height) = photo.dimensions();
    let column = |x: u32| move |y: u32| photo.get_pixel(x, y).0;
    let row = |y: u32| move |x: u32| photo.get_pixel(x, y).0;
    let found = Bars {
        left: bar(width, height, column),
        right: bar(width, height, |depth| column(width - 1 - depth)),
        top: bar(height, width, row),
        bottom: bar(height, width, |depth| row(height - 1 - depth)),
    };
    let across = if found.left > 0 && found.right > 0 { (found.left, found.right) } else { (0, 0) };
    let down = if found.top > 0 && found.bottom > 0 { (found.top, found.bottom) } else { (0, 0) };
    Bars { left: across.0, right: across.1, top: down.0, bottom: down.1 }
}

/// Width of the bar on a side `depth` pixels deep whose lines are `length` pixels long.
fn bar<Line: Fn(u32) -> [u8; 3]>(depth: u32, length: u32, line: impl Fn(u32) -> Line) -> u32 {
    let most = (f64::from(depth) * WIDEST) as u32;
    if length < 16 || most < 2 {
        return 0;
    }
    let outermost = line(0);
    let colour = outermost(length / 2);
    // Every line is looked at through some 200 of its pixels.
    let step = (length / 200).max(1);
    let share = |at: u32, ends: u32| {
        let line = line(at);
        let samples = (ends..length - ends).step_by(step as usize);
        let alike =
            samples.clone().filter(|along| line(*along).iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= TOLERANCE));
        alike.count() as f64 / samples.count() as f64
    };
    let Some(end) = (0..most).find(|at| share(*at, 0) < UNIFORM).filter(|end| *end > 0) else { return 0 };
    let white = colour.iter().all(|channel| *channel >= 250);
    let ends = if white { 0 } else { (f64::from(length) * ENDS) as u32 };
    let behind = (end..(end + SOFT).min(depth)).map(|at| share(at, ends)).fold(1.0, f64::min);
    if behind <= 1.0 - BROKEN { end } else { 0 }
}
