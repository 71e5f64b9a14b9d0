//! A network of any architecture that can be trained.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Cnn, CnnConfig, Head, Outputs, Vit, VitConfig};
use crate::config::Learns;

/// Widths of a [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkConfig {
    /// Of a convolutional network.
    Cnn(CnnConfig),
    /// Of a vision transformer.
    Vit(VitConfig),
}

impl NetworkConfig {
    /// Builds the network with burn's initial values; see [`super::seeded`] for reproducible ones.
    pub fn init(&self, device: &Device) -> Network {
        match self {
            Self::Cnn(config) => Network::Cnn(config.init(device)),
            Self::Vit(config) => Network::Vit(config.init(device)),
        }
    }

    /// Features a photo.
    pub fn feature_count(&self) -> usize {
        match self {
            Self::Cnn(config) => config.feature_count(),
            Self::Vit(config) => config.feature_count(),
        }
    }

    /// Multiply-accumulates a photo (both views).
    pub fn macs(&self) -> u64 {
        match self {
            Self::Cnn(config) => config.macs(),
            Self::Vit(config) => config.macs(),
        }
    }
}

/// A network.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a handful of networks at a time, and burn's modules cannot be boxed"
)]
pub enum Network {
    /// A plain convolutional network.
    Cnn(Cnn),
    /// A vision transformer.
    Vit(Vit),
}

impl Network {
    /// The same network, of which only the named part learns: the rest works as in scoring, with settled statistics
    /// and no gradients.
    pub fn learning(self, part: Learns) -> Self {
        match self {
            Self::Cnn(network) => Self::Cnn(network.learning(part)),
            Self::Vit(network) => Self::Vit(network.learning(part)),
        }
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` with values 0-1 -> everything that the heads say.
    pub fn outputs(&self, views: Tensor<5>) -> Outputs {
        match self {
            Self::Cnn(network) => network.outputs(views),
            Self::Vit(network) => network.outputs(views),
        }
    }

    /// As [`Self::outputs`], with a description of the photo at every depth, the same count of values for every photo: mean and
    /// deviation of what every convolution or block says, view beside view.
    pub fn described(&self, views: Tensor<5>) -> (Outputs, Tensor<2>) {
        match self {
            Self::Cnn(network) => network.described(views),
            Self::Vit(network) => network.described(views),
        }
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` -> what the head reads of them `[n, feature_count]`, and what their cells add
    /// to the score `[n]`.
    pub fn read(&self, views: Tensor<5>) -> (Tensor<2>, Tensor<1>) {
        let [n, ..] = views.dims();
        let (outputs, rows) = match self {
            Self::Cnn(network) => network.read(views),
            Self::Vit(network) => network.read(views),
        };
        (rows, (outputs.quality * outputs.weight).sum_dim(1).reshape([n]))
    }

    /// A copy of the head.
    pub fn head(&self) -> Head {
        match self {
            Self::Cnn(network) => network.head(),
            Self::Vit(network) => network.head(),
        }
    }

    /// The same network with another head.
    #[must_use]
    pub fn with_head(self, head: Head) -> Self {
        match self {
            Self::Cnn(network) => Self::Cnn(network.with_head(head)),
            Self::Vit(network) => Self::Vit(network.with_head(head)),
        }
    }

    /// How many of the values of [`Self::described`] belong to each depth, in their order.
    pub fn level_widths(&self) -> Vec<usize> {
        match self {
            Self::Cnn(network) => network.level_widths(),
            Self::Vit(network) => network.level_widths(),
        }
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` with values 0-1 -> raw scores `[n]`.
    pub fn forward(&self, views: Tensor<5>) -> Tensor<1> {
        self.outputs(views).score
    }

    /// The raw scores of the first `count` photos of a batch, fetched to the CPU (which waits for the device here).
    pub fn raw_scores(&self, views: Tensor<5>, count: usize) -> Vec<f64> {
        self.forward(views).into_data().iter::<f32>().take(count).map(f64::from).collect()
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` -> features `[n, feature_count]`.
    pub fn features(&self, views: Tensor<5>) -> Tensor<2> {
        match self {
            Self::Cnn(network) => network.features(views),
            Self::Vit(network) => network.features(views),
        }
    }
}
