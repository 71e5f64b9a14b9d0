//! A plan on disk, to be sent later from a machine that reaches the server.

use std::path::{Component, Path, PathBuf};

use super::plan::{FORMAT, PlannedFile, RunPlan};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::imaging::sha256_hex;

const PLAN: &str = "plan.json";

/// Writes a run into a folder of its own below `folder`, and gives that one; a run that is there already is replaced, the
/// plan last.
///
/// # Errors
/// When a file cannot be written.
pub fn write_bundle(folder: &Path, plan: &RunPlan) -> Result<PathBuf> {
    let own = folder.join(&plan.uuid);
    let model = plan.model.iter().flat_map(|model| &model.files).map(|file| ("model", file));
    for (part, file) in plan.files.iter().map(|file| ("files", file)).chain(model) {
        let path = own.join(part).join(&file.path);
        let parent = path.parent().unwrap_or(&own);
        std::fs::create_dir_all(parent).map_err(|error| Error::io("create the folder", parent, error))?;
        write_atomically(&path, true, |out| out.write_all(&file.bytes))?;
    }
    let text = serde_json::to_string_pretty(plan)
        .map_err(|error| Error::internal("could not serialise the plan").caused_by(error))?;
    write_atomically(&own.join(PLAN), true, |out| out.write_all(text.as_bytes()))?;
    Ok(own)
}

/// The runs of a bundle, in order of their folders' names; also of the folder of one run.
///
/// # Errors
/// [`crate::Code::NotFound`] when there is none, [`crate::Code::BadData`] when a file is missing, damaged, or of a newer
/// Packshot.
pub fn read_bundle(folder: &Path) -> Result<Vec<RunPlan>> {
    if folder.join(PLAN).is_file() {
        return Ok(vec![read_run(folder)?]);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.join(PLAN).is_file()).collect();
    folders.sort();
    if folders.is_empty() {
        return Err(Error::not_found(format!("{} holds no exported run", folder.display()))
            .hint("`packshot export mlflow --offline DIR` writes one."));
    }
    folders.iter().map(|folder| read_run(folder)).collect()
}

fn read_run(folder: &Path) -> Result<RunPlan> {
    let path = folder.join(PLAN);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    let mut plan: RunPlan = serde_json::from_str(&text)
        .map_err(|error| Error::bad_data(format!("{} is not a plan", path.display())).caused_by(error))?;
    if plan.format > FORMAT {
        return Err(Error::bad_data(format!("{} was written by a newer Packshot", path.display()))
            .hint("Update Packshot to send it."));
    }
    plan.files.iter_mut().try_for_each(|file| fill(&folder.join("files"), file))?;
    let mut model = plan.model.iter_mut().flat_map(|model| &mut model.files);
    model.try_for_each(|file| fill(&folder.join("model"), file))?;
    Ok(plan)
}

fn fill(folder: &Path, file: &mut PlannedFile) -> Result<()> {
    let relative = Path::new(&file.path);
    let path = folder.join(relative);
    if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(Error::bad_data(format!("{} leads out of its bundle", path.display())));
    }
    file.bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    if sha256_hex(&file.bytes) == file.sha256 {
        return Ok(());
    }
    Err(Error::bad_data(format!("{} is not what was written", path.display())).hint("Export the run again."))
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::{facts, point, run};
    use super::super::plan::{ModelPlan, plan_run};
    use super::*;

    #[test]
    fn a_bundle_reads_back_as_it_was_and_notices_damage() {
        let run = run();
        let odd = 0.1_f64.next_up() / 3.0;
        let points = [point("train_loss", 1, f64::INFINITY, 5), point("train_loss", 2, odd, 6)];
        let mut plan = plan_run(&facts(&run, &points));
        plan.files.push(PlannedFile::new("figures/curves.png", [1, 2, 3]));
        let files = vec![PlannedFile::new("data/model.onnx", [4]), PlannedFile::new("MLmodel", "x")];
        let (params, tags) = (Vec::new(), Vec::new());
        plan.model =
            Some(ModelPlan { id: "m".into(), registered: "packshot".into(), alias: None, params, tags, files });
        let folder = tempfile::tempdir().expect("temp dir");
        let own = write_bundle(folder.path(), &plan).expect("writes");
        write_bundle(folder.path(), &plan).expect("writes again");
        assert_eq!(read_bundle(folder.path()).expect("reads"), [plan.clone()]);
        assert_eq!(read_bundle(&own).expect("reads one")[0].digest(), plan.digest());

        std::fs::write(own.join("model/MLmodel"), "y").expect("writes");
        assert!(read_bundle(&own).expect_err("damaged").summary.contains("MLmodel"));
        plan.files[0].path = "../../etc".to_owned();
        std::fs::write(own.join(PLAN), serde_json::to_string(&plan).expect("JSON")).expect("writes");
        assert!(read_bundle(&own).expect_err("leads out").summary.contains("leads out"));
        read_bundle(&folder.path().join("nothing")).expect_err("no folder");
    }
}
