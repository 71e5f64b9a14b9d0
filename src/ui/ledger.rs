//! The runs as the history lists them: read out of their configurations once, beside the window, sorted and found there.
//!
//! Plain values; must not know the state or the screen.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::clock::{duration_text, local_text};
use crate::domain::Run;

/// What a column of the table of runs holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RunColumn {
    /// Its name.
    Name,
    /// How it stands.
    Status,
    /// When it began.
    #[default]
    Started,
    /// Architecture and loss.
    Recipe,
    /// How long it took.
    Time,
    /// The best validation SRCC.
    Validation,
    /// The test SRCC.
    Test,
    /// Its note.
    Note,
    /// A result, by its name in the run's summary.
    Metric(String),
    /// A setting, such as "train.epochs".
    Setting(String),
}

impl RunColumn {
    /// The columns that every run has, as they come at first.
    pub const USUAL: [Self; 7] =
        [Self::Name, Self::Status, Self::Started, Self::Recipe, Self::Time, Self::Validation, Self::Test];

    /// Its title.
    pub fn title(&self) -> String {
        match self {
            Self::Name => "Name".to_owned(),
            Self::Status => "Status".to_owned(),
            Self::Started => "Started".to_owned(),
            Self::Recipe => "Model and loss".to_owned(),
            Self::Time => "Time".to_owned(),
            Self::Validation => "Validation SRCC".to_owned(),
            Self::Test => "Test SRCC".to_owned(),
            Self::Note => "Note".to_owned(),
            Self::Metric(name) | Self::Setting(name) => name.clone(),
        }
    }

    /// It holds numbers: they stand at the right, and the largest comes first.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Time | Self::Validation | Self::Test | Self::Metric(_))
    }

    /// The result that it shows.
    fn metric(&self) -> Option<&str> {
        match self {
            Self::Validation => Some("validation_srcc"),
            Self::Test => Some("test_srcc"),
            Self::Metric(name) => Some(name),
            _ => None,
        }
    }
}

/// A run with what its configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLine {
    run: Run,
    /// Architecture and loss.
    pub recipe: String,
    /// Every setting that it has recorded, by its name: "train.epochs", and its dataset.
    pub settings: BTreeMap<String, String>,
    /// What is looked through to find it, in small letters.
    haystack: String,
}

impl Deref for RunLine {
    type Target = Run;

    fn deref(&self) -> &Run {
        &self.run
    }
}

impl RunLine {
    fn new(run: Run) -> Self {
        let settings = settings(&run);
        let setting = |name: &str| settings.get(name).cloned();
        let recipe = [setting("train.architecture"), setting("train.loss")];
        let recipe = recipe.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let haystack = [&run.meta.name, &recipe, &run.meta.note, &run.id.0, run.status.name()].map(str::to_lowercase);
        Self { haystack: haystack.join("\n"), recipe, settings, run }
    }

    /// A number of it: a result, a time in seconds, or a setting that is one.
    pub fn number(&self, column: &RunColumn) -> Option<f64> {
        match column {
            RunColumn::Time => self.finished_ms.map(|end| (end - self.started_ms) as f64 / 1000.0),
            RunColumn::Started => Some(self.started_ms as f64),
            RunColumn::Setting(name) => self.settings.get(name)?.parse().ok(),
            column => self.summary.get(column.metric()?).and_then(Value::as_f64),
        }
    }

    /// What stands in a cell; "–" where it has nothing. A mean has its standard deviation beside it.
    pub fn text(&self, column: &RunColumn) -> String {
        let none = || "–".to_owned();
        match column {
            RunColumn::Name if self.origin.is_some() => format!("{} (MLflow)", self.meta.name),
            RunColumn::Name => self.meta.name.clone(),
            RunColumn::Status => self.status.name().to_owned(),
            RunColumn::Started => local_text(self.started_ms),
            RunColumn::Recipe => self.recipe.clone(),
            RunColumn::Note => self.meta.note.lines().next().unwrap_or_default().to_owned(),
            RunColumn::Time => self.finished_ms.map_or_else(none, |end| duration_text(end - self.started_ms)),
            RunColumn::Setting(name) => self.settings.get(name).cloned().unwrap_or_else(none),
            column => {
                let spread = column.metric().and_then(|name| self.summary.get(&format!("{name}_sd"))?.as_f64());
                match (self.number(column), spread) {
                    (Some(mean), Some(sd)) => format!("{mean:.3} ± {sd:.3}"),
                    (Some(value), None) => format!("{value:.3}"),
                    (None, _) => none(),
                }
            }
        }
    }

