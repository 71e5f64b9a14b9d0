//! The convolution of planes and its gradients, straight from planes laid out so that all of it is sums over whole runs.
//!
//! Photos are shared out over the cores. Sums over photos are taken in an order that does not depend on how many cores
//! there are, so that a training repeats bit for bit.

use rayon::prelude::*;

use super::layout::{Layout, Sizes};
use super::products::{Packed, SLACK, Then, correlate, dot_places, dot_rows, dots, filter, whole_registers};

/// Values a channel, about, of the photos whose gradients of the weights are added up in one go, and the most photos.
const VALUES_A_SUM: usize = 1024;
const PHOTOS_A_SUM: usize = 8;

/// Photos `[n, in, h, w]` and weights `[out, in, kernel, kernel]` -> `[n, out, h', w']`.
pub fn forward(photos: &[f32], weights: &[f32], sizes: &Sizes) -> Vec<f32> {
    convolved(photos, weights, None, sizes)
}

/// As [`forward`], and what follows it.
pub fn forward_with(photos: &[f32], weights: &[f32], then: Then<'_>, sizes: &Sizes) -> Vec<f32> {
    convolved(photos, weights, Some(then), sizes)
}

/// As [`forward_with`], every channel by itself: weights `[channels, 1, kernel, kernel]`.
pub fn depthwise_with(photos: &[f32], weights: &[f32], then: Then<'_>, sizes: &Sizes) -> Vec<f32> {
    let taps = sizes.kernel * sizes.kernel;
    // A channel is laid out at a time.
    let one =
        Sizes { input: [1, sizes.input[1], sizes.input[2]], output: [1, sizes.output[1], sizes.output[2]], ..*sizes };
    let layout = one.layout(1);
    let (offsets, reach) = (one.offsets(&layout), one.reach(layout.pitch()));
    let scratch = || (layout.buffer(), vec![0.0; whole_registers(reach)]);
    let each = |(plane, sums): &mut (Vec<f32>, Vec<f32>), (photo, output): (&[f32], &mut [f32])| {
        let channels = photo.chunks_exact(one.input_len()).zip(output.chunks_exact_mut(sizes.pixels()));
        for (channel, (photo, output)) in channels.enumerate() {
            layout.write(0, photo, plane);
            filter(plane, &offsets, &weights[channel * taps..][..taps], (then, channel), sums, reach);
            take_rows(output, sums, &one, layout.pitch());
        }
    };
    shared_out(photos, sizes, scratch, each)
}

fn convolved(photos: &[f32], weights: &[f32], then: Option<Then<'_>>, sizes: &Sizes) -> Vec<f32> {
    let ready = Ready::new(weights, *sizes);
    let each = |room: &mut Room, (photo, output): (&[f32], &mut [f32])| ready.run(photo, room, then, output);
    shared_out(photos, sizes, || ready.room(), each)
}

/// A convolution made ready for photos, one at a time.
#[derive(Debug)]
pub struct Ready {
    sizes: Sizes,
    layout: Layout,
    offsets: Vec<usize>,
    packed: Packed,
    reach: usize,
}

/// What a [`Ready`] works in: the planes laid out, and the sums.
#[derive(Debug)]
pub struct Room(Vec<f32>, Vec<f32>);

impl Ready {
    /// With weights `[out, in, kernel, kernel]`.
    pub fn new(weights: &[f32], sizes: Sizes) -> Self {
        let (layout, patch) = (sizes.layout(1), sizes.patch());
        let packed = Packed::new(sizes.output[0], patch, |row, place| weights[row * patch + place]);
        Self { sizes, layout, offsets: sizes.offsets(&layout), packed, reach: sizes.reach(layout.pitch()) }
    }

    /// Room for one photo.
    pub fn room(&self) -> Room {
        Room(self.layout.buffer(), vec![0.0; self.packed.sums_len(whole_registers(self.reach))])
    }

    /// A photo `[in, h, w]` -> `[out, h', w']`, and what becomes of the sums.
    pub fn run(&self, photo: &[f32], Room(planes, sums): &mut Room, then: Option<Then<'_>>, output: &mut [f32]) {
        self.layout.write(0, photo, planes);
        correlate(planes, &self.offsets, &self.packed, then, sums, self.reach);
        let channels = output.chunks_exact_mut(self.sizes.pixels()).zip(sums.chunks_exact(whole_registers(self.reach)));
        channels.for_each(|(output, sums)| take_rows(output, sums, &self.sizes, self.layout.pitch()));
    }
}

/// The rows of a plane of output from the sums, in which they are `pitch` apart.
fn take_rows(output: &mut [f32], sums: &[f32], sizes: &Sizes, pitch: usize) {
    let width = sizes.output[2];
    if width == pitch {
        return output.copy_from_slice(&sums[..output.len()]);
    }
    output.chunks_exact_mut(width).zip(sums.chunks(pitch)).for_each(|(to, from)| to.copy_from_slice(&from[..width]));
}

