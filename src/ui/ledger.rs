//! The runs as the history lists them: read out of their configurations once, beside the window, sorted and found there.
//!
//! Plain values; must not know the state or the screen.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::clock::{duration_text, local_text};
use crate::domain::{Run, RunId};
use crate::jobs::worker_count;

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
    /// Its tags.
    Tags,
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
            Self::Tags => "Tags".to_owned(),
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
        let mut settings = run.settings();
        settings.insert("dataset".to_owned(), run.short_digest().to_owned());
        let setting = |name: &str| settings.get(name).cloned();
        let recipe = [setting("train.architecture"), setting("train.loss")];
        let recipe = recipe.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let tags = run.meta.tags.join(" ");
        let haystack = [&run.meta.name, &recipe, &run.meta.note, &tags, &run.id.0, run.status.name()];
        Self { haystack: haystack.map(str::to_lowercase).join("\n"), recipe, settings, run }
    }

    /// The run of the series that it belongs to.
    fn series(&self) -> Option<&String> {
        self.settings.get("series")
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
            RunColumn::Tags => self.meta.tags.join(", "),
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

    /// Every word of the text is in its name, note, tags, recipe or status; the text is in small letters.
    pub fn holds(&self, text: &str) -> bool {
        text.split_whitespace().all(|word| self.haystack.contains(word))
    }
}

/// Reads the configurations on every core: a long history has ten thousand.
fn read_all(runs: Vec<Run>) -> Vec<Arc<RunLine>> {
    let share = runs.len().div_ceil(worker_count()).max(1);
    let mut parts: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        match parts.last_mut().filter(|part| part.len() < share) {
            Some(part) => part.push(run),
            None => parts.push(vec![run]),
        }
    }
    std::thread::scope(|scope| {
        let read = |part: Vec<Run>| part.into_iter().map(RunLine::new).map(Arc::new).collect::<Vec<_>>();
        let workers: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || read(part))).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// A row of the table of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The run's place in the ledger.
    pub place: usize,
    /// It stands under the run of its series.
    pub inside: bool,
    /// Runs of its series that were found, whether they show or not.
    pub members: usize,
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
        let runs = read_all(runs);
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

    /// Puts a run in the place of its former self; its configuration never changes.
    pub fn put(&mut self, run: Run) {
        if let Some(line) = self.runs.iter_mut().find(|line| line.id == run.id) {
            *line = Arc::new(RunLine::new(run));
        }
    }

    /// Starred runs first, then by the column, then the newest; runs without a value last, whichever way round.
    pub fn sort(&mut self, column: &RunColumn, descending: bool) {
        let way = |order: Ordering| if descending { order.reverse() } else { order };
        // A setting of which one value is no number is sorted as text.
        let numbers = match column {
            RunColumn::Name | RunColumn::Status | RunColumn::Recipe | RunColumn::Note | RunColumn::Tags => false,
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

    /// The rows of the table for the runs that were found: those of a series stand under its own run, and show when it is
    /// unfolded; where that one was not found, each stands by itself.
    pub fn rows(&self, found: &[usize], unfolded: &HashSet<RunId>) -> Vec<Row> {
        let heads: HashSet<&str> = found.iter().map(|&place| self.runs[place].id.0.as_str()).collect();
        let head_of = |place: usize| self.runs[place].series().filter(|head| heads.contains(head.as_str()));
        let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
        for &place in found {
            if let Some(head) = head_of(place) {
                members.entry(head).or_default().push(place);
            }
        }
        let mut rows = Vec::with_capacity(found.len());
        for &place in found.iter().filter(|&&place| head_of(place).is_none()) {
            let id = &self.runs[place].id;
            let own = members.get(id.0.as_str()).map_or(&[][..], Vec::as_slice);
            rows.push(Row { place, inside: false, members: own.len() });
            if unfolded.contains(id) {
                rows.extend(own.iter().map(|&place| Row { place, inside: true, members: 0 }));
            }
        }
        rows
    }
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
    fn runs_of_a_series_stand_under_it() {
        let runs = vec![
            run("a", 1, Some(0.1), ""),
            run("s", 2, Some(0.5), "[series]\nseeds = 2\n"),
            run("t", 3, Some(0.9), "series = \"s\"\n"),
            run("u", 4, Some(0.3), "series = \"s\"\n"),
            run("v", 5, Some(0.2), "series = \"gone\"\n"),
        ];
        let mut ledger = Ledger::new(runs);
        ledger.sort(&RunColumn::Test, true);
        let shown = |text: &str, unfolded: &[&str]| -> String {
            let unfolded = unfolded.iter().map(|id| RunId((*id).to_owned())).collect();
            let rows = ledger.rows(&ledger.found(text), &unfolded);
            let text = |row: &Row| {
                let name = ledger.runs[row.place].meta.name.clone();
                let inside = if row.inside { ">" } else { "" };
                if row.members > 0 { format!("{name}{}", row.members) } else { format!("{inside}{name}") }
            };
            rows.iter().map(text).collect()
        };
        assert_eq!(shown("", &[]), "s2va");
        assert_eq!(shown("", &["s"]), "s2>t>uva");
        assert_eq!(shown("t", &["s"]), "s2>t>uva", "every run is completed");
        let flat = ledger.rows(&[0, 2, 3], &HashSet::new());
        assert_eq!(flat.iter().map(|row| row.place).collect::<Vec<_>>(), [0, 2, 3], "without its head, each by itself");
    }
}
