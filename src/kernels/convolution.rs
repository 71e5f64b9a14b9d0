//! The convolution of planes and its gradients, as products of matrices over the patches of one photo at a time (im2col,
//! Chellapilla et al. 2006).
//!
//! Photos are shared out over the cores. Sums over photos are taken in an order that does not depend on how many cores
//! there are, so that a training repeats bit for bit. Only this file names faer's products.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Values of a tile of patches at most: it stays in a core's own cache between being laid out and being multiplied.
const TILE: usize = 96 * 1024;

/// Photos whose gradients of the weights are added up in one go.
const PHOTOS_A_SUM: usize = 4;

/// The sizes of a convolution: square kernels, one stride and one padding for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Channels, height and width of a photo's planes before.
    pub input: [usize; 3],
    /// Channels, height and width after.
    pub output: [usize; 3],
    /// Edge of the kernel.
    pub kernel: usize,
    /// Pixels from one patch to the next.
    pub stride: usize,
    /// Zeros around the planes.
    pub padding: usize,
}

impl Sizes {
    /// The sizes for planes `[channels, height, width]` and weights `[out, channels, kernel, kernel]`.
    pub fn new(input: [usize; 3], out: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        let after = |edge: usize| (edge + 2 * padding - kernel) / stride + 1;
        Self { input, output: [out, after(input[1]), after(input[2])], kernel, stride, padding }
    }

    /// Values of a photo's planes before.
    fn input_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Values of a photo's planes after.
    fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Pixels of a plane after.
    fn pixels(&self) -> usize {
        self.output[1] * self.output[2]
    }

    /// Values of a patch.
    fn patch(&self) -> usize {
        self.input[0] * self.kernel * self.kernel
    }

    /// Rows of output pixels whose patches make a tile.
    fn rows_a_tile(&self) -> usize {
        (TILE / (self.patch() * self.output[2])).clamp(1, self.output[1])
    }

    /// The tiles of a photo: ranges of rows of output pixels.
    fn tiles(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (step, rows) = (self.rows_a_tile(), self.output[1]);
        (0..rows).step_by(step).map(move |from| from..rows.min(from + step))
    }

    /// Height of the planes with their padding.
    fn padded_height(&self) -> usize {
        self.input[1] + 2 * self.padding
    }

    /// Columns of the planes, with their padding, that lie `stride` apart: what output pixels side by side look at.
    fn phase_width(&self) -> usize {
        (self.input[2] + 2 * self.padding).div_ceil(self.stride)
    }

    /// Calls `place` for every row of a photo's planes, with the place where the row begins in the padded planes.
    fn for_each_row(&self, mut place: impl FnMut(usize, usize)) {
        let [channels, height, _] = self.input;
        let line = self.stride * self.phase_width();
        for channel in 0..channels {
            for y in 0..height {
                place(channel * height + y, (channel * self.padded_height() + y + self.padding) * line);
            }
        }
    }

    /// Calls `place` for every column of a row below `stride`: it and those `stride` apart lie side by side when padded,
    /// from the place that is given, counted from the beginning of the padded row.
    fn for_each_phase(&self, mut place: impl FnMut(usize, usize)) {
        for first in 0..self.stride.min(self.input[2]) {
            let from = first + self.padding;
            place(first, from % self.stride * self.phase_width() + from / self.stride);
        }
    }

    /// Writes a photo's planes into padded ones, whose padding is left as it is: columns that are `stride` apart lie side by
    /// side, so that patches are made of whole runs.
    fn pad(&self, photo: &[f32], padded: &mut [f32]) {
        let width = self.input[2];
        self.for_each_row(|row, begin| {
            let row = &photo[row * width..][..width];
            self.for_each_phase(|first, at| match self.stride {
                1 => padded[begin + at..][..width].copy_from_slice(row),
                2 => spread::<2>(row, first, &mut padded[begin + at..]),
                4 => spread::<4>(row, first, &mut padded[begin + at..]),
                stride => {
                    row[first..].iter().step_by(stride).zip(&mut padded[begin + at..]).for_each(|(v, to)| *to = *v);
                }
            });
        });
    }