    /// Every word of the text is in its name, note, recipe or status; the text is in small letters.
    pub fn holds(&self, text: &str) -> bool {
        text.split_whitespace().all(|word| self.haystack.contains(word))
    }
}

/// All runs, and what they can be told apart by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// The runs, sorted.
    pub runs: Vec<Arc<RunLine>>,
    /// The names of their results.
    pub metrics: Vec<String>,
    /// The settings that are not the same in all of them.
    pub settings: Vec<String>,
}

impl Ledger {
    /// Reads the configurations of runs.
    pub fn new(runs: Vec<Run>) -> Self {
        let runs: Vec<Arc<RunLine>> = runs.into_iter().map(RunLine::new).map(Arc::new).collect();
        let mut metrics = BTreeSet::new();
        let mut values: BTreeMap<&String, BTreeSet<Option<&String>>> = BTreeMap::new();
        for run in &runs {
            metrics.extend(run.summary.iter().filter(|(_, value)| value.is_number()).map(|(name, _)| name));
            for name in run.settings.keys() {
                values.entry(name).or_default();
            }
        }
        for run in &runs {
            for (name, values) in &mut values {
                values.insert(run.settings.get(*name));
            }
        }
        let settings =
            values.into_iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| name.clone()).collect();
        let spread = |name: &&&String| !name.ends_with("_sd");
        let metrics = metrics.iter().filter(spread).map(|name| (*name).clone()).collect();
        Self { settings, metrics, runs }
    }

    /// Starred runs first, then by the column, then the newest; runs without a value last, whichever way round.
    pub fn sort(&mut self, column: &RunColumn, descending: bool) {
        let way = |order: Ordering| if descending { order.reverse() } else { order };
        // A setting of which one value is no number is sorted as text.
        let numbers = match column {
            RunColumn::Name | RunColumn::Status | RunColumn::Recipe | RunColumn::Note => false,
            RunColumn::Setting(name) => {
                self.runs.iter().filter_map(|run| run.settings.get(name)).all(|value| value.parse::<f64>().is_ok())
            }
            _ => true,
        };
        let key = |run: &RunLine| match numbers {
            true => (run.number(column), None),
            false => (None, Some(run.text(column).to_lowercase()).filter(|text| !text.is_empty() && text != "–")),
        };
        type Key = (Option<f64>, Option<String>);
        let mut keyed: Vec<(Key, Arc<RunLine>)> = self.runs.drain(..).map(|run| (key(&run), run)).collect();
        keyed.sort_by(|(a, first), (b, second)| {
            let by_star = second.meta.starred.cmp(&first.meta.starred);
            let by_value = match (a, b) {
                ((Some(a), _), (Some(b), _)) => way(a.total_cmp(b)),
                ((_, Some(a)), (_, Some(b))) => way(a.cmp(b)),
                (a, b) => (b.0.is_some() || b.1.is_some()).cmp(&(a.0.is_some() || a.1.is_some())),
            };
            by_star.then(by_value).then_with(|| Reverse(first.started_ms).cmp(&Reverse(second.started_ms)))
        });
        self.runs = keyed.into_iter().map(|(_, run)| run).collect();
    }

    /// The places of the runs in which a text is found.
    pub fn found(&self, text: &str) -> Vec<usize> {
        let text = text.to_lowercase();
        (0..self.runs.len()).filter(|&place| self.runs[place].holds(&text)).collect()
    }
}

