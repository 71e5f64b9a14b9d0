//! Networks trained elsewhere, as frozen feature extractors: known by name, told apart by the names of their tensors.
//!
//! The features of an image are the mean and the standard deviation of every channel at several depths, because quality
//! shows at all of them: edges and noise early, blur and composition late.

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};

use super::blocks::mean_std_pool;
use super::frozen::{ConvPlan, Weights};
use super::mobilenet::{self, Layout, MobileNetV2};
use super::resnet::{self, Depth, ResNet};
use crate::error::{Error, Result};

/// Width and height of the images that these networks were made for.
pub const BACKBONE_EDGE: usize = 224;

/// An architecture that can be brought along, in one layout of its weight files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackboneKind {
    /// MobileNetV2 1.0 from TensorFlow, batch normalisation folded in.
    MobileNetV2,
    /// MobileNetV2 1.0 from torchvision.
    MobileNetV2Torchvision,
    /// ResNet-18 from torchvision.
    ResNet18,
    /// ResNet-50 from torchvision.
    ResNet50,
}

impl BackboneKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MobileNetV2, Self::MobileNetV2Torchvision, Self::ResNet18, Self::ResNet50];

    /// The tensors that the kinds are told by; one of them is in every file.
    pub const FIRST_TENSORS: [&str; 3] = ["l00.conv.weight", "features.0.0.weight", "layer1.0.conv1.weight"];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MobileNetV2 => "mobilenet-v2",
            Self::MobileNetV2Torchvision => "mobilenet-v2-torchvision",
            Self::ResNet18 => "resnet-18",
            Self::ResNet50 => "resnet-50",
        }
    }

    /// The kind with that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Tells the architecture from the names of the tensors.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] when it is none of these.
    pub fn of(weights: &Weights) -> Result<Self> {
        let [tensorflow, torchvision, resnet] = Self::FIRST_TENSORS;
        if weights.has(resnet) {
            return Ok(if weights.has("layer1.0.conv3.weight") { Self::ResNet50 } else { Self::ResNet18 });
        }
        if weights.has(torchvision) && weights.names().any(|name| name.starts_with("features.1.conv.")) {
            return Ok(Self::MobileNetV2Torchvision);
        }
        if weights.has(tensorflow) {
            return Ok(Self::MobileNetV2);
        }
        let found: Vec<&str> = weights.names().take(4).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        let known = Self::ALL.map(Self::name).join(", ");
        Err(Error::bad_data(format!("the weights belong to no known network; their first tensors are: {found}"))
            .hint(format!("Known: {known}.")))
    }

    /// Mean and deviation that images (values 0-1) are normalised by, for red, green and blue.
    pub fn normalisation(self) -> ([f32; 3], [f32; 3]) {
        match self {
            // (byte − 128) / 128
            Self::MobileNetV2 => ([128.0 / 255.0; 3], [128.0 / 255.0; 3]),
            // ImageNet's, as torchvision's models expect.
            Self::MobileNetV2Torchvision | Self::ResNet18 | Self::ResNet50 => {
                ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            }
        }
    }

    /// Width and height of the images it was made for, in pixels.
    pub fn input_edge(self) -> usize {
        BACKBONE_EDGE
    }

    fn convolutions(self) -> Vec<ConvPlan> {
        match self {
            Self::MobileNetV2 => mobilenet::convolutions(Layout::TensorFlow),
            Self::MobileNetV2Torchvision => mobilenet::convolutions(Layout::Torchvision),
            Self::ResNet18 => resnet::convolutions(Depth::Eighteen),
            Self::ResNet50 => resnet::convolutions(Depth::Fifty),
        }
    }

    /// Channels of the levels whose mean and deviation are features: MobileNetV2's blocks and head; ResNet's stem and
    /// stages (every block of a ResNet-50 would make 30,208 features).
    fn level_channels(self) -> Vec<usize> {
        match self {
            Self::MobileNetV2 | Self::MobileNetV2Torchvision => mobilenet::level_channels(),
            Self::ResNet18 => Depth::Eighteen.level_channels(),
            Self::ResNet50 => Depth::Fifty.level_channels(),
        }
    }

    /// Features an image.
    pub fn feature_count(self) -> usize {
        self.level_widths().iter().sum()
    }

    /// Features of each level, in order: the means and the deviations of its channels.
    pub fn level_widths(self) -> Vec<usize> {
        self.level_channels().iter().map(|channels| 2 * channels).collect()
    }

    /// Multiply-accumulates an image of [`BackboneKind::input_edge`], without the classifier.
    pub fn macs(self) -> u64 {
        self.convolutions().iter().map(ConvPlan::macs).sum()
    }

    /// Parameters with batch normalisation folded in, without the classifier.
    pub fn parameters(self) -> usize {
        self.convolutions().iter().map(ConvPlan::parameters).sum()
    }
}

