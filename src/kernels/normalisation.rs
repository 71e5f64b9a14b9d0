//! Batch normalisation (Ioffe and Szegedy 2015) with the ReLU after it, and its gradients, in as few passes over the planes
//! as they need.
//!
//! Photos are shared out over the cores; sums over photos are taken in their order, whatever the number of cores.

use rayon::prelude::*;

/// Lanes that a sum is spread over, so that the compiler may add them side by side.
const LANES: usize = 16;

/// The normalisation of one channel, and what follows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Mean over photos and pixels.
    pub mean: f32,
    /// 1 / √(variance + ε).
    pub inverse: f32,
    /// γ
    pub gain: f32,
    /// β
    pub bias: f32,
}

impl Channel {
    /// What values are multiplied by, and what is added then.
    fn line(&self) -> (f32, f32) {
        let slope = self.gain * self.inverse;
        (slope, self.bias - self.mean * slope)
    }
}

/// Gradients by the planes and, channel by channel, by γ and β.
pub type Gradients = (Vec<f32>, Vec<f32>, Vec<f32>);

/// Adds up two terms of every pair of values of two planes, in a fixed order.
fn pair_sums(plane: &[f32], other: &[f32], term: impl Fn(f32, f32) -> [f32; 2]) -> [f64; 2] {
    let mut lanes = [[0.0f32; LANES]; 2];
    let ((values, rest), (others, others_rest)) = (plane.as_chunks::<LANES>(), other.as_chunks::<LANES>());
    for (values, others) in values.iter().zip(others) {
        for lane in 0..LANES {
            let [first, second] = term(values[lane], others[lane]);
            lanes[0][lane] += first;
            lanes[1][lane] += second;
        }
    }
    for (lane, (value, other)) in rest.iter().zip(others_rest).enumerate() {
        let [first, second] = term(*value, *other);
        lanes[0][lane] += first;
        lanes[1][lane] += second;
    }
    lanes.map(|lanes| lanes.iter().map(|lane| f64::from(*lane)).sum())
}

/// Sums of two terms of every photo and channel, added up photo by photo: `[channels]`.
fn sums<'a>(
    photos: impl IndexedParallelIterator<Item = &'a [f32]>,
    channels: usize,
    of_photo: impl Fn(usize, &[f32]) -> Vec<[f64; 2]> + Sync,
) -> Vec<[f64; 2]> {
    let parts: Vec<Vec<[f64; 2]>> = photos.enumerate().map(|(number, photo)| of_photo(number, photo)).collect();
    let mut all = vec![[0.0; 2]; channels];
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            all[0] += part[0];
            all[1] += part[1];
        }
    }
    all
}

/// Mean and variance (of all values, not of a sample) of every channel of planes `[n, channels, pixels]`.
pub fn moments(planes: &[f32], channels: usize, pixels: usize) -> (Vec<f32>, Vec<f32>) {
    let of_photo = |_: usize, photo: &[f32]| {
        let channel = |plane: &[f32]| pair_sums(plane, plane, |value, _| [value, value * value]);
        photo.chunks_exact(pixels).map(channel).collect()
    };
    let count = (planes.len() / channels) as f64;
    let all = sums(planes.par_chunks_exact(channels * pixels), channels, of_photo);
    let moments = all.into_iter().map(|[sum, squares]| {
        let mean = sum / count;
        (mean as f32, (squares / count - mean * mean).max(0.0) as f32)
    });
    moments.unzip()
}

/// Mean and √(variance + `floor`) of every plane of photos `[n, channels, pixels]`: `[n, 2 · channels]`, the means first.
pub fn pooled(planes: &[f32], channels: usize, pixels: usize, floor: f64) -> Vec<f32> {
    let photos: Vec<Vec<f32>> =
        planes.par_chunks_exact(channels * pixels).map(|photo| pool_photo(photo, pixels, floor)).collect();
    photos.concat()
}

