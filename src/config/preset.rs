//! Named sets of training settings.

use super::{Config, TrainConfig};

/// Settings by one name.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// `section.key=value`; what it does not name stays as configured.
    pub settings: &'static [&'static str],
}

impl Preset {
    /// The training settings with these in place; what the preset does not name stays.
    pub fn over(&self, train: &TrainConfig) -> TrainConfig {
        let whole = Config { train: train.clone(), ..Config::default() };
        let settings: Vec<String> = self.settings.iter().map(|setting| (*setting).to_owned()).collect();
        // The presets are sound, which a test holds.
        whole.with_flags(&settings).map_or_else(|_| train.clone(), |config| config.train)
    }
}

/// Every preset, the quickest first.
pub const PRESETS: [Preset; 3] = [
    Preset {
        name: "quick",
        about: "a first look within a minute or two: the smallest network, few epochs",
        settings: &["train.architecture=cnn-xs", "train.epochs=10", "train.patience=4"],
    },
    Preset {
        name: "balanced",
        about: "the default network and its defaults",
        settings: &["train.architecture=cnn-s", "train.epochs=20", "train.patience=6", "train.loss=huber"],
    },
    Preset {
        name: "best",
        about: "for a GPU and time: the largest network, a loss that looks at the order too, many epochs",
        settings: &[
            "train.architecture=cnn-l",
            "train.epochs=60",
            "train.patience=15",
            "train.loss={ huber = 1.0, plcc = 0.5, rank = 0.5 }",
            "train.batch_size=32",
            "train.average=0.99",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_sound_configuration_and_balanced_is_the_default() {
        for preset in PRESETS {
            let flags: Vec<String> = preset.settings.iter().map(|setting| (*setting).to_owned()).collect();
            let config =
                Config::default().with_flags(&flags).unwrap_or_else(|error| panic!("{}: {error:#}", preset.name));
            assert_eq!(preset.over(&TrainConfig::default()), config.train);
            assert_eq!(preset.name == "balanced", config == Config::default(), "{}", preset.name);
        }
    }
}