    /// The planes inside the padded ones.
    fn unpad(&self, padded: &[f32], photo: &mut [f32]) {
        let width = self.input[2];
        self.for_each_row(|row, begin| {
            let row = &mut photo[row * width..][..width];
            self.for_each_phase(|first, at| match self.stride {
                1 => row.copy_from_slice(&padded[begin + at..][..width]),
                2 => collect::<2>(&padded[begin + at..], first, row),
                stride => {
                    row[first..].iter_mut().step_by(stride).zip(&padded[begin + at..]).for_each(|(to, v)| *to = *v);
                }
            });
        });
    }

    /// Calls `place` for every run of output pixels side by side in a tile, with where it looks at in the padded planes.
    fn for_each_run(&self, rows: std::ops::Range<usize>, mut place: impl FnMut(usize)) {
        let phase = self.phase_width();
        for channel in 0..self.input[0] {
            for down in 0..self.kernel {
                for across in 0..self.kernel {
                    let column = across % self.stride * phase + across / self.stride;
                    for out_y in rows.clone() {
                        let y = channel * self.padded_height() + out_y * self.stride + down;
                        place(y * self.stride * phase + column);
                    }
                }
            }
        }
    }

    /// Lays out the patches of a tile as columns: `tile` `[patch, rows · width]`.
    fn gather(&self, padded: &[f32], rows: std::ops::Range<usize>, tile: &mut [f32]) {
        let width = self.output[2];
        let mut runs = tile.chunks_exact_mut(width);
        self.for_each_run(rows, |from| {
            if let Some(run) = runs.next() {
                run.copy_from_slice(&padded[from..from + width]);
            }
        });
    }

    /// Adds the columns of a tile to the pixels that they were taken from.
    fn scatter(&self, tile: &[f32], rows: std::ops::Range<usize>, padded: &mut [f32]) {
        let width = self.output[2];
        let mut runs = tile.chunks_exact(width);
        self.for_each_run(rows, |from| {
            if let Some(run) = runs.next() {
                padded[from..from + width].iter_mut().zip(run).for_each(|(to, from)| *to += from);
            }
        });
    }
}

/// Every `STRIDE`th value from `first` on, side by side. A stride that the compiler knows takes several values at a time.
fn spread<const STRIDE: usize>(row: &[f32], first: usize, target: &mut [f32]) {
    let (groups, rest) = row.as_chunks::<STRIDE>();
    let (whole, last) = target.split_at_mut(groups.len());
    whole.iter_mut().zip(groups).for_each(|(to, group)| *to = group[first]);
    if let (Some(to), Some(value)) = (last.first_mut(), rest.get(first)) {
        *to = *value;
    }
}

/// The way back of [`spread`].
fn collect<const STRIDE: usize>(values: &[f32], first: usize, row: &mut [f32]) {
    let (groups, rest) = row.as_chunks_mut::<STRIDE>();
    let (whole, last) = values.split_at(groups.len());
    groups.iter_mut().zip(whole).for_each(|(group, value)| group[first] = *value);
    if let (Some(to), Some(value)) = (rest.get_mut(first), last.first()) {
        *to = *value;
    }
}

/// What a core works in.
struct Scratch {
    padded: Vec<f32>,
    tile: Vec<f32>,
}

impl Scratch {
    fn new(sizes: &Sizes) -> Self {
        let padded = sizes.input[0] * sizes.padded_height() * sizes.stride * sizes.phase_width();
        let tile = sizes.patch() * sizes.rows_a_tile() * sizes.output[2];
        Self { padded: vec![0.0; padded], tile: vec![0.0; tile] }
    }
}

