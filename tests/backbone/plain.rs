//! Networks in plain loops, written without the library's.

/// A picture of numbers, channel by channel.
#[derive(Debug, Clone)]
pub struct Plane {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

/// A convolution's weight and where it moves.
pub struct Conv<'a> {
    /// `[out, in / groups, k, k]`
    pub weight: &'a [f32],
    pub out: usize,
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
    /// Rows above and columns to the left that are not there.
    pub before: usize,
}

impl Plane {
    fn at(&self, channel: usize, y: isize, x: isize) -> f32 {
        let inside = y >= 0 && x >= 0 && (y as usize) < self.height && (x as usize) < self.width;
        if inside { self.values[(channel * self.height + y as usize) * self.width + x as usize] } else { 0.0 }
    }

    /// The convolution without bias; the output has `⌈side / stride⌉` pixels a side.
    pub fn conv(&self, conv: &Conv<'_>) -> Self {
        let (height, width) = (self.height.div_ceil(conv.stride), self.width.div_ceil(conv.stride));
        let (own, kernel) = (self.channels / conv.groups, conv.kernel);
        let mut values = vec![0.0; conv.out * height * width];
        for out in 0..conv.out {
            let plane = &mut values[out * height * width..(out + 1) * height * width];
            let first = out / (conv.out / conv.groups) * own;
            for (index, weight) in
                conv.weight[out * own * kernel * kernel..][..own * kernel * kernel].iter().enumerate()
            {
                let (channel, tap) = (first + index / (kernel * kernel), index % (kernel * kernel));
                let (down, right) = (tap / kernel, tap % kernel);
                for y in 0..height {
                    let from = (y * conv.stride + down) as isize - conv.before as isize;
                    if from < 0 || from as usize >= self.height {
                        continue;
                    }
                    for x in 0..width {
                        let column = (x * conv.stride + right) as isize - conv.before as isize;
                        plane[y * width + x] += weight * self.at(channel, from, column);
                    }
                }
            }
        }
        Self { channels: conv.out, height, width, values }
    }

    /// Every value changed, knowing its channel.
    pub fn map(mut self, change: impl Fn(usize, f32) -> f32) -> Self {
        let area = self.height * self.width;
        self.values.iter_mut().enumerate().for_each(|(index, value)| *value = change(index / area, *value));
        self
    }

    pub fn plus(mut self, other: &Self) -> Self {
        assert_eq!((self.channels, self.height, self.width), (other.channels, other.height, other.width));
        self.values.iter_mut().zip(&other.values).for_each(|(value, other)| *value += other);
        self
    }

    /// Largest of 3×3 with stride 2, one pixel beyond the edge.
    pub fn pooled(&self) -> Self {
        let (height, width) = (self.height.div_ceil(2), self.width.div_ceil(2));
        let mut values = Vec::new();
        for channel in 0..self.channels {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let rows = (2 * y).saturating_sub(1)..(2 * y + 2).min(self.height);
                let columns = (2 * x).saturating_sub(1)..(2 * x + 2).min(self.width);
                let taps = rows.flat_map(|y| columns.clone().map(move |x| (y, x)));
                let largest = taps.map(|(y, x)| self.at(channel, y as isize, x as isize)).fold(f32::MIN, f32::max);
                values.push(largest);
            }
        }
        Self { channels: self.channels, height, width, values }
    }

    fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.height * self.width)
    }

    pub fn means(&self) -> Vec<f32> {
        self.planes().map(|plane| plane.iter().sum::<f32>() / plane.len() as f32).collect()
    }

    /// Means and deviations of the channels, as features are made.
    pub fn levels(&self) -> Vec<f32> {
        let means = self.means();
        let spread = |(plane, mean): (&[f32], &f32)| {
            let sum: f32 = plane.iter().map(|value| (value - mean).powi(2)).sum();
            (sum / plane.len() as f32 + 1e-5).sqrt()
        };
        let deviations: Vec<f32> = self.planes().zip(&means).map(spread).collect();
        [means, deviations].concat()
    }
}