/// As [`pooled`], of one photo: `[2 · channels]`.
pub fn pool_photo(planes: &[f32], pixels: usize, floor: f64) -> Vec<f32> {
    let pool = |plane: &[f32]| {
        let mean = (pair_sums(plane, plane, |value, _| [value, 0.0])[0] / pixels as f64) as f32;
        let [squares, _] = pair_sums(plane, plane, |value, _| [(value - mean) * (value - mean), 0.0]);
        (mean, (squares / pixels as f64 + floor).sqrt() as f32)
    };
    let (means, deviations): (Vec<f32>, Vec<f32>) = planes.chunks_exact(pixels).map(pool).unzip();
    [means, deviations].concat()
}

/// The gradients of [`pooled`] by its planes, `[n, channels, pixels]`: those of a mean, `1/pixels`, and of a deviation,
/// `(x − mean)/(pixels · deviation)`.
pub fn pool_backward(planes: &[f32], pooled: &[f32], gradients: &[f32], channels: usize, pixels: usize) -> Vec<f32> {
    let mut found = vec![0.0; planes.len()];
    let photo = channels * pixels;
    let photos = found.par_chunks_exact_mut(photo).zip(planes.par_chunks_exact(photo));
    let rows = pooled.par_chunks_exact(2 * channels).zip(gradients.par_chunks_exact(2 * channels));
    photos.zip(rows).for_each(|((found, planes), (pooled, gradients))| {
        let each = found.chunks_exact_mut(pixels).zip(planes.chunks_exact(pixels));
        for (channel, (found, plane)) in each.enumerate() {
            let (mean, deviation) = (pooled[channel], pooled[channels + channel]);
            let tilt = gradients[channels + channel] / (pixels as f32 * deviation);
            let level = gradients[channel] / pixels as f32 - mean * tilt;
            found.iter_mut().zip(plane).for_each(|(found, value)| *found = value * tilt + level);
        }
    });
    found
}

/// `max(0, (x − mean) · inverse · γ + β)` of planes `[n, channels, pixels]`.
pub fn forward(planes: &[f32], channels: &[Channel], pixels: usize) -> Vec<f32> {
    let mut output = vec![0.0; planes.len()];
    let photo = channels.len() * pixels;
    output.par_chunks_exact_mut(photo).zip(planes.par_chunks_exact(photo)).for_each(|(output, photo)| {
        let each = output.chunks_exact_mut(pixels).zip(photo.chunks_exact(pixels)).zip(channels);
        for ((output, plane), channel) in each {
            let (slope, level) = channel.line();
            output.iter_mut().zip(plane).for_each(|(to, from)| *to = (from * slope + level).max(0.0));
        }
    });
    output
}