/// Photos `[n, in, h, w]` and weights `[out, in, kernel, kernel]` -> `[n, out, h', w']`.
pub fn forward(photos: &[f32], weights: &[f32], sizes: &Sizes) -> Vec<f32> {
    let (patch, pixels, channels) = (sizes.patch(), sizes.pixels(), sizes.output[0]);
    let count = photos.len() / sizes.input_len();
    let mut output = vec![0.0; count * sizes.output_len()];
    let weights = MatRef::from_row_major_slice(weights, channels, patch);
    let each = |scratch: &mut Scratch, (photo, output): (&[f32], &mut [f32])| {
        sizes.pad(photo, &mut scratch.padded);
        let mut output = MatMut::from_row_major_slice_mut(output, channels, pixels);
        for rows in sizes.tiles() {
            let (first, width) = (rows.start * sizes.output[2], rows.len() * sizes.output[2]);
            let tile = &mut scratch.tile[..patch * width];
            sizes.gather(&scratch.padded, rows, tile);
            let tile = MatRef::from_row_major_slice(tile, patch, width);
            let target = output.as_mut().subcols_mut(first, width);
            matmul(target, Accum::Replace, weights, tile, 1.0, Par::Seq);
        }
    };
    let photos = photos.par_chunks_exact(sizes.input_len());
    photos.zip(output.par_chunks_exact_mut(sizes.output_len())).for_each_init(|| Scratch::new(sizes), each);
    output
}

/// The gradient by the photos: gradients of the output `[n, out, h', w']` -> `[n, in, h, w]`.
pub fn photo_gradients(gradients: &[f32], weights: &[f32], sizes: &Sizes) -> Vec<f32> {
    let (patch, pixels, channels) = (sizes.patch(), sizes.pixels(), sizes.output[0]);
    let count = gradients.len() / sizes.output_len();
    let mut found = vec![0.0; count * sizes.input_len()];
    let weights = MatRef::from_row_major_slice(weights, channels, patch);
    let each = |scratch: &mut Scratch, (gradient, photo): (&[f32], &mut [f32])| {
        scratch.padded.fill(0.0);
        let gradient = MatRef::from_row_major_slice(gradient, channels, pixels);
        for rows in sizes.tiles() {
            let (first, width) = (rows.start * sizes.output[2], rows.len() * sizes.output[2]);
            let tile = &mut scratch.tile[..patch * width];
            let target = MatMut::from_row_major_slice_mut(tile, patch, width);
            matmul(target, Accum::Replace, weights.transpose(), gradient.subcols(first, width), 1.0, Par::Seq);
            sizes.scatter(tile, rows, &mut scratch.padded);
        }
        sizes.unpad(&scratch.padded, photo);
    };
    let gradients = gradients.par_chunks_exact(sizes.output_len());
    gradients.zip(found.par_chunks_exact_mut(sizes.input_len())).for_each_init(|| Scratch::new(sizes), each);
    found
}