/// The outputs that `each` makes of photos, on every core.
fn shared_out<S: Send>(
    photos: &[f32],
    sizes: &Sizes,
    scratch: impl Fn() -> S + Sync + Send,
    each: impl Fn(&mut S, (&[f32], &mut [f32])) + Sync + Send,
) -> Vec<f32> {
    let mut output = vec![0.0; photos.len() / sizes.input_len() * sizes.output_len()];
    let photos = photos.par_chunks_exact(sizes.input_len());
    photos.zip(output.par_chunks_exact_mut(sizes.output_len())).for_each_init(scratch, each);
    output
}

/// The part of the gradient by the photos that falls on pixels which lie `stride` apart.
struct Phase {
    /// The padded pixel it begins with.
    corner: [usize; 2],
    /// Where the gradients lie that a pixel gets, for every weight that meets it.
    offsets: Vec<usize>,
    packed: Packed,
}

/// The gradient by the photos: gradients of the output `[n, out, h', w']` -> `[n, in, h, w]`.
pub fn photo_gradients(gradients: &[f32], weights: &[f32], sizes: &Sizes) -> Vec<f32> {
    let (layout, [channels, ..], kernel, stride) = (sizes.layout(1), sizes.input, sizes.kernel, sizes.window.stride);
    let pitch = layout.pitch();
    // Zeros before each plane of gradients for the pixels above and left of the first output.
    let margin = (kernel - 1) / stride * (pitch + 1);
    let plane = margin + layout.photo();
    let phase = |corner: [usize; 2]| {
        let meets = |tap: &usize| [tap / kernel, tap % kernel].map(|at| at % stride) == corner;
        let taps: Vec<usize> = (0..kernel * kernel).filter(meets).collect();
        let back = |tap: usize| tap / kernel / stride * pitch + tap % kernel / stride;
        let of_output = |out| taps.iter().map(move |&tap| out * plane + margin - back(tap));
        let weight = |row: usize, place: usize| {
            let (out, tap) = (place / taps.len(), taps[place % taps.len()]);
            weights[(out * channels + row) * kernel * kernel + tap]
        };
        let packed = Packed::new(channels, sizes.output[0] * taps.len(), weight);
        Phase { corner, offsets: (0..sizes.output[0]).flat_map(of_output).collect(), packed }
    };
    let corners = (0..stride * stride).map(|at| [at / stride, at % stride]);
    let phases: Vec<Phase> = corners.map(phase).collect();
    let sums = Packed::new(channels, 0, |_, _| 0.0).sums_len(whole_registers(layout.photo()));
    let scratch = || (vec![0.0; sizes.output[0] * plane + SLACK], vec![0.0; sums], layout.buffer());
    let mut found = vec![0.0; gradients.len() / sizes.output_len() * sizes.input_len()];
    let each = |(laid, sums, planes): &mut (Vec<f32>, Vec<f32>, Vec<f32>), (gradient, photo): (&[f32], &mut [f32])| {
        lay_out(gradient, sizes, pitch, |out| out * plane + margin, laid);
        for Phase { corner: [down, across], offsets, packed } in &phases {
            let rows = layout.rows_of(*down);
            let (from, length) = (rows.start * pitch, rows.len() * pitch);
            correlate(&laid[from..], offsets, packed, None, sums, length);
            for (channel, sums) in sums.chunks_exact(whole_registers(length)).take(channels).enumerate() {
                planes[layout.at(channel, *down, *across) + from..][..length].copy_from_slice(&sums[..length]);
            }
        }
        layout.read(0, planes, photo);
    };
    let gradients = gradients.par_chunks_exact(sizes.output_len());
    gradients.zip(found.par_chunks_exact_mut(sizes.input_len())).for_each_init(scratch, each);
    found
}

/// Writes the planes of a photo's gradients to where `begin` says, rows `pitch` apart.
fn lay_out(gradient: &[f32], sizes: &Sizes, pitch: usize, begin: impl Fn(usize) -> usize, laid: &mut [f32]) {
    for (out, plane) in gradient.chunks_exact(sizes.pixels()).enumerate() {
        let rows = plane.chunks_exact(sizes.output[2]).zip(laid[begin(out)..].chunks_mut(pitch));
        rows.for_each(|(row, to)| to[..row.len()].copy_from_slice(row));
    }
}

