//! The sizes of a convolution, and how planes lie in memory so that a convolution looks at whole runs of values: with zeros around them, and pixels that lie
//! `stride` apart side by side. Neighbouring outputs then look at neighbouring values everywhere, across the ends of rows,
//! too: what is computed for the columns there are too many is not used.

use std::ops::Range;

use super::products::SLACK;

/// How a kernel goes over planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Pixels from one patch to the next.
    pub stride: usize,
    /// Zeros above and below, and on the left and on the right.
    pub padding: [[usize; 2]; 2],
}

impl Window {
    /// With the same number of zeros on every side.
    pub fn even(stride: usize, padding: usize) -> Self {
        Self { stride, padding: [[padding; 2]; 2] }
    }

    /// Height and width with the zeros.
    pub fn padded(&self, edges: [usize; 2]) -> [usize; 2] {
        std::array::from_fn(|axis| edges[axis] + self.padding[axis].iter().sum::<usize>())
    }

    /// Height and width after a square kernel.
    pub fn after(&self, edges: [usize; 2], kernel: usize) -> [usize; 2] {
        self.padded(edges).map(|edge| (edge - kernel) / self.stride + 1)
    }
}

/// The layout of the planes of some photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Channels, height and width of a photo's planes.
    planes: [usize; 3],
    /// Photos, one after the other in every channel.
    photos: usize,
    stride: usize,
    /// Zeros above and on the left.
    before: [usize; 2],
    /// Rows and columns of one phase: of the pixels that lie `stride` apart.
    rows: usize,
    columns: usize,
}

impl Layout {
    /// For planes `[channels, height, width]` of each of `photos`.
    pub fn new(planes: [usize; 3], photos: usize, window: Window) -> Self {
        let [rows, columns] = window.padded([planes[1], planes[2]]).map(|edge| edge.div_ceil(window.stride));
        let before = window.padding.map(|[before, _]| before);
        Self { planes, photos, stride: window.stride, before, rows, columns }
    }

    /// Values from one row of a phase to the next.
    pub fn pitch(&self) -> usize {
        self.columns
    }

    /// Values from one photo to the next.
    pub fn photo(&self) -> usize {
        self.rows * self.columns
    }

    /// Values from one channel to the next.
    pub fn channel(&self) -> usize {
        self.stride * self.stride * self.photos * self.photo()
    }

    /// All planes, laid out, and what may be read past them.
    pub fn buffer(&self) -> Vec<f32> {
        vec![0.0; self.planes[0] * self.channel() + SLACK]
    }

    /// Where the first photo's pixel of the padded planes of a channel lies.
    pub fn at(&self, channel: usize, y: usize, x: usize) -> usize {
        let phase = y % self.stride * self.stride + x % self.stride;
        channel * self.channel() + phase * self.photos * self.photo() + y / self.stride * self.columns + x / self.stride
    }

    /// Rows of a phase that hold pixels; `down` is that of the padded planes' row it begins with.
    pub fn rows_of(&self, down: usize) -> Range<usize> {
        let after = |y: usize| y.saturating_sub(down).div_ceil(self.stride);
        after(self.before[0])..after(self.before[0] + self.planes[1])
    }

    /// Calls `place` for every row of a photo's planes and every column of it below `stride`: it and those `stride` apart
    /// lie side by side from the place that is given.
    fn for_each_run(&self, photo: usize, mut place: impl FnMut(usize, usize, usize)) {
        let [channels, height, width] = self.planes;
        for y in 0..height {
            for first in 0..self.stride.min(width) {
                let at = self.at(0, y + self.before[0], first + self.before[1]) + photo * self.photo();
                (0..channels).for_each(|channel| place(channel * height + y, first, at + channel * self.channel()));
            }
        }
    }

    /// Whether the planes of a photo lie as they are, without zeros between them.
    fn is_plain(&self) -> bool {
        self.stride == 1 && self.photos == 1 && [self.rows, self.columns] == self.planes[1..]
    }

