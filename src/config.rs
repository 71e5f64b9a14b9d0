//! The one typed configuration: built-in defaults < `packshot.toml` < environment < flags.
//!
//! Every default stands here once, with its explanation; `packshot config show` prints both. Knows only
//! [`crate::error`].

mod loss;
mod preset;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub use loss::{Loss, LossKind};
pub use preset::{PRESETS, Preset};

/// Name of the configuration file in a project folder.
pub const FILE_NAME: &str = "packshot.toml";

/// Prefix of the environment variables: `PACKSHOT_TRAIN_EPOCHS` sets `train.epochs`.
pub const ENV_PREFIX: &str = "PACKSHOT_";

/// One documented setting.
#[derive(Debug, Clone, Copy)]
pub struct SettingDoc {
    /// Section, for example `train`.
    pub section: &'static str,
    /// Key within the section.
    pub key: &'static str,
    /// What it does and which values it takes.
    pub text: &'static str,
}

/// Declares each section as a struct whose fields carry doc comment, type and default in one place.
macro_rules! sections {
    ($($(#[doc = $sdoc:literal])+ $section:ident : $Section:ident { $($(#[doc = $doc:literal])+ $key:ident : $ty:ty = $default:expr;)+ })+) => {
        $(
            $(#[doc = $sdoc])+
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Section { $($(#[doc = $doc])+ pub $key: $ty,)+ }
            impl Default for $Section {
                fn default() -> Self { Self { $($key: $default,)+ } }
            }
        )+
        /// The whole configuration.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config { $($(#[doc = $sdoc])+ pub $section: $Section,)+ }
        /// Every setting with its explanation, in the order they are printed.
        pub const DOCS: &[SettingDoc] = &[
            $($(SettingDoc { section: stringify!($section), key: stringify!($key), text: concat!($($doc),+) },)+)+
        ];
    };
}

/// How weights move along their gradients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimiserKind {
    /// AdamW (Loshchilov and Hutter 2019).
    #[default]
    Adamw,
    /// Stochastic gradient descent with Nesterov's momentum of 0.9.
    Sgd,
}

/// Which part of a network learns when training starts from another model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Learns {
    /// Everything.
    #[default]
    All,
    /// The head and the last two stages.
    Last,
    /// The head alone.
    Head,
}

/// Which device computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A GPU when there is a real one, else the CPU.
    #[default]
    Auto,
    /// A GPU, or an error.
    Gpu,
    /// The CPU.
    Cpu,
}

/// What computes the network on the CPU; a GPU always computes with burn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The fastest, found by a short measurement.
    #[default]
    Auto,
    /// Packshot's own kernels; convolutional networks only.
    #[serde(rename = "packshot")]
    Own,
    /// burn's CPU backend.
    Burn,
    /// tract on the exported graph.
    Tract,
    /// onnxruntime on the exported graph, when its library is found; else the fastest of the others.
    Ort,
}

sections! {
    /// Where messages go and how many.
    log: LogConfig {
        /// Level on the console: error, warn, info, debug, trace, or a tracing filter such as "packshot=debug".
        console: String = "warn".to_owned();
        /// Level in the project's log file (JSON lines, one file a day).
        file: String = "info".to_owned();
        /// How many daily log files to keep.
        keep: usize = 14;
    }
    /// Reading photos.
    decode: DecodeConfig {
        /// Photos with more megapixels than this are refused before they are decoded.
        max_megapixels: u32 = 100;
        /// Files larger than this many megabytes are refused before they are read.
        max_file_mb: u32 = 200;
    }
    /// Training.
    train: TrainConfig {
        /// Architecture by name (see `packshot models`).
        architecture: String = "cnn-s".to_owned();
        /// Model to start from: its name or id, or "default" for the shipped one; empty starts from random weights.
        start: String = String::new();
        /// What learns when training starts from a model: all, last (head and last two stages) or head.
        learns: Learns = Learns::All;
        /// Loss on standardised labels: huber, mse or mae, or a weighted sum that may also hold plcc (1 − PLCC), rank and margin (order of pairs) and emd (earth mover's distance from the votes on a photo), such as { huber = 1.0, plcc = 0.5, rank = 0.5 }.
        loss: Loss = Loss::default();
        /// Where the Huber loss turns from squared to absolute, in standard deviations of the labels.
        huber_delta: f64 = 1.0;
        /// Most epochs (passes over the training photos).
        epochs: u32 = 20;
        /// Stop after this many epochs without a better validation SRCC; 0 never stops early.
        patience: u32 = 6;
        /// Photos a step.
        batch_size: usize = 16;
        /// Photos in the device's memory at a time: a step goes through its photos in parts of this size; 0 takes all at once. Halved by itself, with a notice, when the memory does not hold it.
        micro_batch: usize = 0;
        /// Share of synthetic photos in every step, 0-0.5: versions of the best training photos with known defects, which keep what pre-training taught.
        replay: f64 = 0.0;
        /// Optimiser: adamw, or sgd with Nesterov's momentum (which wants a higher learning rate).
        optimiser: OptimiserKind = OptimiserKind::Adamw;
        /// Peak learning rate.
        learning_rate: f64 = 2e-3;
        /// Decoupled weight decay of AdamW.
        weight_decay: f64 = 0.05;
        /// Share of all steps in which the learning rate rises from zero.
        warmup: f64 = 0.05;
        /// Gradients longer than this, over all weights together, are shortened to it; 0 leaves them.
        clip: f64 = 5.0;
        /// Decay a step of the slow average of the weights, which is what validates and scores; 0 takes the last weights.
        average: f64 = 0.98;
        /// Share of the groups held out for validation, 0-0.5.
        validation_share: f64 = 0.15;
        /// Share of the groups held out for the final test, 0-0.5.
        test_share: f64 = 0.15;
        /// When above 1, the test part is one of so many folds of the groups, and `test_share` does not count.
        folds: u32 = 0;
        /// Which fold, from 0.
        fold: u32 = 0;
        /// Seed of every random choice.
        seed: u64 = 1;
        /// Device: auto, gpu or cpu.
        device: DeviceChoice = DeviceChoice::Auto;
        /// Memory for decoded training photos, in megabytes; photos beyond it are decoded again every epoch.
        cache_mb: usize = 2048;
    }
    /// The personal model, which learns along with every vote.
    personal: PersonalConfig {
        /// The network that describes photos for it and whose score it starts from: a name, id or folder. One that learnt from this project's labels is refused.
        base: String = "default".to_owned();
        /// Weights of a network trained elsewhere (MobileNetV2, ResNet-18 or -50; .safetensors, .pth, .pt) whose features it learns from: a file, also relative to the project. Empty: that of the personal model there is, else the base network's own features; "none": the base's own.
        backbone: String = String::new();
    }
    /// Scoring.
    score: ScoreConfig {
        /// Device: auto, gpu or cpu.
        device: DeviceChoice = DeviceChoice::Auto;
        /// What computes on the CPU: auto (the fastest, found by a short measurement), packshot (its own kernels), burn, tract, or ort (onnxruntime, when its library is found); scores are the same within 0.001.
        engine: EngineChoice = EngineChoice::Auto;
        /// Photos a batch.
        batch_size: usize = 16;
        /// Measure attributes too, for the reason beside a score; false gives scores alone, about twice as fast.
        attributes: bool = true;
        /// Rule pack that gives the reason beside a score: a name (see `packshot rules list`) or a .toml file.
        rules: String = "house".to_owned();
    }
    /// Rule packs.
    rules: RulesConfig {
        /// Folder with your own rule packs; when empty, `rules` in your configuration folder (see `packshot rules list`).
        folder: String = String::new();
    }
    /// The HTTP scoring API.
    server: ServerConfig {
        /// Address to listen on.
        host: String = "127.0.0.1".to_owned();
        /// Port to listen on.
        port: u16 = 8077;
        /// Largest photo in megabytes, and the largest body of a request for one photo.
        max_body_mb: usize = 20;
        /// Largest body in megabytes of a request for several photos.
        max_batch_mb: usize = 100;
        /// Most megabytes of bodies that are read or worked on at a time; beyond it requests are refused with 503. Not less than `max_batch_mb`.
        max_inflight_mb: usize = 512;
        /// Most connections at a time; others wait until one is free.
        max_connections: usize = 1024;
        /// Seconds a client may take to send its headers, and that a connection may be idle.
        header_timeout_s: u64 = 15;
        /// Most photos in one request; not more than `queue`.
        max_photos: usize = 64;
        /// Photos with more megapixels than this are refused before they are decoded; decode.max_megapixels holds too.
        max_megapixels: u32 = 50;
        /// Photos computed at a time, at most.
        batch_size: usize = 16;
        /// How long a batch waits to fill up while more photos are being decoded, in milliseconds.
        batch_wait_ms: u64 = 4;
        /// Photos that may wait or be worked on; beyond it requests are refused with 503.
        queue: usize = 256;
        /// Threads that decode and measure photos; 0 takes one a core.
        workers: usize = 0;
        /// Seconds after which a photo that has no score yet is answered with 504.
        timeout_s: u64 = 30;
        /// Seconds after SIGTERM in which new requests are still answered, with 503, so that a load balancer takes notice.
        notice_s: u64 = 3;
        /// Seconds a stop waits for requests under way after that.
        drain_s: u64 = 30;
        /// API keys that may ask, as `packshot serve --make-key NAME` prints them: NAME:SHA-256. Without any, only this machine may.
        keys: Vec<String> = Vec::new();
        /// Requests a minute of one client (a key, or an address where there are no keys); 0 sets no limit.
        requests_per_minute: u32 = 0;
        /// Web pages that may use the API from a browser, for example ["https://shop.example"]; none by default.
        cors_origins: Vec<String> = Vec::new();
        /// Certificate chain as a PEM file; with `tls_key` the server speaks HTTPS.
        tls_certificate: String = String::new();
        /// The certificate's private key as a PEM file.
        tls_key: String = String::new();
        /// Write one line a request to the project's log: time, status and size, never a photo or its name.
        access_log: bool = true;
    }
    /// Export to an MLflow server. Users, passwords and tokens are not settings: they come from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN, or the system's keyring.
    mlflow: MlflowConfig {
        /// Address of the server, for example "http://127.0.0.1:5000".
        tracking_uri: String = String::new();
        /// Experiment that runs go into; when empty, "packshot/" and the project's name.
        experiment: String = String::new();
        /// Name that models are registered under.
        registered_model: String = "packshot".to_owned();
        /// Alias that points to the project's current model.
        alias: String = "champion".to_owned();
        /// Certificates to trust instead of the public ones, a PEM file.
        ca_file: String = String::new();
    }
}

/// What a setting does: `explained("train", "epochs")`; empty where there is no such setting.
pub fn explained(section: &str, key: &str) -> &'static str {
    let doc = DOCS.iter().find(|doc| doc.section == section && doc.key == key);
    doc.map_or("", |doc| doc.text.trim())
}

/// The largest share of the photos that may be held out in all.
const MOST_HELD_OUT: f64 = 0.8;

impl Config {
    /// Defaults, then a configuration file (when it exists), then environment pairs, then `key=value` flags.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] naming the file, variable or flag with an unknown key or an unfit value.
    pub fn load(file: &Path, env: impl Iterator<Item = (String, String)>, flags: &[String]) -> Result<Self> {
        let mut table = toml::Table::new();
        match std::fs::read_to_string(file) {
            Ok(text) => {
                table =
                    text.parse().map_err(|error: toml::de::Error| bad_source(&file.display().to_string(), error))?;
                Self::from_table(&table).map_err(|error| bad_source(&file.display().to_string(), error))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", file, error)),
        }
        let mut env: Vec<_> = env.filter(|(name, _)| name.starts_with(ENV_PREFIX)).collect();
        env.sort();
        for (name, value) in env {
            let lower = name[ENV_PREFIX.len()..].to_lowercase();
            if let Some((section, key)) = lower.split_once('_').filter(|(section, _)| is_section(section)) {
                apply(&mut table, section, key, &value, &format!("environment variable {name}"))?;
            }
        }
        Self::from_flags(table, flags)
    }

    /// This configuration with flags such as `train.epochs=5` on top.
    ///
    /// # Errors
    /// [`crate::error::Code::Usage`] or [`crate::error::Code::BadData`] when a flag or its value is not known.
    pub fn with_flags(&self, flags: &[String]) -> Result<Self> {
        let table = toml::Table::try_from(self).map_err(|error| Error::internal("configuration").caused_by(error))?;
        Self::from_flags(table, flags)
    }

    fn from_flags(mut table: toml::Table, flags: &[String]) -> Result<Self> {
        for flag in flags {
            let source = format!("--set {flag}");
            let (path, value) =
                flag.split_once('=').ok_or_else(|| Error::usage(format!("{source}: write key=value")))?;
            let (section, key) = path.split_once('.').ok_or_else(|| {
                Error::usage(format!("{source}: write section.key=value, for example train.epochs=5"))
            })?;
            apply(&mut table, section.trim(), key.trim(), value.trim(), &source)?;
        }
        let config = Self::from_table(&table).map_err(|error| bad_source("configuration", error))?;
        config.check()?;
        Ok(config)
    }

    fn from_table(table: &toml::Table) -> std::result::Result<Self, toml::de::Error> {
        toml::Value::Table(table.clone()).try_into()
    }

    fn check(&self) -> Result<()> {
        let train = &self.train;
        let share = |name: &str, value: f64, max: f64| {
            if (0.0..=max).contains(&value) {
                Ok(())
            } else {
                Err(Error::bad_data(format!("{name} is {value}: it must lie between 0 and {max}")))
            }
        };
        let positive = |name: &str, ok: bool| {
            if ok { Ok(()) } else { Err(Error::bad_data(format!("{name} must be greater than zero"))) }
        };
        share("train.validation_share", train.validation_share, 0.5)?;
        positive("train.validation_share", train.validation_share > 0.0)?;
        share("train.test_share", train.test_share, 0.5)?;
        if train.validation_share + train.test_share > MOST_HELD_OUT {
            let summary = "train.validation_share and train.test_share leave too little to learn from";
            return Err(Error::bad_data(summary).hint(format!("Together they may be {MOST_HELD_OUT} at most.")));
        }
        if train.test_share == 0.0 && train.folds < 2 && !train.start.is_empty() {
            return Err(Error::bad_data("train.test_share is 0, and there is a model to start from")
                .hint("What starts from a model is kept when it is better on test photos; hold some out."));
        }
        share("train.replay", train.replay, 0.5)?;
        share("train.warmup", train.warmup, 1.0)?;
        share("train.weight_decay", train.weight_decay, 1.0)?;
        share("train.average", train.average, 0.9999)?;
        positive("train.clip, when it is not 0,", train.clip >= 0.0 && train.clip.is_finite())?;
        if !train.loss.has_level() {
            let summary = format!("train.loss is {}: it does not tell the level of every photo", train.loss);
            return Err(Error::bad_data(summary).hint(
                "Add huber, mse or mae, for example { huber = 1.0, rank = 0.5 }: scores from 0 to 100 need it.",
            ));
        }
        if train.start.is_empty() && train.learns != Learns::All {
            return Err(Error::bad_data("train.learns is not all, and there is no model to start from")
                .hint("Name one, for example --set train.start=default."));
        }
        if train.fold > 0 && train.fold >= train.folds {
            return Err(Error::bad_data(format!("train.fold is {}: it must be below train.folds", train.fold)));
        }
        positive("train.epochs", train.epochs > 0)?;
        positive("train.batch_size", train.batch_size > 0)?;
        positive("train.learning_rate", train.learning_rate > 0.0 && train.learning_rate.is_finite())?;
        positive("train.huber_delta", train.huber_delta > 0.0 && train.huber_delta.is_finite())?;
        positive("score.batch_size", self.score.batch_size > 0)?;
        let server = &self.server;
        positive("server.batch_size", server.batch_size > 0)?;
        positive("server.queue", server.queue > 0)?;
        positive("server.max_photos", server.max_photos > 0)?;
        positive("server.timeout_s", server.timeout_s > 0)
    }

    /// The configuration as commented TOML: every setting under its explanation.
    ///
    /// # Errors
    /// [`crate::error::Code::Internal`] when a value cannot be written as TOML.
    pub fn to_commented_toml(&self) -> Result<String> {
        let value = toml::Value::try_from(self).map_err(|error| Error::internal("configuration").caused_by(error))?;
        let mut text = String::new();
        let mut section = "";
        for doc in DOCS {
            if doc.section != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{}]\n", doc.section));
                section = doc.section;
            }
            let setting = value.get(doc.section).and_then(|table| table.get(doc.key));
            let setting =
                setting.ok_or_else(|| Error::internal(format!("no value for {}.{}", doc.section, doc.key)))?;
            text.push_str(&format!("#{}\n{} = {setting}\n", doc.text, doc.key));
        }
        Ok(text)
    }
}

