//! What the history knows of runs: their recipe, their order, and where their settings differ.

use std::cmp::Ordering;

use serde_json::Value;

use crate::domain::Run;
use crate::ui::prefs::RunColumn;

/// Architecture and loss, from the configuration the run has recorded.
pub fn recipe(run: &Run) -> String {
    let table: toml::Table = run.config_toml.parse().unwrap_or_default();
    let train = table.get("train").and_then(toml::Value::as_table);
    let setting = |name: &str| train?.get(name).map(plain);
    [setting("architecture"), setting("loss")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A value without the quotes of TOML.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Starred runs first, then by the column, then the newest; runs without a value last, whichever way round.
pub fn sort_runs(runs: &mut [Run], column: RunColumn, descending: bool) {
    runs.sort_by_key(|run| std::cmp::Reverse(run.started_ms));
    let way = |order: Ordering| if descending { order.reverse() } else { order };
    let number = |run: &Run| match column {
        RunColumn::Time => run.finished_ms.map(|end| (end - run.started_ms) as f64),
        RunColumn::Validation => run.summary.get("validation_srcc").and_then(Value::as_f64),
        RunColumn::Test => run.summary.get("test_srcc").and_then(Value::as_f64),
        _ => Some(run.started_ms as f64),
    };
    let text = |run: &Run| match column {
        RunColumn::Name => Some(run.meta.name.to_lowercase()),
        RunColumn::Status => Some(run.status.name().to_owned()),
        RunColumn::Recipe => Some(recipe(run)),
        _ => None,
    };
    let keys: Vec<(Option<String>, Option<f64>)> = runs.iter().map(|run| (text(run), number(run))).collect();
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by(|&a, &b| match (&keys[a], &keys[b]) {
        ((Some(a), _), (Some(b), _)) => way(a.cmp(b)),
        ((_, Some(a)), (_, Some(b))) => way(a.total_cmp(b)),
        ((_, a), (_, b)) => b.is_some().cmp(&a.is_some()),
    });
    order.sort_by_key(|&place| !runs[place].meta.starred);
    let sorted: Vec<Run> = order.into_iter().map(|place| runs[place].clone()).collect();
    runs.clone_from_slice(&sorted);
}

/// The settings in which runs differ, each with its value in every run, in the order of the runs; "–" where a run did
/// not record it.
pub fn differences(runs: &[&Run]) -> Vec<(String, Vec<String>)> {
    let recorded: Vec<std::collections::BTreeMap<String, String>> = runs.iter().map(|run| settings(run)).collect();
    let names: std::collections::BTreeSet<&String> = recorded.iter().flat_map(|settings| settings.keys()).collect();
    let row = |name: &String| {
        let value =
            |settings: &std::collections::BTreeMap<_, String>| settings.get(name).map_or("–", |value| value).to_owned();
        (name.clone(), recorded.iter().map(value).collect::<Vec<_>>())
    };
    names.into_iter().map(row).filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
}

/// Every setting that a run has recorded, by its name: "train.epochs", and its dataset.
fn settings(run: &Run) -> std::collections::BTreeMap<String, String> {
    let table: toml::Table = run.config_toml.parse().unwrap_or_default();
    let mut found = std::collections::BTreeMap::new();
    for (section, values) in table {
        match values {
            toml::Value::Table(values) => {
                found.extend(values.iter().map(|(key, value)| (format!("{section}.{key}"), plain(value))));
            }
            value => drop(found.insert(section, plain(&value))),
        }
    }
    found.insert("dataset".to_owned(), run.dataset_digest.get(..12).unwrap_or_default().to_owned());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RunId, RunMeta, RunStatus};

    fn run(name: &str, started_ms: i64, test: Option<f64>, toml: &str) -> Run {
        Run {
            id: RunId(name.to_owned()),
            status: RunStatus::Completed,
            config_toml: toml.to_owned(),
            seed: 1,
            code_version: String::new(),
            device: String::new(),
            dataset_digest: "d".repeat(64),
            started_ms,
            heartbeat_ms: 0,
            finished_ms: Some(started_ms + 5),
            summary: test.map(|value| ("test_srcc".to_owned(), value.into())).into_iter().collect(),
            error: None,
            meta: RunMeta { name: name.to_owned(), ..RunMeta::default() },
        }
    }

    fn names(runs: &[Run]) -> String {
        runs.iter().map(|run| run.meta.name.as_str()).collect()
    }

    #[test]
    fn runs_without_a_value_come_last_and_starred_ones_first() {
        let mut runs = vec![
            run("a", 1, Some(0.5), ""),
            run("b", 2, None, ""),
            run("c", 3, Some(0.9), ""),
            run("d", 4, Some(0.5), ""),
        ];
        sort_runs(&mut runs, RunColumn::Test, true);
        assert_eq!(names(&runs), "cdab");
        sort_runs(&mut runs, RunColumn::Test, false);
        assert_eq!(names(&runs), "dacb");
        sort_runs(&mut runs, RunColumn::Name, false);
        assert_eq!(names(&runs), "abcd");
        runs[3].meta.starred = true;
        sort_runs(&mut runs, RunColumn::Started, true);
        assert_eq!(names(&runs), "dcba");
        sort_runs(&mut runs, RunColumn::Started, false);
        assert_eq!(names(&runs), "dabc");
    }

    #[test]
    fn only_settings_that_differ_are_told() {
        let one = run("a", 1, None, "seed = 1\n[train]\nepochs = 5\nloss = \"huber\"\n");
        let two = run("b", 1, None, "seed = 1\n[train]\nepochs = 9\nloss = \"huber\"\nclip = 5.0\n");
        let text = |values: [&str; 2]| values.map(str::to_owned).to_vec();
        assert_eq!(
            differences(&[&one, &two]),
            [("train.clip".to_owned(), text(["–", "5.0"])), ("train.epochs".to_owned(), text(["5", "9"]))]
        );
        assert_eq!(recipe(&two), "huber");
        assert!(differences(&[&one, &one]).is_empty());
    }
}
