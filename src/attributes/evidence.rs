//! Where in a photo its measures come from: maps and boxes to draw over it.

use image::RgbImage;

use super::mask::{Mask, rows_of};
use super::{border, overlay};
use crate::domain::{Clip, Evidence, Ground, Region};

/// Maps and boxes over a photo of at least one pixel, with at most `max_edge` samples a side. A sample shows the worst of
/// its pixels, so that no thin line is lost.
pub fn evidence(photo: &RgbImage, max_edge: u32) -> Evidence {
    let mask = Mask::of(photo);
    let step = photo.width().max(photo.height()).div_ceil(max_edge.max(1)).max(1) as usize;
    let columns = (photo.width() as usize).div_ceil(step);
    let rows = (photo.height() as usize).div_ceil(step);
    let mut ground = vec![Ground::Product; columns * rows];
    let mut clipped = vec![Clip::None; columns * rows];
    let mut histogram = [[0; 256]; 4];
    for (y, row) in rows_of(photo).enumerate() {
        let line = y / step * columns;
        for run in if mask.has_backdrop() { mask.backdrop(y) } else { Vec::new() } {
            for x in run.start as usize..run.end as usize {
                let own = ground_of(row[x]);
                let seen = &mut ground[line + x / step];
                *seen = worse(*seen, own);
            }
        }
        for run in mask.product(y) {
            for x in run.start as usize..run.end as usize {
                match row[x] {
                    channels if channels.contains(&255) => clipped[line + x / step] = Clip::High,
                    channels if channels.contains(&0) => clipped[line + x / step] = Clip::Low,
                    _ => {}
                }
            }
        }
        for &[red, green, blue] in row {
            let luma = (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000;
            histogram[0][luma as usize] += 1;
            histogram[1][usize::from(red)] += 1;
            histogram[2][usize::from(green)] += 1;
            histogram[3][usize::from(blue)] += 1;
        }
    }
    let lines = overlay::overlays(photo, &mask);
    let product = mask.bounds(|shape| overlay::is_part_of(shape, &lines)).map(|shape| mask.region(shape));
    let overlays = lines.into_iter().map(|line| mask.region(line)).collect();
    Evidence { columns, rows, ground, clipped, product, inside_frame: inside(photo), overlays, histogram }
}

fn ground_of(pixel: [u8; 3]) -> Ground {
    match pixel.into_iter().min() {
        Some(255) => Ground::Pure,
        Some(250..) => Ground::NearWhite,
        _ => Ground::Coloured,
    }
}

fn worse(a: Ground, b: Ground) -> Ground {
    let order = |ground| match ground {
        Ground::Product => 0,
        Ground::Pure => 1,
        Ground::NearWhite => 2,
        Ground::Coloured => 3,
    };
    if order(b) > order(a) { b } else { a }
}

/// What bars leave free.
fn inside(photo: &RgbImage) -> Option<Region> {
    let bars = border::bars(photo);
    let (across, down) = (f64::from(photo.width()), f64::from(photo.height()));
    (bars != border::Bars::default()).then(|| Region {
        left: f64::from(bars.left) / across,
        top: f64::from(bars.top) / down,
        right: 1.0 - f64::from(bars.right) / across,
        bottom: 1.0 - f64::from(bars.bottom) / down,
    })
}
