//! Running the binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder with a project in it, gone at the end.
pub struct World {
    folder: tempfile::TempDir,
}

/// What a run of the binary gave.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The last line of stdout as JSON.
    pub fn json(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}\n{}", self.stderr))
    }

    /// Checks the exit status, showing everything when it is another.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("temp dir") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(&path, text).expect("writes");
        path
    }

    /// The binary on this world's project, untouched by the caller's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packshot"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PACKSHOT_")) {
            command.env_remove(name);
        }
        command.env("PACKSHOT_PROJECT", self.path("project"));
        // The display belongs to the person at the machine.
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&self.command(arguments).output().expect("starts"))
    }

    /// Makes the project, with nothing in it.
    pub fn make_project(&self) {
        std::fs::create_dir_all(self.path("empty")).expect("folder");
        self.run(&["open", "empty"]).expect(0);
    }

    /// A small demo catalogue.
    pub fn demo(&self) -> PathBuf {
        let folder = self.path("demo");
        self.run(&["demo", "demo", "--skus", "9", "--shots", "5", "--progress", "none"]).expect(0);
        folder
    }

    /// A project with a model of the quick architecture, trained on a demo catalogue; gives the run's id.
    pub fn trained(&self) -> String {
        self.demo();
        self.run(&["label", "import", "demo/labels.csv"]).expect(0);
        let quick = ["--set", "train.architecture=cnn-xs", "--device", "cpu", "--epochs", "12"];
        let ran = self.run(&[&["train", "--json", "--progress", "none"], &quick[..]].concat()).expect(0);
        ran.json()["run"].as_str().expect("run id").to_owned()
    }
}

pub fn ran(output: &Output) -> Ran {
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Reads a CSV file as rows of named cells.
pub fn table(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("reads");
    reader.deserialize().map(|row| row.expect("row")).collect()
}

/// Weights of a network trained elsewhere, where the shared data are at hand.
pub fn backbone_weights() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("PACKSHOT_TEST_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let file = data.join("weights/mobilenet_v2/mobilenet_v2_1.0_224_quant.dequant.f16.safetensors");
    if !file.exists() {
        eprintln!("skipped: there is no {}", file.display());
        return None;
    }
    Some(file)
}
