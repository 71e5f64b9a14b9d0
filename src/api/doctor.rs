//! Health: versions, devices, display, project.

use std::path::Path;

use super::scorer::Scorer;
use super::{CODE_VERSION, Project, find_model, fused};
use crate::config::{Config, DeviceChoice, EngineChoice, ScoreConfig};
use crate::error::Result;
use crate::{device, infer, nn};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub topic: &'static str,
    /// Whether it is as it should be.
    pub healthy: bool,
    /// What was found.
    pub text: String,
}

fn good(topic: &'static str, text: impl Into<String>) -> Finding {
    Finding { topic, healthy: true, text: text.into() }
}

fn found<T>(topic: &'static str, result: Result<T>, text: impl FnOnce(T) -> String) -> Finding {
    match result {
        Ok(value) => good(topic, text(value)),
        Err(error) => Finding { topic, healthy: false, text: error.chain() },
    }
}

/// Looks at everything and changes nothing: a project that is not there yet is not made.
pub fn examine(root: &Path, config: Result<Config>) -> Vec<Finding> {
    let features = [
        ("gui", cfg!(feature = "gui")),
        ("server", cfg!(feature = "server")),
        ("gpu", cfg!(feature = "gpu")),
        ("cuda", cfg!(feature = "cuda")),
    ];
    let features: Vec<&str> = features.iter().filter(|feature| feature.1).map(|feature| feature.0).collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut findings = vec![
        good("version", format!("{CODE_VERSION} with {}", features.join(", "))),
        good("processor", format!("{threads} threads, {}", simd())),
    ];
    let adapters = device::adapters();
    findings.extend(adapters.iter().map(|adapter| {
        let kind = if adapter.software { " (emulated by the processor; draws the window, never computes)" } else { "" };
        good("adapter", format!("{}{kind}", adapter.name))
    }));
    findings.push(found("compute", device::choose(DeviceChoice::Auto), |chosen| {
        format!("auto chooses {}: {}", chosen.described(), chosen.reason)
    }));
    let score = config.as_ref().map_or_else(|_| ScoreConfig::default(), |config| config.score.clone());
    findings.push(found("engine", engine(&score), |text| text));
    findings.push(good("onnxruntime", onnxruntime()));
    findings.push(good("display", display()));
    match config {
        Ok(config) => {
            findings.push(good("configuration", "valid"));
            findings.extend(project(root, config));
        }
        Err(error) => findings.push(Finding { topic: "configuration", healthy: false, text: error.chain() }),
    }
    findings
}

/// What each choice of a device comes to on this machine, in words; why, where there is none.
pub fn describe_devices() -> Vec<(DeviceChoice, String)> {
    let text = |choice| device::choose(choice).map_or_else(|error| error.chain(), |chosen| chosen.described());
    [DeviceChoice::Auto, DeviceChoice::Gpu, DeviceChoice::Cpu].map(|choice| (choice, text(choice))).to_vec()
}

/// What computes scores on the CPU: the engines are timed on the default network.
fn engine(score: &ScoreConfig) -> Result<String> {
    let (architecture, batch) = (&nn::ARCHITECTURES[0], score.batch_size);
    let measured = infer::engine_speeds(architecture, batch)?.describe();
    let configured = match score.engine {
        EngineChoice::Auto => String::new(),
        EngineChoice::Own => "packshot is configured; the fastest is ".to_owned(),
        EngineChoice::Burn => "burn is configured; the fastest is ".to_owned(),
        EngineChoice::Tract => "tract is configured; the fastest is ".to_owned(),
        EngineChoice::Ort => "onnxruntime is configured; the fastest is ".to_owned(),
    };
    Ok(format!("on the CPU {configured}{measured}, {} in batches of {batch}", architecture.name))
}

/// The library that may score on the CPU; doing without it is no fault.
fn onnxruntime() -> String {
    match infer::onnxruntime_library() {
        Ok(name) => format!("{name}, one of the engines"),
        Err(error) => match &error.details {
            Some(hint) => format!("{}; {hint}", error.chain()),
            None => error.chain(),
        },
    }
}

fn simd() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "AVX-512";
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            return "AVX2";
        }
    }
    if cfg!(target_arch = "aarch64") { "NEON" } else { "no vector extension" }
}

fn display() -> String {
    if !cfg!(target_os = "linux") {
        return "the desktop's own".to_owned();
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
        (Some(name), _) => format!("Wayland {name}"),
        (None, Some(name)) => format!("X11 {name}"),
        (None, None) => "none: the window cannot open here, everything else works".to_owned(),
    }
}

fn project(root: &Path, config: Config) -> Vec<Finding> {
    if !Project::is_in(root) {
        return vec![good("project", format!("none yet in {}; `packshot open` makes it", root.display()))];
    }
    let project = match Project::open(root, config) {
        Ok(project) => project,
        Err(error) => return vec![Finding { topic: "project", healthy: false, text: error.chain() }],
    };
    let mut findings = vec![good("project", project.root().display().to_string())];
    findings.push(found("contents", contents(&project), |text| text));
    findings.push(found("model", model(&project), |text| text));
    let problems = project.store().and_then(|store| store.integrity_problems());
    findings.push(match problems {
        Ok(problems) if problems.is_empty() => good("database", "sound"),
        Ok(problems) => Finding { topic: "database", healthy: false, text: problems.join("; ") },
        Err(error) => Finding { topic: "database", healthy: false, text: error.chain() },
    });
    let probe = project.cache().join("doctor.tmp");
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    let written = written.map_err(|error| crate::error::Error::io("write to", &project.cache(), error));
    findings.push(found("cache", written, |()| "writable".to_owned()));
    findings
}

/// The model in force, which is loaded as for scoring.
fn model(project: &Project) -> Result<String> {
    let entry = find_model(project, None)?;
    let device = device::choose(project.config.score.device)?.device;
    Scorer::load(&entry, &device, &project.config.score)?;
    let name = if entry.name.is_empty() { entry.card.id.0.as_str() } else { entry.name.as_str() };
    Ok(format!("{name} ({}, {}) scores where no other one is named", entry.card.architecture, entry.card.id))
}

fn contents(project: &Project) -> Result<String> {
    let store = project.store()?;
    let (photos, unreadable) = store.photo_counts()?;
    let (labels, runs, models) = (fused::labels(&store)?.len(), store.runs()?.len(), store.models()?.len());
    Ok(format!("{photos} photos ({unreadable} unreadable), {labels} labels, {runs} runs, {models} models"))
}
