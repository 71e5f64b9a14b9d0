//! Frames and bars drawn around the photo.
//!
//! From each side inwards, lines are of one colour and then, within a few pixels, almost all of a line is not: that is a
//! bar. A box on a white backdrop looks like a photo with white bars all around: white bars count where they end along
//! the whole line, corners included, as bars on two sides do, or as a frame that is narrow and equally wide on all four.

use image::RgbImage;

/// How far a channel may be from the bar's colour.
const TOLERANCE: u8 = 12;
/// Share of a line that must have the bar's colour.
const UNIFORM: f64 = 0.985;
/// Share of the line behind a bar that must not.
const BROKEN: f64 = 0.95;
/// Share of a line at each end that is left out behind a coloured bar: the bars of the other sides lie there.
const ENDS: f64 = 0.1;
/// A coloured bar or a frame ends within so many pixels: JPEG softens its edge as far as its blocks of colour reach, 16.
const SOFT: u32 = 17;
/// White bars on two sides end within so many: over more, a carton with a rounded edge does so, too.
const SOFT_WHITE: u32 = 4;
/// The widest bar as a share of the side.
const WIDEST: f64 = 0.3;
/// The widest white frame as a share of the shorter side: a box that fills its frame leaves more free.
const WIDEST_WHITE: f64 = 0.047;
/// The sides of a white frame differ by at most this share of its width, or two pixels.
const EVEN: f64 = 0.2;
/// Channels of a white bar.
const WHITE: u8 = 250;

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
    let uniform = [Edge::Left, Edge::Top, Edge::Right, Edge::Bottom].map(|edge| Uniform::at(photo, edge));
    if let Some(frame) = white_frame(photo, &uniform) {
        return frame;
    }
    let [left, top, right, bottom] = uniform.map(|side| {
        let side = side?;
        if side.is_white() {
            return side.broken([0; 2], SOFT_WHITE);
        }
        let ends = (f64::from(side.side.length()) * ENDS) as u32;
        side.broken([ends; 2], SOFT)
    });
    let (left, right) = left.zip(right).unwrap_or_default();
    let (top, bottom) = top.zip(bottom).unwrap_or_default();
    Bars { left, top, right, bottom }
}

/// A white frame on all four sides, narrow and even; what the other sides' bars cover of a line is left out.
fn white_frame(photo: &RgbImage, uniform: &[Option<Uniform<'_>>; 4]) -> Option<Bars> {
    let [Some(left), Some(top), Some(right), Some(bottom)] = uniform else { return None };
    let sides = [left, top, right, bottom];
    let ends = |a: &Uniform<'_>, b: &Uniform<'_>| [a.end + SOFT, b.end + SOFT];
    let (down, across) = (ends(top, bottom), ends(left, right));
    let widths =
        [left.broken(down, SOFT)?, top.broken(across, SOFT)?, right.broken(down, SOFT)?, bottom.broken(across, SOFT)?];
    let (least, most) = (widths.into_iter().min()?, widths.into_iter().max()?);
    let shorter = f64::from(photo.width().min(photo.height()));
    let narrow = f64::from(most) <= (WIDEST_WHITE * shorter).max(1.0);
    let even = f64::from(most - least) <= (EVEN * f64::from(most)).max(2.0);
    let [left, top, right, bottom] = widths;
    (narrow && even && sides.iter().all(|side| side.is_white())).then_some(Bars { left, top, right, bottom })
}

/// A side of the frame, looked at line by line inwards.
#[derive(Debug, Clone, Copy)]
enum Edge {
    Left,
    Top,
    Right,
    Bottom,
}

#[derive(Debug, Clone, Copy)]
struct Side<'a> {
    photo: &'a RgbImage,
    edge: Edge,
}

impl Side<'_> {
    /// Lines from this side to the opposite one.
    fn depth(self) -> u32 {
        match self.edge {
            Edge::Left | Edge::Right => self.photo.width(),
            Edge::Top | Edge::Bottom => self.photo.height(),
        }
    }

    /// Pixels of a line.
    fn length(self) -> u32 {
        match self.edge {
            Edge::Left | Edge::Right => self.photo.height(),
            Edge::Top | Edge::Bottom => self.photo.width(),
        }
    }

    fn pixel(self, at: u32, along: u32) -> [u8; 3] {
        let (x, y) = match self.edge {
            Edge::Left => (at, along),
            Edge::Top => (along, at),
            Edge::Right => (self.photo.width() - 1 - at, along),
            Edge::Bottom => (along, self.photo.height() - 1 - at),
        };
        self.photo.get_pixel(x, y).0
    }

    /// Share of a line but its ends that has a colour; every line is looked at through some 200 of its pixels.
    fn share(self, at: u32, colour: [u8; 3], [from, to]: [u32; 2]) -> f64 {
        let step = (self.length() / 200).max(1) as usize;
        let (mut alike, mut seen) = (0_u32, 0_u32);
        for along in (from..self.length().saturating_sub(to)).step_by(step) {
            let pixel = self.pixel(at, along);
            alike += u32::from(pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= TOLERANCE));
            seen += 1;
        }
        if seen == 0 { 1.0 } else { f64::from(alike) / f64::from(seen) }
    }
}

/// The lines of one colour along a side.
#[derive(Debug, Clone, Copy)]
struct Uniform<'a> {
    side: Side<'a>,
    colour: [u8; 3],
    /// The first line that is not of it.
    end: u32,
}

impl<'a> Uniform<'a> {
    fn at(photo: &'a RgbImage, edge: Edge) -> Option<Self> {
        let side = Side { photo, edge };
        let most = (f64::from(side.depth()) * WIDEST) as u32;
        if side.length() < 16 || most < 2 {
            return None;
        }
        let colour = side.pixel(0, side.length() / 2);
        let end = (0..most).find(|at| side.share(*at, colour, [0; 2]) < UNIFORM).filter(|end| *end > 0)?;
        Some(Self { side, colour, end })
    }

    fn is_white(&self) -> bool {
        self.colour.iter().all(|channel| *channel >= WHITE)
    }

    /// The first of the next few lines of which, but for their ends, almost nothing has the bar's colour.
    fn broken(&self, ends: [u32; 2], soft: u32) -> Option<u32> {
        let mut within = self.end..(self.end + soft).min(self.side.depth());
        within.find(|at| self.side.share(*at, self.colour, ends) <= 1.0 - BROKEN)
    }
}