/// The settings in which runs differ, each with its value in every run, in the order of the runs; "–" where a run did
/// not record it.
pub fn differences(runs: &[&Run]) -> Vec<(String, Vec<String>)> {
    let recorded: Vec<BTreeMap<String, String>> = runs.iter().map(|run| settings(run)).collect();
    let names: BTreeSet<&String> = recorded.iter().flat_map(|settings| settings.keys()).collect();
    let row = |name: &String| {
        let value = |settings: &BTreeMap<_, String>| settings.get(name).map_or("–", |value| value).to_owned();
        (name.clone(), recorded.iter().map(value).collect::<Vec<_>>())
    };
    names.into_iter().map(row).filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
}

fn settings(run: &Run) -> BTreeMap<String, String> {
    let table: toml::Table = run.config_toml.parse().unwrap_or_default();
    // Without the quotes of TOML.
    let plain = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut found = BTreeMap::new();
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
    use crate::domain::{RunId, RunMeta, RunOrigin, RunStatus};

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
            origin: None,
        }
    }

    fn names(ledger: &Ledger) -> String {
        ledger.runs.iter().map(|run| run.meta.name.as_str()).collect()
    }

    #[test]
    fn runs_without_a_value_come_last_and_starred_ones_first() {
        let mut runs = vec![
            run("a", 1, Some(0.5), ""),
            run("b", 2, None, ""),
            run("c", 3, Some(0.9), ""),
            run("d", 4, Some(0.5), ""),
        ];
        let sorted = |runs: &[Run], column: RunColumn, descending: bool| {
            let mut ledger = Ledger::new(runs.to_vec());
            ledger.sort(&column, descending);
            names(&ledger)
        };
        assert_eq!(sorted(&runs, RunColumn::Test, true), "cdab");
        assert_eq!(sorted(&runs, RunColumn::Test, false), "dacb");
        assert_eq!(sorted(&runs, RunColumn::Name, false), "abcd");
        assert_eq!(sorted(&runs, RunColumn::Note, false), "dcba", "nothing to sort by: the newest first");
        runs[0].meta.starred = true;
        assert_eq!(sorted(&runs, RunColumn::Started, true), "adcb");
        assert_eq!(sorted(&runs, RunColumn::Started, false), "abcd");
    }

    #[test]
    fn an_imported_run_says_so() {
        let mut imported = run("a", 1, None, "");
        let (server, experiment) = ("http://h".to_owned(), "shop".to_owned());
        imported.origin = Some(RunOrigin { server, experiment, run: "0f".to_owned() });
        let ledger = Ledger::new(vec![imported, run("b", 2, None, "")]);
        let names: Vec<String> = ledger.runs.iter().map(|run| run.text(&RunColumn::Name)).collect();
        assert_eq!(names, ["a (MLflow)", "b"]);
    }

    #[test]
    fn settings_are_columns_and_those_that_are_all_the_same_are_left_out() {
        let toml = |epochs: &str| format!("[train]\nepochs = {epochs}\nloss = \"huber\"\n");
        let mut runs: Vec<Run> =
            ["5", "10", "9"].iter().zip(1..).map(|(epochs, at)| run(epochs, at, Some(0.5), &toml(epochs))).collect();
        runs[1].summary.insert("test_srcc_sd".to_owned(), 0.0125.into());
        let mut ledger = Ledger::new(runs.clone());
        assert_eq!(
            (ledger.settings.as_slice(), ledger.metrics.as_slice()),
            (&["train.epochs".to_owned()][..], &["test_srcc".to_owned()][..])
        );
        let epochs = RunColumn::Setting("train.epochs".to_owned());
        ledger.sort(&epochs, false);
        assert_eq!(names(&ledger), "5910", "as numbers");
        assert_eq!(ledger.runs[2].text(&RunColumn::Test), "0.500 ± 0.013");
        assert_eq!((ledger.runs[0].text(&epochs), ledger.runs[0].number(&epochs)), ("5".to_owned(), Some(5.0)));
        assert_eq!(ledger.runs[0].text(&RunColumn::Setting("x".to_owned())), "–");
        assert_eq!(
            (ledger.found("HUBER 9"), ledger.found("").len(), ledger.found("huber nine").len()),
            (vec![1], 3, 0)
        );
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
        assert!(differences(&[&one, &one]).is_empty());
        assert_eq!(RunLine::new(two).recipe, "huber");
    }
}
