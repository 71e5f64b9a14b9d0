//! The arguments of `packshot features`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot features ~/catalogue --backbone resnet18.pth -o features.npy
  packshot features ~/new --backbone mobilenet_v2.safetensors -o new.npy --overwrite --device cpu

Reads weights of MobileNetV2 (TensorFlow's folded or torchvision's layout), ResNet-18 and ResNet-50 (torchvision's) from
.safetensors, .pth and .pt files; PyTorch files are parsed and never executed. A row holds the mean and the deviation of
every channel at several depths: of the whole photo, averaged over five native crops, and how far these crops differ.
The photos of the rows are listed in features.paths.txt beside the matrix; photos that cannot be read have no row.")]
pub(in crate::cli) struct Features {
    /// Folders or photo files.
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The network's weights: .safetensors, .pth or .pt.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) backbone: PathBuf,
    /// The matrix to write: .npy, 32-bit floats, one row a photo.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// Replace the files when they exist.
    #[arg(long)]
    pub(in crate::cli) overwrite: bool,
    /// Device: auto, gpu, cpu (score.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
}