/// The gradients of [`forward`], with mean and variance following the planes; `gradients` are those of its output.
pub fn backward(planes: &[f32], gradients: &[f32], channels: &[Channel], pixels: usize) -> Gradients {
    let photo = channels.len() * pixels;
    let of_photo = |number: usize, planes: &[f32]| {
        let gradients = &gradients[number * photo..][..photo];
        let each = planes.chunks_exact(pixels).zip(gradients.chunks_exact(pixels)).zip(channels);
        let channel = |((plane, gradient), channel): ((&[f32], &[f32]), &Channel)| {
            let (slope, level) = channel.line();
            pair_sums(plane, gradient, |value, gradient| {
                let passed = if value * slope + level > 0.0 { gradient } else { 0.0 };
                [passed, passed * (value - channel.mean) * channel.inverse]
            })
        };
        each.map(channel).collect()
    };
    let all = sums(planes.par_chunks_exact(photo), channels.len(), of_photo);
    let count = (planes.len() / channels.len()) as f64;
    let mut found = vec![0.0; planes.len()];
    let parts = found.par_chunks_exact_mut(photo).zip(planes.par_chunks_exact(photo));
    parts.zip(gradients.par_chunks_exact(photo)).for_each(|((found, planes), gradients)| {
        let each = found.chunks_exact_mut(pixels).zip(planes.chunks_exact(pixels)).zip(gradients.chunks_exact(pixels));
        for (((found, plane), gradient), (channel, sums)) in each.zip(channels.iter().zip(&all)) {
            let (slope, level) = channel.line();
            let [common, along] = sums.map(|sum| (sum / count) as f32);
            // As a line in the value, and without a branch: eight values a time rather than one.
            let (tilt, rest) = (along * channel.inverse, channel.mean * channel.inverse * along - common);
            for ((found, &value), &gradient) in found.iter_mut().zip(plane).zip(gradient) {
                let passed = if value * slope + level > 0.0 { gradient } else { 0.0 };
                *found = slope * (passed + rest - value * tilt);
            }
        }
    });
    let by = |which: usize| all.iter().map(|sums| sums[which] as f32).collect();
    (found, by(1), by(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: usize = 3;
    const PIXELS: usize = 21;

    fn planes(photos: usize, salt: f32) -> Vec<f32> {
        (0..photos * CHANNELS * PIXELS)
            .map(|at| ((at as f32 + salt) * 0.7).sin() * 2.0 + 0.3 * (at % 5) as f32)
            .collect()
    }

    fn channels(planes: &[f32], gain: [f32; CHANNELS], bias: [f32; CHANNELS]) -> Vec<Channel> {
        let (means, variances) = moments(planes, CHANNELS, PIXELS);
        let channel = |at: usize| Channel {
            mean: means[at],
            inverse: 1.0 / (variances[at] + 1e-5).sqrt(),
            gain: gain[at],
            bias: bias[at],
        };
        (0..CHANNELS).map(channel).collect()
    }

    #[test]
    fn channels_are_normal_before_gain_and_bias() {
        let planes = planes(6, 0.0);
        let found = forward(&planes, &channels(&planes, [1.0; CHANNELS], [9.0; CHANNELS]), PIXELS);
        let (means, variances) = moments(&found, CHANNELS, PIXELS);
        for (mean, variance) in means.iter().zip(&variances) {
            assert!((mean - 9.0).abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
        }
        let shut = forward(&planes, &channels(&planes, [1.0; CHANNELS], [-99.0; CHANNELS]), PIXELS);
        assert!(shut.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn planes_are_pooled_by_themselves() {
        let planes: Vec<f32> = (0..2 * 3 * 37).map(|at| (at as f32 * 0.37).sin() + 2.0).collect();
        let found = pooled(&planes, 3, 37, 0.5);
        for (at, plane) in planes.chunks_exact(37).enumerate() {
            let mean = plane.iter().sum::<f32>() / 37.0;
            let variance = plane.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 37.0;
            let place = at / 3 * 6 + at % 3;
            assert!((found[place] - mean).abs() < 1e-5 && (found[place + 3] - (variance + 0.5).sqrt()).abs() < 1e-5);
        }
    }

    #[test]
    fn gradients_are_those_of_small_changes() {
        let (planes, weights) = (planes(3, 0.0), planes(3, 40.0));
        let (gain, bias) = ([0.8, -1.1, 0.5], [0.3, 0.1, -0.2]);
        let loss = |planes: &[f32], gain, bias| -> f64 {
            let output = forward(planes, &channels(planes, gain, bias), PIXELS);
            output.iter().zip(&weights).map(|(value, weight)| f64::from(value * weight)).sum()
        };
        let (by_planes, by_gain, by_bias) = backward(&planes, &weights, &channels(&planes, gain, bias), PIXELS);
        let step = 1e-2;
        let near = |found: f32, up: f64, down: f64, what: &str| {
            let expected = (up - down) / f64::from(2.0 * step);
            assert!((f64::from(found) - expected).abs() < 0.02 * expected.abs().max(1.0), "{what}: {found} {expected}");
        };
        for at in [0, 17, 40, 63, 100, 188] {
            let moved = |by: f32| {
                let mut planes = planes.clone();
                planes[at] += by;
                loss(&planes, gain, bias)
            };
            near(by_planes[at], moved(step), moved(-step), &format!("plane {at}"));
        }
        for at in 0..CHANNELS {
            let moved = |mut values: [f32; CHANNELS], by: f32| {
                values[at] += by;
                values
            };
            let by = |by: f32| loss(&planes, moved(gain, by), bias);
            near(by_gain[at], by(step), by(-step), "gain");
            let by = |by: f32| loss(&planes, gain, moved(bias, by));
            near(by_bias[at], by(step), by(-step), "bias");
        }
    }
}
