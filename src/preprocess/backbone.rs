//! What a network trained elsewhere sees of a photo: the whole photo, and crops at native resolution.

use std::cmp::Reverse;

use burn::tensor::{Device, Tensor, TensorData};
use image::{GrayImage, RgbImage, imageops};

use super::{on_white, push_planar};
use crate::domain::VIEWING_SIZE;
use crate::imaging;
use crate::nn::BACKBONE_EDGE;

/// Version of these views; features made with another one do not compare.
pub const BACKBONE_VERSION: u32 = 1;

/// Native crops of a photo.
pub const BACKBONE_CROPS: usize = 5;

/// Images of one photo: the whole photo, then its crops.
pub const BACKBONE_VIEWS: usize = 1 + BACKBONE_CROPS;

const EDGE: u32 = BACKBONE_EDGE as u32;

/// Edge of the cells that detail is added up in, and the step between candidate crops, in pixels.
const CELL: u32 = 16;

const VIEWS_LEN: usize = BACKBONE_VIEWS * 3 * BACKBONE_EDGE * BACKBONE_EDGE;

/// The views of one photo: `[BACKBONE_VIEWS, 3, BACKBONE_EDGE, BACKBONE_EDGE]` bytes, channels first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackboneViews(Vec<u8>);

impl BackboneViews {
    /// The bytes, `[BACKBONE_VIEWS, 3, BACKBONE_EDGE, BACKBONE_EDGE]`.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes the views of a decoded photo.
///
/// The whole photo is squashed into the square, as these networks were trained and as the published comparisons do. The
/// crops are taken where the detail is: the first around its centre, each further one where it covers most of what is
/// not covered yet. Nothing is enlarged: what is smaller than a view is laid on white.
pub fn backbone_views(photo: &RgbImage) -> BackboneViews {
    let viewed = imaging::fitted(photo, VIEWING_SIZE);
    let mut bytes = Vec::with_capacity(VIEWS_LEN);
    let whole = imaging::resize(&viewed, viewed.width().min(EDGE), viewed.height().min(EDGE));
    push_planar(&mut bytes, &on_white(&whole, EDGE));
    let canvas: &RgbImage = &on_white(&viewed, EDGE);
    for (x, y) in corners(canvas) {
        push_planar(&mut bytes, &imageops::crop_imm(canvas, x, y, EDGE, EDGE).to_image());
    }
    BackboneViews(bytes)
}

/// Where the crops begin.
fn corners(photo: &RgbImage) -> [(u32, u32); BACKBONE_CROPS] {
    let mut detail = Detail::of(&imageops::grayscale(photo));
    let room = (photo.width() - EDGE, photo.height() - EDGE);
    let (centre_x, centre_y) = detail.centre();
    let centred = |centre: u32, room: u32| centre.saturating_sub(EDGE / 2).min(room);
    let mut next = (centred(centre_x, room.0), centred(centre_y, room.1));
    std::array::from_fn(|index| {
        if index > 0 {
            let sums = detail.sums();
            let candidates = starts(room.1).flat_map(|y| starts(room.0).map(move |x| (x, y)));
            let away = |(x, y): (u32, u32)| x.abs_diff(room.0 / 2) + y.abs_diff(room.1 / 2);
            let best = candidates.max_by_key(|&corner| (sums.within(corner), Reverse((away(corner), corner))));
            next = best.unwrap_or(next);
        }
        detail.cover(next);
        next
    })
}

/// Candidate places along a side with `room` pixels to move in.
fn starts(room: u32) -> impl Iterator<Item = u32> + Clone {
    (0..room).step_by(CELL as usize).chain([room])
}

/// How much happens in every cell of a photo.
struct Detail {
    columns: usize,
    rows: usize,
    cells: Vec<u64>,
}

impl Detail {
    /// Sums of absolute luma differences to the right and downward neighbour.
    fn of(luma: &GrayImage) -> Self {
        let (width, height) = (luma.width() as usize, luma.height() as usize);
        let cell = CELL as usize;
        let (columns, rows) = (width.div_ceil(cell), height.div_ceil(cell));
        let mut cells = vec![0; columns * rows];
        let pixels = luma.as_raw();
        for y in 0..height - 1 {
            let (this, below) = (&pixels[y * width..(y + 1) * width], &pixels[(y + 1) * width..(y + 2) * width]);
            for x in 0..width - 1 {
                let change = this[x].abs_diff(this[x + 1]).max(this[x].abs_diff(below[x]));
                cells[y / cell * columns + x / cell] += u64::from(change);
            }
        }
        Self { columns, rows, cells }
    }

    /// The centre of gravity in pixels; the middle of a photo without any detail.
    fn centre(&self) -> (u32, u32) {
        let total: u64 = self.cells.iter().sum();
        let middle = |cells: usize| cells as u32 * CELL / 2;
        if total == 0 {
            return (middle(self.columns), middle(self.rows));
        }
        let moments = self.cells.iter().enumerate().fold((0, 0), |(x, y), (index, &cell)| {
            let (column, row) = ((index % self.columns) as u64, (index / self.columns) as u64);
            (x + cell * (2 * column + 1), y + cell * (2 * row + 1))
        });
        let pixels = |moment: u64| (moment * u64::from(CELL) / (2 * total)) as u32;
        (pixels(moments.0), pixels(moments.1))
    }

