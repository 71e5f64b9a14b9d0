//! Runs as a table: a row a run, a column for each setting and result that any of them has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::domain::Run;
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// The columns that every run has.
const FIRST: [&str; 13] = [
    "id",
    "name",
    "status",
    "started",
    "finished",
    "seed",
    "device",
    "dataset_digest",
    "code_version",
    "note",
    "tags",
    "error",
    "imported_from",
];

/// Writes runs as CSV, or whole as JSON, by the file's extension. Settings stand under `setting.…`, results under
/// `metric.…`.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub fn write_runs(path: &Path, runs: &[&Run], overwrite: bool) -> Result<()> {
    match path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).as_deref() {
        Some("json") => write_atomically(path, overwrite, |out| Ok(serde_json::to_writer_pretty(out, runs)?)),
        Some("csv") => write_csv(path, runs, overwrite),
        _ => Err(Error::usage(format!("{} cannot be written: runs are a .csv or a .json", path.display()))),
    }
}

fn write_csv(path: &Path, runs: &[&Run], overwrite: bool) -> Result<()> {
    let rows: Vec<BTreeMap<String, String>> = runs.iter().map(|run| values(run)).collect();
    let names: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    write_atomically(path, overwrite, |out| {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(FIRST.into_iter().chain(names.iter().map(|name| name.as_str())))?;
        for (run, row) in runs.iter().zip(&rows) {
            let first = first(run);
            let rest = names.iter().map(|name| row.get(*name).map_or("", String::as_str));
            table.write_record(first.iter().map(String::as_str).chain(rest))?;
        }
        table.flush()
    })
}

fn first(run: &Run) -> [String; FIRST.len()] {
    let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default();
    [
        run.id.0.clone(),
        run.meta.name.clone(),
        run.status.name().to_owned(),
        time(run.started_ms),
        run.finished_ms.map(time).unwrap_or_default(),
        run.seed.to_string(),
        run.device.clone(),
        run.dataset_digest.clone(),
        run.code_version.clone(),
        run.meta.note.clone(),
        run.meta.tags.join(", "),
        run.error.clone().unwrap_or_default(),
        run.origin.as_ref().map(|origin| origin.server.clone()).unwrap_or_default(),
    ]
}

fn values(run: &Run) -> BTreeMap<String, String> {
    let result = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (format!("metric.{name}"), text)
    };
    let settings = run.settings().into_iter().map(|(name, value)| (format!("setting.{name}"), value));
    settings.chain(run.summary.iter().map(result)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RunId, RunMeta, RunStatus};

    #[test]
    fn settings_and_results_are_columns() {
        let run = |id: &str, toml: &str, srcc: Option<f64>| Run {
            id: RunId(id.to_owned()),
            status: RunStatus::Completed,
            config_toml: toml.to_owned(),
            seed: 7,
            code_version: "1".to_owned(),
            device: "CPU".to_owned(),
            dataset_digest: "d".to_owned(),
            started_ms: 1_763_913_901_000,
            heartbeat_ms: 0,
            finished_ms: None,
            summary: srcc.map(|value| ("test_srcc".to_owned(), value.into())).into_iter().collect(),
            error: None,
            meta: RunMeta {
                name: format!("run {id}"),
                note: "one, two".to_owned(),
                tags: vec!["a".to_owned(), "b".to_owned()],
                ..RunMeta::default()
            },
            origin: None,
        };
        let (a, b) = (run("a", "[train]\nloss = \"mse\"\n", Some(0.5)), run("b", "seed = 3\n", None));
        let folder = tempfile::tempdir().expect("temp dir");
        let file = folder.path().join("runs.csv");
        write_runs(&file, &[&a, &b], false).expect("writes");
        let text = std::fs::read_to_string(&file).expect("reads");
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].ends_with("note,tags,error,imported_from,metric.test_srcc,setting.seed,setting.train.loss"),
            "{text}"
        );
        assert_eq!(lines[1], "a,run a,completed,2025-11-23T16:05:01Z,,7,CPU,d,1,\"one, two\",\"a, b\",,,0.5,,mse");
        assert!(lines[2].ends_with(",,3,"), "{text}");
        assert!(write_runs(&file, &[&a], false).is_err(), "nothing is overwritten unasked");
        let json = folder.path().join("runs.json");
        write_runs(&json, &[&a, &b], false).expect("writes");
        let body: Value = serde_json::from_slice(&std::fs::read(json).expect("reads")).expect("JSON");
        assert_eq!((&body[0]["summary"]["test_srcc"], &body[1]["id"]), (&0.5.into(), &"b".into()));
        assert!(write_runs(&folder.path().join("runs.xml"), &[&a], false).is_err());
    }
}
