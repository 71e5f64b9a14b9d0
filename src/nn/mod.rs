//! Networks: modules and their configurations, found by name in the registry.
//!
//! Must not touch files, the store, or know what a photo is: tensors in, tensors out.

mod backbone;
mod blocks;
mod cnn;
mod folded;
mod frozen;
mod head;
mod init;
mod mobilenet;
mod network;
mod outputs;
mod registry;
mod resnet;
mod vit;

pub use backbone::{BACKBONE_EDGE, Backbone, BackboneKind};
pub use blocks::{INPUT_CENTRE, INPUT_GAIN, LEVEL_CENTRE, LEVEL_FLOOR, LEVEL_GAIN, NORM_EPSILON, VARIANCE_FLOOR};
pub use cnn::{Cnn, CnnConfig, Reads};
pub use folded::{Affine, Folded, FoldedConv, FoldedNorm, FoldedVit, FoldedVitBlock};
pub use frozen::{Weight, Weights};
pub use head::Head;
pub use init::seeded;
pub use network::{Network, NetworkConfig};
pub use outputs::{Outputs, WEIGHT_FLOOR};
pub use registry::{ARCHITECTURES, Architecture, fresh, named};
pub use vit::{Vit, VitConfig};

/// Views of one photo that a network sees: the whole photo, and a mosaic of its native pixels.
pub const VIEWS: usize = 2;

/// Width and height of a view in pixels.
pub const VIEW_EDGE: usize = 192;

/// Defects that a network may name, each with a strength; which they are is none of its business.
pub const DEFECTS: usize = 11;