/// The gradient by the weights, summed over photos: photos `[n, in, h, w]` and gradients of the output `[n, out, h', w']`
/// -> `[out, in, kernel, kernel]`.
pub fn weight_gradients(photos: &[f32], gradients: &[f32], sizes: &Sizes) -> Vec<f32> {
    let together = (VALUES_A_SUM / sizes.layout(1).photo().max(1)).clamp(1, PHOTOS_A_SUM);
    let (layout, patch, channels) = (sizes.layout(together), sizes.patch(), sizes.output[0]);
    let offsets = dot_places(sizes.offsets(&layout));
    let pitch = whole_registers((together - 1) * layout.photo() + sizes.reach(layout.pitch()));
    let scratch = || (layout.buffer(), vec![0.0; dot_rows(channels) * pitch]);
    let some = |(planes, laid): &mut (Vec<f32>, Vec<f32>), (photos, gradients): (&[f32], &[f32])| {
        if photos.len() < together * sizes.input_len() {
            // The photos that are missing count nothing.
            planes.fill(0.0);
            laid.fill(0.0);
        }
        let each = photos.chunks_exact(sizes.input_len()).zip(gradients.chunks_exact(sizes.output_len()));
        for (number, (photo, gradient)) in each.enumerate() {
            layout.write(number, photo, planes);
            lay_out(gradient, sizes, layout.pitch(), |out| out * pitch + number * layout.photo(), laid);
        }
        let mut sums = vec![0.0; dot_rows(channels) * offsets.len()];
        dots(planes, &offsets, laid, pitch, &mut sums);
        sums
    };
    let photos = photos.par_chunks(together * sizes.input_len());
    let parts = photos.zip(gradients.par_chunks(together * sizes.output_len()));
    let parts: Vec<Vec<f32>> = parts.map_init(scratch, some).collect();
    let mut sum = vec![0.0; channels * patch];
    for part in parts {
        for (sum, part) in sum.chunks_exact_mut(patch).zip(part.chunks_exact(offsets.len())) {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::layout::Window;
    use super::*;

    fn numbers(count: usize, salt: u64) -> Vec<f32> {
        let mixed = |index: u64| (index ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        (0..count as u64).map(|index| mixed(index + 1) as f32 / 8_388_608.0 - 1.0).collect()
    }

    /// By the definition, value by value; calls `meet` with the places of input, weight and output.
    fn by_definition(sizes: &Sizes, mut meet: impl FnMut(usize, usize, usize)) {
        let ([channels, height, width], [out, out_height, out_width]) = (sizes.input, sizes.output);
        let (kernel, window) = (sizes.kernel, sizes.window);
        let [[top, _], [left, _]] = window.padding;
        for (o, y, x) in
            (0..out).flat_map(|o| (0..out_height).flat_map(move |y| (0..out_width).map(move |x| (o, y, x))))
        {
            for (c, ky, kx) in
                (0..channels).flat_map(|c| (0..kernel).flat_map(move |y| (0..kernel).map(move |x| (c, y, x))))
            {
                let (py, px) = (y * window.stride + ky, x * window.stride + kx);
                if (top..top + height).contains(&py) && (left..left + width).contains(&px) {
                    let input = (c * height + py - top) * width + px - left;
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
            Sizes::new([3, 23, 18], 5, 5, Window::even(4, 1)),
            Sizes::new([4, 9, 11], 6, 3, Window::even(1, 1)),
            Sizes::new([6, 12, 12], 4, 3, Window::even(2, 1)),
            Sizes::new([2, 5, 7], 3, 1, Window::even(1, 0)),
            // A kernel that leaves pixels out.
            Sizes::new([2, 7, 6], 8, 1, Window::even(2, 0)),
            // Phases of several sizes.
            Sizes::new([13, 10, 19], 7, 3, Window::even(2, 1)),
            Sizes::new([5, 8, 9], 7, 3, Window { stride: 2, padding: [[0, 1], [1, 2]] }),
            Sizes::new([40, 24, 30], 3, 3, Window::even(1, 1)),
            Sizes::new([1, 2, 2], 1, 3, Window::even(1, 1)),
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
    fn what_follows_a_convolution_is_done_to_it_and_channels_can_stay_apart() {
        for window in [Window::even(1, 1), Window { stride: 2, padding: [[0, 1], [1, 0]] }] {
            let sizes = Sizes::new([7, 9, 8], 7, 3, window);
            let (photos, weights) = (numbers(2 * sizes.input_len(), 1), numbers(7 * 9, 2));
            let (slope, level) = (numbers(7, 3), numbers(7, 4));
            let then = Then { slope: &slope, level: &level, range: [-0.25, 0.5] };
            // The same as a convolution whose weights between different channels are 0.
            let own = |at: usize| at / (7 * 9) == at / 9 % 7;
            let full: Vec<f32> =
                (0..7 * 7 * 9).map(|at| if own(at) { weights[at / 63 * 9 + at % 9] } else { 0.0 }).collect();
            let mut expected = forward(&photos, &full, &sizes);
            for (at, value) in expected.iter_mut().enumerate() {
                let channel = at / sizes.pixels() % 7;
                *value = (*value * slope[channel] + level[channel]).clamp(-0.25, 0.5);
            }
            near(&forward_with(&photos, &full, then, &sizes), &expected);
            near(&depthwise_with(&photos, &weights, then, &sizes), &expected);
        }
    }

    #[test]
    fn gradients_do_not_depend_on_the_number_of_cores() {
        let sizes = Sizes::new([8, 16, 16], 8, 3, Window::even(1, 1));
        let (photos, gradients) = (numbers(19 * sizes.input_len(), 4), numbers(19 * sizes.output_len(), 5));
        let on = |cores: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().expect("a pool");
            pool.install(|| weight_gradients(&photos, &gradients, &sizes))
        };
        assert_eq!(on(1), on(5));
    }
}