    /// Takes the detail of a crop away, so that the next one looks elsewhere.
    fn cover(&mut self, corner: (u32, u32)) {
        let (columns, rows) = (span(corner.0, self.columns), span(corner.1, self.rows));
        for row in rows {
            self.cells[row * self.columns + columns.start..row * self.columns + columns.end].fill(0);
        }
    }

    fn sums(&self) -> Sums {
        let stride = self.columns + 1;
        let mut sums = vec![0; stride * (self.rows + 1)];
        for row in 0..self.rows {
            let mut along = 0;
            for column in 0..self.columns {
                along += self.cells[row * self.columns + column];
                sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + along;
            }
        }
        Sums { columns: self.columns, rows: self.rows, sums }
    }
}

/// The cells that a crop beginning at `start` reaches.
fn span(start: u32, cells: usize) -> std::ops::Range<usize> {
    let first = (start / CELL) as usize;
    first..((start + EDGE).div_ceil(CELL) as usize).min(cells)
}

/// Detail above and to the left of every cell.
struct Sums {
    columns: usize,
    rows: usize,
    sums: Vec<u64>,
}

impl Sums {
    fn within(&self, corner: (u32, u32)) -> u64 {
        let (columns, rows) = (span(corner.0, self.columns), span(corner.1, self.rows));
        let at = |row: usize, column: usize| self.sums[row * (self.columns + 1) + column];
        at(rows.end, columns.end) + at(rows.start, columns.start)
            - at(rows.start, columns.end)
            - at(rows.end, columns.start)
    }
}

/// A batch as a tensor `[size × BACKBONE_VIEWS, 3, BACKBONE_EDGE, BACKBONE_EDGE]` of values 0-1. Fewer photos than `size`
/// are filled up with white, so that the shape never changes.
pub fn backbone_batch<'a>(views: impl Iterator<Item = &'a BackboneViews>, size: usize, device: &Device) -> Tensor<4> {
    let mut values: Vec<f32> = Vec::with_capacity(size * VIEWS_LEN);
    for photo in views.take(size) {
        values.extend(photo.0.iter().map(|&byte| f32::from(byte) / 255.0));
    }
    values.resize(size * VIEWS_LEN, 1.0);
    let shape = [size * BACKBONE_VIEWS, 3, BACKBONE_EDGE, BACKBONE_EDGE];
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn checks(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb(if (x + y) % 2 == 0 { [0; 3] } else { [255; 3] }))
    }

    #[test]
    fn any_size_becomes_views_of_one_size() {
        for (width, height) in [(1, 1), (100, 500), (500, 100), (224, 224), (225, 224), (640, 480), (3000, 100)] {
            assert_eq!(backbone_views(&checks(width, height)).bytes().len(), VIEWS_LEN, "{width}x{height}");
        }
    }

    #[test]
    fn a_small_photo_is_laid_on_white_and_not_enlarged() {
        let views = backbone_views(&checks(60, 40));
        let plane = BACKBONE_EDGE * BACKBONE_EDGE;
        for view in views.bytes().chunks(3 * plane) {
            let black = view[..plane].iter().filter(|&&value| value == 0).count();
            assert_eq!(black, 60 * 40 / 2, "every dark pixel once");
            assert_eq!(view.iter().filter(|&&value| value == 255).count(), 3 * (plane - black));
        }
    }

    #[test]
    fn crops_are_native_and_the_whole_view_is_not() {
        let image = 3 * BACKBONE_EDGE * BACKBONE_EDGE;
        let views = backbone_views(&checks(1000, 800));
        let extremes = |part: &[u8]| part.iter().filter(|&&value| value == 0 || value == 255).count();
        assert!(extremes(&views.bytes()[..image]) < image / 10);
        assert_eq!(extremes(&views.bytes()[image..]), BACKBONE_CROPS * image);
    }

    #[test]
    fn crops_go_where_the_detail_is_and_do_not_pile_up() {
        let mut photo = RgbImage::from_pixel(1200, 900, Rgb([255; 3]));
        imageops::replace(&mut photo, &checks(448, 224), 640, 320);
        let corners = corners(&photo);
        // The step from white to the product belongs to the pixel before it, which moves the centre a little.
        let off = corners[0].0.abs_diff(640 + 112).max(corners[0].1.abs_diff(320));
        assert!(off <= 2, "around the centre of the product: {corners:?}");
        let covers = |x: u32| corners.iter().any(|corner| (corner.0..corner.0 + EDGE).contains(&x));
        assert!(covers(645) && covers(1080), "both ends of it are seen: {corners:?}");
        assert_eq!(corners, super::corners(&photo), "the same every time");
        let flat = super::corners(&RgbImage::from_pixel(448, 448, Rgb([200; 3])));
        assert!(flat.iter().all(|&corner| corner == (112, 112)), "{flat:?}");
    }

    #[test]
    fn short_batches_are_filled_up() {
        let photo = backbone_views(&checks(300, 300));
        let tensor = backbone_batch([&photo].into_iter(), 2, &Device::flex());
        assert_eq!(tensor.dims(), [2 * BACKBONE_VIEWS, 3, BACKBONE_EDGE, BACKBONE_EDGE]);
        let last = tensor.slice_dim(0, BACKBONE_VIEWS..2 * BACKBONE_VIEWS).into_data();
        assert!(last.iter::<f32>().all(|value| value == 1.0));
    }
}