/// A network with its weights, on a device.
#[derive(Debug, Clone)]
pub struct Backbone {
    kind: BackboneKind,
    network: Network,
    mean: Tensor<4>,
    deviation: Tensor<4>,
}

#[derive(Debug, Clone)]
enum Network {
    MobileNetV2(MobileNetV2),
    ResNet(ResNet),
}

impl Backbone {
    /// Builds the network that the tensors belong to.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] when they belong to none, or naming what is missing, differs or is too many.
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self> {
        let kind = BackboneKind::of(weights)?;
        let mobilenet = |layout| MobileNetV2::from_weights(layout, weights, device).map(Network::MobileNetV2);
        let resnet = |depth| ResNet::from_weights(depth, weights, device).map(Network::ResNet);
        let network = match kind {
            BackboneKind::MobileNetV2 => mobilenet(Layout::TensorFlow)?,
            BackboneKind::MobileNetV2Torchvision => mobilenet(Layout::Torchvision)?,
            BackboneKind::ResNet18 => resnet(Depth::Eighteen)?,
            BackboneKind::ResNet50 => resnet(Depth::Fifty)?,
        };
        let (mean, deviation) = kind.normalisation();
        let channels = |values: [f32; 3]| Tensor::<1>::from_floats(values, device).reshape([1, 3, 1, 1]);
        Ok(Self { kind, network, mean: channels(mean), deviation: channels(deviation) })
    }

    /// The architecture.
    pub fn kind(&self) -> BackboneKind {
        self.kind
    }

    /// Parameters, the classifier's included.
    pub fn num_params(&self) -> usize {
        match &self.network {
            Network::MobileNetV2(network) => network.num_params(),
            Network::ResNet(network) => network.num_params(),
        }
    }

    fn walk(&self, images: Tensor<4>, level: impl FnMut(&Tensor<4>)) -> Tensor<4> {
        let images = (images - self.mean.clone()) / self.deviation.clone();
        match &self.network {
            Network::MobileNetV2(network) => network.walk(images, level),
            Network::ResNet(network) => network.walk(images, level),
        }
    }

    /// The planes that features are taken of, from images `[n, 3, h, w]` with values 0-1: `[n, c, h', w']` each.
    pub fn stages(&self, images: Tensor<4>) -> Vec<Tensor<4>> {
        let mut stages = Vec::new();
        self.walk(images, |plane| stages.push(plane.clone()));
        stages
    }

    /// Images `[n, 3, h, w]` with values 0-1 -> features `[n, feature_count]`: for every level the means of its
    /// channels, then their deviations.
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        let mut pooled = Vec::new();
        self.walk(images, |plane| pooled.push(mean_std_pool(plane.clone())));
        Tensor::cat(pooled, 1)
    }

    /// Images `[n, 3, h, w]` with values 0-1 -> logits `[n, classes]`; nothing when the file came without a classifier.
    pub fn logits(&self, images: Tensor<4>) -> Option<Tensor<2>> {
        let classifier = match &self.network {
            Network::MobileNetV2(network) => network.classifier()?,
            Network::ResNet(network) => network.classifier()?,
        };
        Some(classifier.forward(self.walk(images, |_| {})))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::nn::Weight;

    #[test]
    fn counts_are_the_published_ones() {
        // Feature counts follow from the papers' tables; MACs and parameters from torchvision's and Keras' model cards
        // (which count batch normalisation as two parameters a channel and include the classifier).
        let cases = [
            (BackboneKind::MobileNetV2, 5568, 300e6, 2.22e6),
            (BackboneKind::MobileNetV2Torchvision, 5568, 300e6, 2.22e6),
            (BackboneKind::ResNet18, 2048, 1.81e9, 11.18e6),
            (BackboneKind::ResNet50, 7808, 4.09e9, 23.5e6),
        ];
        for (kind, features, macs, parameters) in cases {
            assert_eq!(kind.feature_count(), features, "{}", kind.name());
            assert!((kind.macs() as f64 / macs - 1.0).abs() < 0.02, "{}: {} MACs", kind.name(), kind.macs());
            let found = kind.parameters() as f64;
            assert!((found / parameters - 1.0).abs() < 0.02, "{}: {found} parameters", kind.name());
            assert_eq!(BackboneKind::find(kind.name()), Some(kind));
        }
        assert_eq!(BackboneKind::find("vgg"), None);
    }

    #[test]
    fn other_networks_are_refused_by_their_names() {
        let weight = Weight { shape: vec![1], values: vec![0.0] };
        let weights = Weights::new(BTreeMap::from([("encoder.patch.weight".to_owned(), weight)]));
        let error = Backbone::from_weights(&weights, &Device::flex()).expect_err("refuses");
        assert!(error.summary.contains("encoder.patch.weight"), "{error}");
        assert!(error.details.expect("hint").contains("resnet-50"));
        let error = Backbone::from_weights(&Weights::default(), &Device::flex()).expect_err("refuses");
        assert!(error.summary.contains("none"), "{error}");
    }
}
