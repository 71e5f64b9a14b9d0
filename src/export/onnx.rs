//! A model as an ONNX file, with the Python script that feeds it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{check_output, write_atomically};

/// Makes the views of a photo with Pillow as `preprocess` does, runs the model with onnxruntime, prints a table.
const SCRIPT: &str = include_str!("../../assets/onnx/score.py");

/// What the script's name adds to the model's: it looks for the model beside itself by that.
const SCRIPT_ENDING: &str = "_score.py";

/// Where the script of an ONNX file lies: `quality_score.py` beside `quality.onnx`.
pub fn onnx_script(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(SCRIPT_ENDING);
    file.with_file_name(name)
}

/// Refuses a file by another name than `.onnx`, and, unless `overwrite` is set, files that are there.
///
/// # Errors
/// [`crate::error::Code::Usage`].
pub fn check_onnx_file(file: &Path, overwrite: bool) -> Result<()> {
    if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) {
        return Err(Error::usage(format!("{} does not end in .onnx", file.display()))
            .hint("Name the file something.onnx; its script will be something_score.py."));
    }
    let script = onnx_script(file);
    [file, &script].into_iter().try_for_each(|path| check_output(path, overwrite))
}

/// Writes a model's ONNX bytes and the script beside them; gives the script's path.
///
/// # Errors
/// As [`check_onnx_file`] and [`write_atomically`].
pub fn write_onnx(file: &Path, overwrite: bool, bytes: &[u8]) -> Result<PathBuf> {
    check_onnx_file(file, overwrite)?;
    let script = onnx_script(file);
    write_atomically(&script, overwrite, |out| out.write_all(SCRIPT.as_bytes()))?;
    write_atomically(file, overwrite, |out| out.write_all(bytes))?;
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn the_script_is_named_after_the_model_and_nothing_is_replaced_unasked() {
        let folder = tempfile::tempdir().expect("temp dir");
        let file = folder.path().join("my quality.v2.onnx");
        assert_eq!(onnx_script(&file), folder.path().join("my quality.v2_score.py"));
        assert_eq!(check_onnx_file(Path::new("model.pb"), true).expect_err("a name").code, Code::Usage);
        std::fs::write(onnx_script(&file), "mine").expect("writes");
        assert_eq!(write_onnx(&file, false, b"graph").expect_err("there is a script").code, Code::Usage);
        assert!(!file.exists());
        let script = write_onnx(&file, true, b"graph").expect("replaces");
        assert_eq!(std::fs::read(&file).expect("reads"), b"graph");
        assert_eq!(std::fs::read_to_string(script).expect("reads"), SCRIPT);
    }
}