fn is_section(name: &str) -> bool {
    DOCS.iter().any(|doc| doc.section == name)
}

fn bad_source(source: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::bad_data(format!("{source} is not a valid configuration"))
        .hint("`packshot config show` lists every setting with its meaning.")
        .caused_by(error)
}

/// Sets one value from text, checked at once so that the error names its source.
fn apply(table: &mut toml::Table, section: &str, key: &str, text: &str, source: &str) -> Result<()> {
    if !DOCS.iter().any(|doc| doc.section == section && doc.key == key) {
        return Err(Error::bad_data(format!("{source}: there is no setting {section}.{key}"))
            .hint("`packshot config show` lists every setting with its meaning."));
    }
    let parsed = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
    let candidates = [parsed, Some(toml::Value::String(text.to_owned()))];
    let mut failure = None;
    for value in candidates.into_iter().flatten() {
        let mut trial = table.clone();
        let entry = trial.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(entries) = entry {
            entries.insert(key.to_owned(), value);
        }
        match Config::from_table(&trial) {
            Ok(_) => {
                *table = trial;
                return Ok(());
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let cause = failure.map_or_else(String::new, |error| format!(": {}", error.message()));
    Err(Error::bad_data(format!("{source}: {text:?} does not fit {section}.{key}{cause}")))
}

#[cfg(test)]
mod tests;