    /// Writes the planes of photo number `photo` into a [`Self::buffer`].
    pub fn write(&self, photo: usize, planes: &[f32], buffer: &mut [f32]) {
        if self.is_plain() {
            return buffer[..planes.len()].copy_from_slice(planes);
        }
        let width = self.planes[2];
        self.for_each_run(photo, |row, first, at| {
            let (row, to) = (&planes[row * width..][..width], &mut buffer[at..]);
            match self.stride {
                1 => to[..width].copy_from_slice(row),
                2 => spread::<2>(row, first, to),
                4 => spread::<4>(row, first, to),
                stride => row[first..].iter().step_by(stride).zip(to).for_each(|(value, to)| *to = *value),
            }
        });
    }

    /// The planes of photo number `photo` in a buffer.
    pub fn read(&self, photo: usize, buffer: &[f32], planes: &mut [f32]) {
        let width = self.planes[2];
        self.for_each_run(photo, |row, first, at| {
            let (row, from) = (&mut planes[row * width..][..width], &buffer[at..]);
            match self.stride {
                1 => row.copy_from_slice(&from[..width]),
                2 => collect::<2>(from, first, row),
                stride => row[first..].iter_mut().step_by(stride).zip(from).for_each(|(to, value)| *to = *value),
            }
        });
    }
}

/// The sizes of a convolution with square kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Channels, height and width of a photo's planes before.
    pub input: [usize; 3],
    /// Channels, height and width after.
    pub output: [usize; 3],
    /// Edge of the kernel.
    pub kernel: usize,
    /// How it goes over the planes.
    pub window: Window,
}

impl Sizes {
    /// The sizes for planes `[channels, height, width]` and weights `[out, channels, kernel, kernel]`.
    pub fn new(input: [usize; 3], out: usize, kernel: usize, window: Window) -> Self {
        let [height, width] = window.after([input[1], input[2]], kernel);
        Self { input, output: [out, height, width], kernel, window }
    }

    /// Values of a photo's planes before.
    pub fn input_len(&self) -> usize {
        self.input.iter().product()
    }

    /// Values of a photo's planes after.
    pub fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Values of a plane after.
    pub fn pixels(&self) -> usize {
        self.output[1] * self.output[2]
    }

    /// Values of a patch.
    pub fn patch(&self) -> usize {
        self.input[0] * self.kernel * self.kernel
    }

    /// How the planes of some photos are laid out.
    pub fn layout(&self, photos: usize) -> Layout {
        Layout::new(self.input, photos, self.window)
    }

    /// Values from the first output of a plane to the last, rows a layout's `pitch` apart.
    pub fn reach(&self, pitch: usize) -> usize {
        (self.output[1] - 1) * pitch + self.output[2]
    }

    /// Where the first output looks at, for every weight of an output channel.
    pub fn offsets(&self, layout: &Layout) -> Vec<usize> {
        let kernel = self.kernel;
        let channel =
            |channel| (0..kernel * kernel).map(move |tap: usize| layout.at(channel, tap / kernel, tap % kernel));
        (0..self.input[0]).flat_map(channel).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_come_back_and_pixels_lie_where_they_are_said_to() {
        for (stride, padding) in [(1, [1, 1]), (2, [1, 1]), (4, [1, 0]), (3, [2, 1]), (1, [0, 0]), (5, [0, 2])] {
            let window = Window { stride, padding: [padding, [padding[0], 2]] };
            let layout = Layout::new([2, 5, 7], 2, window);
            let photos: Vec<Vec<f32>> = (0..2).map(|salt| (0..70).map(|at| (at * 2 + salt) as f32).collect()).collect();
            let mut buffer = layout.buffer();
            photos.iter().enumerate().for_each(|(number, photo)| layout.write(number, photo, &mut buffer));
            for (number, photo) in photos.iter().enumerate() {
                let mut back = vec![0.0; 70];
                layout.read(number, &buffer, &mut back);
                assert_eq!(back, *photo, "{window:?}");
                for (at, value) in photo.iter().enumerate() {
                    let (channel, y, x) = (at / 35, at / 7 % 5 + padding[0], at % 7 + padding[0]);
                    assert_eq!(buffer[layout.at(channel, y, x) + number * layout.photo()], *value);
                    assert!(layout.rows_of(y % stride).contains(&(y / stride)), "row {y} of {window:?}");
                }
            }
            let held = buffer.iter().filter(|value| **value != 0.0).count();
            assert_eq!(held, 139, "{window:?}: nothing but the pixels, of which one is 0");
        }
    }
}