/// The gradient by the weights, summed over photos: photos `[n, in, h, w]` and gradients of the output `[n, out, h', w']`
/// -> `[out, in, kernel, kernel]`.
pub fn weight_gradients(photos: &[f32], gradients: &[f32], sizes: &Sizes) -> Vec<f32> {
    let (patch, pixels, channels) = (sizes.patch(), sizes.pixels(), sizes.output[0]);
    let some = |scratch: &mut Scratch, (photos, gradients): (&[f32], &[f32])| {
        let mut sum = vec![0.0; channels * patch];
        let mut add = Accum::Replace;
        let each = photos.chunks_exact(sizes.input_len()).zip(gradients.chunks_exact(sizes.output_len()));
        for (photo, gradient) in each {
            sizes.pad(photo, &mut scratch.padded);
            let gradient = MatRef::from_row_major_slice(gradient, channels, pixels);
            for rows in sizes.tiles() {
                let (first, width) = (rows.start * sizes.output[2], rows.len() * sizes.output[2]);
                let tile = &mut scratch.tile[..patch * width];
                sizes.gather(&scratch.padded, rows, tile);
                let tile = MatRef::from_row_major_slice(tile, patch, width);
                let target = MatMut::from_row_major_slice_mut(&mut sum, channels, patch);
                matmul(target, add, gradient.subcols(first, width), tile.transpose(), 1.0, Par::Seq);
                add = Accum::Add;
            }
        }
        sum
    };
    let photos = photos.par_chunks(PHOTOS_A_SUM * sizes.input_len());
    let parts = photos.zip(gradients.par_chunks(PHOTOS_A_SUM * sizes.output_len()));
    let parts: Vec<Vec<f32>> = parts.map_init(|| Scratch::new(sizes), some).collect();
    let mut sum = vec![0.0; channels * patch];
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, salt: u64) -> Vec<f32> {
        let mixed = |index: u64| (index ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        (0..count as u64).map(|index| mixed(index + 1) as f32 / 8_388_608.0 - 1.0).collect()
    }

    /// By the definition, value by value; calls `meet` with the places of input, weight and output.
    fn by_definition(sizes: &Sizes, mut meet: impl FnMut(usize, usize, usize)) {
        let ([channels, height, width], [out, out_height, out_width]) = (sizes.input, sizes.output);
        let kernel = sizes.kernel;
        for (o, y, x) in
            (0..out).flat_map(|o| (0..out_height).flat_map(move |y| (0..out_width).map(move |x| (o, y, x))))
        {
            for (c, ky, kx) in
                (0..channels).flat_map(|c| (0..kernel).flat_map(move |y| (0..kernel).map(move |x| (c, y, x))))
            {
                let (py, px) = (y * sizes.stride + ky, x * sizes.stride + kx);
                let inside = |at: usize, edge: usize| (sizes.padding..edge + sizes.padding).contains(&at);
                if inside(py, height) && inside(px, width) {
                    let input = (c * height + py - sizes.padding) * width + px - sizes.padding;
                    meet(input, ((o * channels + c) * kernel + ky) * kernel + kx, (o * out_height + y) * out_width + x);
                }
            }
        }
    }

    fn near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
    }

    #[test]
    fn convolution_and_gradients_are_what_the_definition_says() {
        let shapes = [
            Sizes::new([3, 23, 18], 5, 5, 4, 1),
            Sizes::new([4, 9, 11], 6, 3, 1, 1),
            Sizes::new([6, 12, 12], 4, 3, 2, 1),
            Sizes::new([2, 5, 7], 3, 1, 1, 0),
            // More rows than a tile holds.
            Sizes::new([40, 24, 30], 3, 3, 1, 1),
            Sizes::new([1, 2, 2], 1, 3, 1, 1),
        ];
        for sizes in shapes {
            let photos = numbers(6 * sizes.input_len(), 1);
            let weights = numbers(sizes.output[0] * sizes.patch(), 2);
            let gradients = numbers(6 * sizes.output_len(), 3);
            let mut outputs = vec![0.0; gradients.len()];
            let (mut by_photo, mut by_weight) = (vec![0.0; photos.len()], vec![0.0; weights.len()]);
            for photo in 0..6 {
                let (before, after) = (photo * sizes.input_len(), photo * sizes.output_len());
                by_definition(&sizes, |input, weight, output| {
                    outputs[after + output] += photos[before + input] * weights[weight];
                    by_photo[before + input] += gradients[after + output] * weights[weight];
                    by_weight[weight] += gradients[after + output] * photos[before + input];
                });
            }
            near(&forward(&photos, &weights, &sizes), &outputs);
            near(&photo_gradients(&gradients, &weights, &sizes), &by_photo);
            let found = weight_gradients(&photos, &gradients, &sizes);
            let reach = by_weight.iter().fold(1.0_f32, |reach, value| reach.max(value.abs()));
            let scaled = |values: &[f32]| values.iter().map(|value| value / reach).collect::<Vec<_>>();
            near(&scaled(&found), &scaled(&by_weight));
        }
    }

    #[test]
    fn gradients_do_not_depend_on_the_number_of_cores() {
        let sizes = Sizes::new([8, 16, 16], 8, 3, 1, 1);
        let (photos, gradients) = (numbers(19 * sizes.input_len(), 4), numbers(19 * sizes.output_len(), 5));
        let on = |cores: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().expect("a pool");
            pool.install(|| weight_gradients(&photos, &gradients, &sizes))
        };
        assert_eq!(on(1), on(5));
    }
}
