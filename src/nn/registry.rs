//! Every architecture by name.

use burn::tensor::Device;

use super::cnn::Reads::{EveryDepth, LastStages};
use super::{CnnConfig, Network, NetworkConfig, VitConfig, seeded};
use crate::error::{Error, Result};

/// An architecture that can be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// The stable name used in configurations and model cards.
    pub name: &'static str,
    /// What it is for, in words.
    pub about: &'static str,
    /// Its widths.
    pub config: NetworkConfig,
}

/// All architectures, the default first.
pub const ARCHITECTURES: &[Architecture] = &[
    Architecture {
        name: "cnn-s",
        about: "small plain 3×3 network; the default, made for CPUs and any GPU",
        config: NetworkConfig::Cnn(CnnConfig { stem: 24, stages: [24, 48, 96, 160], reads: LastStages, hidden: 128 }),
    },
    Architecture {
        name: "cnn-xs",
        about: "a fifth of the work of cnn-s, for very old machines and quick trials",
        config: NetworkConfig::Cnn(CnnConfig { stem: 12, stages: [12, 20, 32, 64], reads: LastStages, hidden: 32 }),
    },
    Architecture {
        name: "cnn-d",
        about: "cnn-s with a head that reads every depth: the best after pre-training, and what the shipped model is",
        config: NetworkConfig::Cnn(CnnConfig { stem: 24, stages: [24, 48, 96, 160], reads: EveryDepth, hidden: 128 }),
    },
    Architecture {
        name: "cnn-l",
        about: "five times the work of cnn-s, for training on a GPU",
        config: NetworkConfig::Cnn(CnnConfig { stem: 48, stages: [64, 112, 224, 352], reads: LastStages, hidden: 256 }),
    },
    Architecture {
        name: "vit-ti",
        about: "small vision transformer, seven times the work of cnn-s; for a GPU and many labels",
        config: NetworkConfig::Vit(VitConfig { patch: 16, width: 192, depth: 6, heads: 3, hidden: 128 }),
    },
];

/// A network of a named architecture with weights drawn from `seed`.
///
/// # Errors
/// [`crate::Code::BadData`] that names the architectures there are.
pub fn fresh(name: &str, seed: u64, device: &Device) -> Result<Network> {
    named(name).map(|found| seeded(found.config.init(device), seed))
}

/// The architecture with that name.
///
/// # Errors
/// [`crate::Code::BadData`] that names the architectures there are.
pub fn named(name: &str) -> Result<&'static Architecture> {
    ARCHITECTURES.iter().find(|found| found.name == name).ok_or_else(|| {
        let names: Vec<_> = ARCHITECTURES.iter().map(|found| found.name).collect();
        Error::bad_data(format!("there is no architecture {name:?}")).hint(format!("Known: {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use burn::module::Module as _;
    use burn::tensor::Tensor;

    use super::*;
    use crate::nn::{VIEW_EDGE, VIEWS};

    fn input(n: usize, value: f32, device: &Device) -> Tensor<5> {
        Tensor::full([n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], value, device)
    }

    #[test]
    fn every_architecture_maps_views_to_one_number_a_photo() {
        let device = Device::flex();
        for architecture in ARCHITECTURES {
            let network = architecture.config.init(&device);
            assert_eq!(network.forward(input(2, 0.3, &device)).dims(), [2], "{}", architecture.name);
            let features = network.features(input(2, 0.3, &device));
            assert_eq!(features.dims(), [2, architecture.config.feature_count()], "{}", architecture.name);
            let (rows, cells) = network.read(input(2, 0.3, &device));
            let apart = network.head().outputs(rows, cells).score - network.forward(input(2, 0.3, &device));
            assert!(apart.abs().max().into_scalar::<f32>() < 1e-5, "{}", architecture.name);
            let (_, described) = network.described(input(2, 0.3, &device));
            assert_eq!(described.dims(), [2, network.level_widths().iter().sum()], "{}", architecture.name);
        }
    }

    #[test]
    fn the_default_stays_within_its_budget() {
        let config = ARCHITECTURES[0].config;
        let parameters = config.init(&Device::flex()).num_params();
        assert!(config.macs() <= 150_000_000, "{} MACs", config.macs());
        assert!((300_000..1_200_000).contains(&parameters), "{parameters} parameters");
    }

    #[test]
    fn a_seed_gives_the_same_network_and_another_seed_another() {
        let device = Device::flex();
        let config = ARCHITECTURES[1].config;
        let output = |seed| {
            let network = seeded(config.init(&device), seed);
            network.forward(input(1, 0.7, &device)).into_data().iter::<f32>().collect::<Vec<_>>()
        };
        assert_eq!(output(1), output(1));
        assert_ne!(output(1), output(2));
    }
}
