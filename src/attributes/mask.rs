//! Where the product is: everything that a flood of the backdrop's colour from the frame does not reach.
//!
//! Plain on purpose: it finds a product on an even backdrop (a packshot). Where the frame's edge is not of one colour,
//! or nothing stands out, there is no telling product from surroundings, and the whole frame counts as product.

use image::{Rgb, RgbImage};

/// Most samples the mask is computed on.
const MOST_SAMPLES: u64 = 2_000_000;
/// How far a channel may be from the backdrop's colour: wider than JPEG ringing and a studio gradient, narrower than
/// a pale product.
const TOLERANCE: u8 = 16;
/// The backdrop must make up this share of the frame's edge.
const LEAST_EDGE_SHARE: f64 = 0.5;
/// A row or column belongs to the product's box when more than this share of it is product: dust does not widen it.
const DUST_SHARE: f64 = 0.002;

/// Which samples of a photo show the product. Samples stand `step` native pixels apart.
pub(super) struct Mask {
    /// Distance of samples in native pixels.
    pub(super) step: u32,
    /// Samples a row.
    pub(super) columns: usize,
    /// Rows of samples.
    pub(super) rows: usize,
    product: Vec<bool>,
}

impl Mask {
    /// Finds the product in a photo of at least one pixel.
    pub(super) fn of(photo: &RgbImage) -> Self {
        let step = step_for(photo);
        let (columns, rows) = (photo.width().div_ceil(step) as usize, photo.height().div_ceil(step) as usize);
        let samples = Samples { photo, step, columns, rows };
        let edge = samples.edge();
        let backdrop = median(edge.iter().map(|&index| samples.colour(index)));
        let product = samples.not_flooded_from(&edge, backdrop);
        let even = edge.iter().filter(|index| !product[**index]).count() as f64 >= LEAST_EDGE_SHARE * edge.len() as f64;
        let mask = Self { step, columns, rows, product };
        if even && mask.bounds().is_some() { mask } else { Self { product: vec![true; columns * rows], ..mask } }
    }

    /// Whether the sample shows the product.
    pub(super) fn is_product(&self, column: usize, row: usize) -> bool {
        self.product[row * self.columns + column]
    }

    /// The product's pixels, one a sample.
    pub(super) fn pixels<'a>(&'a self, photo: &'a RgbImage) -> impl Iterator<Item = Rgb<u8>> + 'a {
        let samples = Samples { photo, step: self.step, columns: self.columns, rows: self.rows };
        let indices = self.product.iter().enumerate().filter(|(_, product)| **product);
        indices.map(move |(index, _)| samples.colour(index))
    }

    /// The product's box in samples: first and last column, first and last row. Nothing when there is no product.
    pub(super) fn bounds(&self) -> Option<([usize; 2], [usize; 2])> {
        let (mut in_column, mut in_row) = (vec![0_usize; self.columns], vec![0_usize; self.rows]);
        for (index, _) in self.product.iter().enumerate().filter(|(_, product)| **product) {
            in_column[index % self.columns] += 1;
            in_row[index / self.columns] += 1;
        }
        let span = |counts: &[usize], across: usize| {
            let counts_as_product = |count: &usize| *count as f64 > DUST_SHARE * across as f64;
            let first = counts.iter().position(counts_as_product)?;
            let last = counts.iter().rposition(counts_as_product)?;
            Some([first, last])
        };
        Some((span(&in_column, self.rows)?, span(&in_row, self.columns)?))
    }

    /// The mask widened by `radius` samples in every direction (a square, in linear time).
    pub(super) fn widened(&self, radius: usize) -> Self {
        let mut product = vec![false; self.product.len()];
        for row in 0..self.rows {
            let line = row * self.columns;
            widen_line(&self.product, &mut product, line, 1, self.columns, radius);
        }
        let across = product.clone();
        for column in 0..self.columns {
            widen_line(&across, &mut product, column, self.columns, self.rows, radius);
        }
        Self { product, ..*self }
    }
}

/// Sets every sample of a line within `radius` of a set one.
fn widen_line(from: &[bool], to: &mut [bool], start: usize, stride: usize, length: usize, radius: usize) {
    let mut free_from = 0;
    for position in 0..length {
        if from[start + position * stride] {
            for near in position.saturating_sub(radius).max(free_from)..(position + radius + 1).min(length) {
                to[start + near * stride] = true;
                free_from = near + 1;
            }
        }
    }
}

/// The smallest whole distance of samples that keeps them within [`MOST_SAMPLES`].
fn step_for(photo: &RgbImage) -> u32 {
    let samples = |step: u32| u64::from(photo.width().div_ceil(step)) * u64::from(photo.height().div_ceil(step));
    let mut step = 1;
    while samples(step) > MOST_SAMPLES {
        step += 1;
    }
    step
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

struct Samples<'a> {
    photo: &'a RgbImage,
    step: u32,
    columns: usize,
    rows: usize,
}

impl Samples<'_> {
    fn colour(&self, index: usize) -> Rgb<u8> {
        let (column, row) = ((index % self.columns) as u32, (index / self.columns) as u32);
        *self.photo.get_pixel(column * self.step, row * self.step)
    }

    /// The outermost samples, each once.
    fn edge(&self) -> Vec<usize> {
        let inside = |index: &usize| {
            let (column, row) = (index % self.columns, index / self.columns);
            column > 0 && row > 0 && column + 1 < self.columns && row + 1 < self.rows
        };
        (0..self.columns * self.rows).filter(|index| !inside(index)).collect()
    }

    /// What stays after flooding from the edge over samples of the backdrop's colour (four neighbours).
    fn not_flooded_from(&self, edge: &[usize], backdrop: Rgb<u8>) -> Vec<bool> {
        let alike = |index: usize| {
            let colour = self.colour(index);
            colour.0.iter().zip(backdrop.0).all(|(a, b)| a.abs_diff(b) <= TOLERANCE)
        };
        let mut dry = vec![true; self.columns * self.rows];
        let mut front: Vec<usize> = Vec::new();
        let mut wet = |index: usize, front: &mut Vec<usize>| {
            if dry[index] && alike(index) {
                dry[index] = false;
                front.push(index);
            }
        };
        edge.iter().for_each(|&index| wet(index, &mut front));
        while let Some(index) = front.pop() {
            let column = index % self.columns;
            if column > 0 {
                wet(index - 1, &mut front);
            }
            if column + 1 < self.columns {
                wet(index + 1, &mut front);
            }
            if index >= self.columns {
                wet(index - self.columns, &mut front);
            }
            if index + self.columns < self.columns * self.rows {
                wet(index + self.columns, &mut front);
            }
        }
        dry
    }
}
