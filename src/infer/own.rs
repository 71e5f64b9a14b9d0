//! The convolutional network computed by our own kernels, a view at a time on every core, from the bytes of a photo's views
//! to its raw score: no tensor is made on the way, and no batch is filled up.

use std::sync::{Mutex, PoisonError};

use super::each::on_every_core;
use crate::error::{Error, Result};
use crate::jobs::worker_count;
use crate::kernels::{self, Chain, Link, Window, Workshop};
use crate::nn::{
    Affine, Folded, FoldedConv, INPUT_CENTRE, INPUT_GAIN, LEVEL_CENTRE, LEVEL_FLOOR, LEVEL_GAIN, Network,
    VARIANCE_FLOOR, VIEW_EDGE, VIEWS, WEIGHT_FLOOR,
};
use crate::preprocess::Views;

/// A network made ready.
pub(super) struct Compiled {
    trunk: Chain,
    folded: Folded,
    /// What the network makes of every byte of a view.
    values: [f32; 256],
    /// One a core, kept from call to call.
    rooms: Vec<Mutex<Room>>,
}

/// What the trunk says of one view.
struct Seen {
    features: Vec<f32>,
    /// Quality and strength of every cell.
    cells: Vec<(f32, f32)>,
}

/// What a core works in.
struct Room {
    workshop: Workshop,
    view: Vec<f32>,
}

impl Compiled {
    /// Makes a network ready.
    ///
    /// # Errors
    /// [`crate::error::Code::NotFound`] for a network that is not convolutional.
    pub(super) fn new(network: &Network) -> Result<Self> {
        let Network::Cnn(network) = network else {
            return Err(Error::not_found("the engine packshot computes convolutional networks alone")
                .hint("score.engine = \"auto\" takes the fastest engine that can."));
        };
        let folded = network.folded();
        let trunk = Chain::new([3, VIEW_EDGE, VIEW_EDGE], folded.blocks.iter().map(link));
        let value = |byte: usize| ((byte as f32 / 255.0) - INPUT_CENTRE as f32) * INPUT_GAIN as f32;
        let room = |_| Room { workshop: trunk.workshop(), view: vec![0.0; 3 * VIEW_EDGE * VIEW_EDGE] };
        let rooms = (0..worker_count().max(1)).map(room).map(Mutex::new).collect();
        Ok(Self { trunk, folded, values: std::array::from_fn(value), rooms })
    }

    /// The raw output of every photo, in order.
    ///
    /// # Errors
    /// None of its own.
    pub(super) fn run(&self, photos: &[&Views]) -> Result<Vec<f64>> {
        let views: Vec<&[u8]> =
            photos.iter().flat_map(|photo| photo.bytes().chunks_exact(photo.bytes().len() / VIEWS)).collect();
        // A view that panicked leaves nothing that the next one would read: everything is written first.
        let room =
            |worker: usize| Ok(self.rooms[worker % self.rooms.len()].lock().unwrap_or_else(PoisonError::into_inner));
        let seen = on_every_core(&views, room, |room, view| Ok(self.see(room, view)))?;
        Ok(seen.chunks_exact(VIEWS).map(|views| self.judge(views)).collect())
    }

    /// Runs one view through the trunk.
    fn see(&self, room: &mut Room, view: &[u8]) -> Seen {
        let Room { workshop, view: values } = room;
        values.iter_mut().zip(view).for_each(|(value, byte)| *value = self.values[usize::from(*byte)]);
        let mut seen = Seen { features: Vec::new(), cells: Vec::new() };
        self.trunk.run(values, workshop, |number, planes, pixels| {
            if self.folded.pooled.contains(&number) {
                seen.features.extend(kernels::pool_photo(planes, pixels, VARIANCE_FLOOR));
            }
            if number + 1 == self.folded.blocks.len() {
                seen.cells = (0..pixels).map(|pixel| cell(&self.folded.cells, planes, pixels, pixel)).collect();
            }
        });
        seen
    }

    /// The raw score of a photo from its views: that of the whole, and the weighted mean of its cells.
    fn judge(&self, views: &[Seen]) -> f64 {
        let mut features: Vec<f32> = views.iter().flat_map(|seen| seen.features.iter().copied()).collect();
        if self.folded.levels {
            let level = |value: f32| ((value + LEVEL_FLOOR as f32).ln() - LEVEL_CENTRE as f32) * LEVEL_GAIN as f32;
            features.iter_mut().for_each(|value| *value = level(*value));
        }
        let mut hidden = affine(&self.folded.hidden, &features);
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        let whole: f32 = affine(&self.folded.score, &hidden).iter().sum();
        let mut sums = [0.0_f64; 2];
        for (quality, strength) in views.iter().flat_map(|seen| &seen.cells) {
            let weight = softplus(f64::from(*strength)) + WEIGHT_FLOOR;
            sums[0] += weight * f64::from(*quality);
            sums[1] += weight;
        }
        f64::from(whole) + sums[0] / sums[1]
    }
}

/// A convolution of the trunk.
fn link(conv: &FoldedConv) -> Link<'_> {
    Link {
        out: conv.channels[1],
        kernel: conv.kernel,
        window: Window::even(conv.stride, conv.padding),
        weights: &conv.weight,
        bias: &conv.bias,
    }
}

/// ln(1 + eˣ), also for large x.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `x · weight + bias`
fn affine(layer: &Affine, values: &[f32]) -> Vec<f32> {
    let mut out = layer.bias.clone();
    for (value, weights) in values.iter().zip(layer.weight.chunks_exact(layer.sizes[1])) {
        out.iter_mut().zip(weights).for_each(|(out, weight)| *out += value * weight);
    }
    out
}

/// Quality and strength of the cell at a pixel of the last planes `[channels, pixels]`: a 1×1 convolution.
fn cell(conv: &FoldedConv, planes: &[f32], pixels: usize, pixel: usize) -> (f32, f32) {
    let channels = conv.channels[0];
    let value = |row: usize| {
        let weights = &conv.weight[row * channels..][..channels];
        let products = weights.iter().zip(planes.chunks_exact(pixels)).map(|(weight, plane)| weight * plane[pixel]);
        products.sum::<f32>() + conv.bias[row]
    };
    (value(0), value(1))
}
