//! The ONNX graph computed by onnxruntime, whose library is looked for at run time: nothing is linked, shipped or
//! downloaded, and without it the other engines compute.

use std::env;
use std::error::Error as _;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use prost::Message as _;
use tract_onnx::pb::ModelProto;

use super::each::on_every_core;
use super::graph::RAW;
use crate::error::{Code, Error, Result};
use crate::jobs::worker_count;
use crate::nn::{VIEW_EDGE, VIEWS};
use crate::preprocess::Views;

/// The environment variable that names the library's file.
pub const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";

/// Under these names the system's loader is asked for the library.
const USUAL_NAMES: &[&str] = if cfg!(windows) {
    &["onnxruntime.dll"]
} else if cfg!(target_os = "macos") {
    &["libonnxruntime.dylib", "libonnxruntime.1.dylib"]
} else {
    &["libonnxruntime.so", "libonnxruntime.so.1"]
};

/// The library, looked for once a process and never let go: it does not bear being closed.
static LIBRARY: LazyLock<std::result::Result<Library, String>> =
    LazyLock::new(|| match env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => Library::open(&[path.into()]),
        None => Library::open(&USUAL_NAMES.iter().map(PathBuf::from).collect::<Vec<_>>()),
    });

struct Library {
    environment: Environment,
    /// Version and file in words: "1.32 (/usr/lib/libonnxruntime.so)".
    name: String,
}

/// The version and the file of the library in words; or why there is none.
///
/// # Errors
/// [`Code::NotFound`] when there is no library, or none that can be used.
pub fn onnxruntime_library() -> Result<&'static str> {
    library().map(|library| library.name.as_str())
}

fn library() -> Result<&'static Library> {
    LIBRARY.as_ref().map_err(|reason| {
        Error::new(Code::NotFound, format!("onnxruntime is not used: {reason}"))
            .hint(format!("{LIBRARY_VARIABLE} may name the file of its library; scores are the same without it."))
    })
}

impl Library {
    /// Opens the first that can be used; else the reasons of all.
    fn open(candidates: &[PathBuf]) -> std::result::Result<Self, String> {
        let mut reasons = Vec::new();
        for path in candidates {
            // A file that is no onnxruntime, or a damaged one, must cost no more than itself.
            match catch_unwind(|| Self::open_one(path)) {
                Ok(Ok(library)) => return Ok(library),
                Ok(Err(reason)) => reasons.push(reason),
                Err(_) => reasons.push(format!("{} cannot be used", path.display())),
            }
        }
        let said = reasons.join("; ");
        // A library that is nowhere is told once, not once a name.
        let absent = reasons.iter().all(|reason| reason.contains("No such file"));
        Err(if absent { format!("{} was not found", candidates_text(candidates)) } else { said })
    }

    fn open_one(path: &PathBuf) -> std::result::Result<Self, String> {
        let builder = ort::init_from(path).map_err(|error| reason(&error))?;
        let environment = builder.with_name("packshot").with_telemetry(false).build();
        let environment = environment.map_err(|error| format!("{}: {error}", path.display()))?;
        let minor = ort::util::probe(path).map_or_else(String::new, |minor| format!("1.{minor} "));
        Ok(Self { environment, name: format!("{minor}({})", path.display()) })
    }
}

/// "libonnxruntime.so or libonnxruntime.so.1".
fn candidates_text(candidates: &[PathBuf]) -> String {
    candidates.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or ")
}

/// Why a file is no library that can be used; the loader's own words where it has some.
fn reason(error: &ort::LoadDynamicError) -> String {
    match error {
        ort::LoadDynamicError::Dlopen { error, path } => {
            let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            format!("{} cannot be loaded ({said})", path.display())
        }
        other => other.to_string(),
    }
}

/// A graph made ready for this processor. It takes one photo at a time, on one core: no batch is ever filled up, and the
/// same photo gives the same bits whatever it is scored with.
pub(super) struct Compiled {
    /// One a worker: a session computes one photo at a time.
    sessions: Vec<Mutex<Session>>,
}

impl Compiled {
    /// The graph up to its raw output.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no library, [`Code::Internal`] when it cannot take the graph.
    pub(super) fn raw(model: &ModelProto) -> Result<Self> {
        let library = library()?;
        let bytes = up_to_raw(model).encode_to_vec();
        let session = |_| session(&library.environment, &bytes).map(Mutex::new);
        let prepare = || (0..worker_count()).map(session).collect::<std::result::Result<_, _>>();
        Ok(Self { sessions: guarded("prepare the network", prepare)? })
    }

    /// The raw output of every photo, in order.
    ///
    /// # Errors
    /// [`Code::Internal`] when onnxruntime fails.
    pub(super) fn run(&self, photos: &[&Views]) -> Result<Vec<f64>> {
        let session = |worker: usize| {
            let own = &self.sessions[worker % self.sessions.len()];
            Ok(own.lock().unwrap_or_else(PoisonError::into_inner))
        };
        on_every_core(photos, session, |session, photo| {
            guarded("compute the network", || {
                let values: Vec<f32> = photo.bytes().iter().map(|&byte| f32::from(byte) / 255.0).collect();
                let input = TensorRef::from_array_view(([1, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], values.as_slice()))?;
                let outputs = session.run(ort::inputs![input])?;
                let (_, raw) = outputs[RAW].try_extract_tensor::<f32>()?;
                raw.first().map(|&raw| f64::from(raw)).ok_or_else(|| ort::Error::new("the output is empty"))
            })
        })
    }
}

/// The graph with its raw output alone.
fn up_to_raw(model: &ModelProto) -> ModelProto {
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        graph.output.truncate(1);
        graph.output.iter_mut().for_each(|output| output.name = RAW.to_owned());
    }
    model
}

fn session(environment: &Environment, model: &[u8]) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .commit_from_memory(model)
}

/// What `work` gives; a failure, or a panic inside, becomes an error.
fn guarded<T>(action: &str, work: impl FnOnce() -> ort::Result<T>) -> Result<T> {
    let failed = |reason: String| {
        Error::internal(format!("onnxruntime could not {action}: {reason}"))
            .hint("score.engine = \"burn\" does without it.")
    };
    match catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("it broke off".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().expect("temp dir");
        let text = folder.path().join("libonnxruntime.so");
        std::fs::write(&text, "this is no library").expect("writes");
        let gone = folder.path().join("gone.so");
        let Err(reason) = Library::open(&[gone.clone(), text.clone()]) else { panic!("opened what is no library") };
        for path in [gone, text] {
            assert!(reason.contains(&path.display().to_string()), "{reason}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_of_something_else_is_refused() {
        let Err(reason) = Library::open(&["libc.so.6".into()]) else { panic!("libc is no onnxruntime") };
        assert!(reason.contains("OrtGetApiBase"), "{reason}");
    }
}
