//! Runs to an MLflow server, or into a bundle to send later.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use image::{ImageFormat, RgbImage};

use super::onnx::checked_onnx;
use super::runs::refuse_imported;
use super::{ModelEntry, Project, find_run, list_all_models, list_models, list_runs, run_view};
use crate::domain::{MetricPoint, Run, RunId, RunStatus};
use crate::error::{Code, Error, Result};
use crate::export::mlflow::{
    self, Connection, Credentials, ModelFacts, PlannedFile, RunFacts, RunPlan, Sent, Server, TimedPoint,
};
use crate::export::{ReportInput, confusion_png, curves_png, report_html, scatter_png};
use crate::infer::Scorer;
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::model_folder;

/// Where runs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MlflowTarget {
    /// A server, by its address.
    Server {
        /// `http://HOST:PORT`.
        uri: String,
        /// Trust any certificate.
        insecure: bool,
    },
    /// A folder, from which they can be sent later.
    Bundle(PathBuf),
}

/// Which runs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MlflowRuns {
    /// Every run of this project that is not deleted and not under way.
    All,
    /// One, by id, name, or "latest".
    One(String),
    /// These, in this order.
    Chosen(Vec<RunId>),
    /// Those of a bundle.
    Bundle(PathBuf),
}

/// What to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowRequest {
    /// Which runs.
    pub runs: MlflowRuns,
    /// Where to.
    pub target: MlflowTarget,
    /// Who exports.
    pub user: String,
}

/// A run that was exported.
#[derive(Debug, Clone, serde::Serialize)]
pub struct MlflowExported {
    /// The run's id in Packshot, with a part of its dataset's digest.
    pub run: String,
    /// What the server holds of it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// The folder it was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

/// How an export ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct MlflowSummary {
    /// The runs, oldest first.
    pub runs: Vec<MlflowExported>,
}

/// Starts an export. What was sent stays when it is stopped or cut off, and the same export goes on from there.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_mlflow_export(project: &Project, request: MlflowRequest, wake: Wake) -> Result<JobHandle<MlflowSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-mlflow", wake, move |reporter| run(&project, &request, reporter))
}

type Watching<'a> = &'a Reporter<MlflowSummary>;

fn run(project: &Project, request: &MlflowRequest, reporter: Watching<'_>) -> Result<Outcome<MlflowSummary>> {
    let server = match &request.target {
        MlflowTarget::Server { uri, insecure } => {
            Some(Server::new(&connection(project, uri, *insecure), &reporter.control)?)
        }
        MlflowTarget::Bundle(_) => None,
    };
    let sources = sources(project, &request.runs)?;
    let total = sources.len() as u64;
    let mut summary = MlflowSummary::default();
    for (done, source) in sources.into_iter().enumerate() {
        let name = source.name();
        reporter.progress("Exporting", done as u64, total, name.clone());
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(summary));
        }
        let plan = match source {
            Source::Run(run) => plan(project, &run, &request.user, &|text| reporter.warn(text))?,
            Source::Plan(plan) => *plan,
        };
        let mut exported = MlflowExported { run: plan.uuid.clone(), sent: None, folder: None };
        match (&server, &request.target) {
            (Some(server), _) => {
                let mut step = |what: &str| {
                    reporter.progress("Exporting", done as u64, total, format!("{name} · {what}"));
                    !reporter.control.is_cancelled()
                };
                match mlflow::send(server, &plan, &mut step) {
                    Ok(sent) => exported.sent = Some(sent),
                    Err(error) if error.code == Code::Cancelled => return Ok(Outcome::Cancelled(summary)),
                    Err(error) => return Err(error),
                }
            }
            (None, MlflowTarget::Bundle(folder)) => exported.folder = Some(mlflow::write_bundle(folder, &plan)?),
            (None, MlflowTarget::Server { .. }) => return Err(Error::internal("there is no server to send to")),
        }
        summary.runs.push(exported);
    }
    reporter.progress("Exporting", total, total, "");
    Ok(Outcome::Completed(summary))
}

/// How to reach a server, by the configuration and the environment.
pub(super) fn connection(project: &Project, uri: &str, insecure: bool) -> Connection {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let own = &project.config.mlflow.ca_file;
    let ca_file = if own.is_empty() { env("MLFLOW_TRACKING_SERVER_CERT_PATH") } else { Some(own.clone()) };
    let insecure = insecure || env("MLFLOW_TRACKING_INSECURE_TLS").is_some_and(|value| value == "true");
    Connection {
        uri: uri.to_owned(),
        credentials: Credentials::from_env(&env),
        ca_file: ca_file.map(PathBuf::from),
        insecure,
        hasty: false,
    }
}

/// A run of the project, or one out of a bundle.
enum Source {
    Run(Box<Run>),
    Plan(Box<RunPlan>),
}

impl Source {
    fn name(&self) -> String {
        match self {
            Self::Run(run) => run.meta.name.clone(),
            Self::Plan(plan) => plan.name.clone(),
        }
    }
}

fn sources(project: &Project, runs: &MlflowRuns) -> Result<Vec<Source>> {
    let runs = match runs {
        MlflowRuns::Bundle(folder) => {
            return Ok(mlflow::read_bundle(folder)?.into_iter().map(|plan| Source::Plan(Box::new(plan))).collect());
        }
        MlflowRuns::One(name) => {
            let run = find_run(project, name)?;
            refuse_imported(&run, "sent to a server again")?;
            vec![run]
        }
        MlflowRuns::Chosen(ids) => {
            let runs = ids.iter().map(|id| find_run(project, &id.0)).collect::<Result<Vec<_>>>()?;
            runs.iter().try_for_each(|run| refuse_imported(run, "sent to a server again"))?;
            runs
        }
        MlflowRuns::All => {
            let mut runs = list_runs(project, false)?;
            runs.reverse();
            runs.retain(|run| run.status != RunStatus::Running && run.origin.is_none());
            runs
        }
    };
    if runs.is_empty() {
        return Err(Error::not_found("there are no runs to export").hint("`packshot train` makes one."));
    }
    if let Some(running) = runs.iter().find(|run| run.status == RunStatus::Running) {
        return Err(Error::usage(format!("run {} is under way", running.id)).hint("Export it when it has ended."));
    }
    Ok(runs.into_iter().map(|run| Source::Run(Box::new(run))).collect())
}

fn project_name(project: &Project) -> String {
    project.root().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What MLflow is to hold of a run, but for its files and its model.
pub(super) fn numbers(project: &Project, run: &Run, user: &str) -> Result<RunPlan> {
    let config = &project.config.mlflow;
    let name = project_name(project);
    let experiment = if config.experiment.is_empty() { format!("packshot/{name}") } else { config.experiment.clone() };
    let store = project.store()?;
    let points: Vec<TimedPoint> =
        store.timed_points(&run.id)?.into_iter().map(|(point, at_ms)| TimedPoint { point, at_ms }).collect();
    let photos = run_view(project, &run.id)?.photos;
    let facts = RunFacts { run, points: &points, photos, experiment: &experiment, user, project: &name };
    let series = run.settings().get("series").and_then(|series| find_run(project, series).ok());
    Ok(RunPlan { parent: series.as_ref().map(mlflow::run_uuid), ..mlflow::plan_run(&facts) })
}

/// What MLflow is to hold of a run; `warn` hears what is left out.
pub(super) fn plan(project: &Project, run: &Run, user: &str, warn: &dyn Fn(String)) -> Result<RunPlan> {
    let mut plan = numbers(project, run, user)?;
    let points: Vec<MetricPoint> =
        project.store()?.timed_points(&run.id)?.into_iter().map(|(point, _)| point).collect();
    let entry =
        list_all_models(project)?.into_iter().find(|entry| entry.card.run.as_deref() == Some(run.id.0.as_str()));
    plan.files = files(run, &points, entry.as_ref(), &project_name(project))?;
    if let Some(entry) = &entry {
        match plan_model(project, entry) {
            Ok(model) => plan.model = Some(model),
            Err(error) => warn(format!("the model of run {} is left out: {error:#}", run.id)),
        }
    }
    Ok(plan)
}

/// Configuration, record, figures and report of a run.
fn files(run: &Run, points: &[MetricPoint], entry: Option<&ModelEntry>, project: &str) -> Result<Vec<PlannedFile>> {
    let record = serde_json::to_string_pretty(run)
        .map_err(|error| Error::internal("could not serialise the run").caused_by(error))?;
    let mut files =
        vec![PlannedFile::new("config.toml", run.config_toml.clone()), PlannedFile::new("run.json", record)];
    if let Some(png) = curves_png(points)? {
        files.push(PlannedFile::new("figures/curves.png", png));
    }
    let scores = entry.map(|entry| entry.folder.join("validation.csv")).filter(|path| path.is_file());
    if let Some(path) = scores {
        let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
        let pairs = pairs(&path, &text)?;
        files.push(PlannedFile::new("figures/validation-scatter.png", scatter_png(&pairs)?));
        files.push(PlannedFile::new("figures/validation-confusion.png", confusion_png(&pairs)?));
        files.push(PlannedFile::new("evaluation/validation.csv", text));
    }
    let input = ReportInput {
        title: project,
        // The same run always gives the same report.
        made_at_ms: run.finished_ms.unwrap_or(run.heartbeat_ms),
        run: Some(run),
        points,
        rows: &[],
        thumbs: &|_| None,
    };
    files.push(PlannedFile::new("evaluation/report.html", report_html(&input)));
    Ok(files)
}

/// Label and score of every photo in a table of validation scores.
fn pairs(path: &Path, text: &str) -> Result<Vec<(f64, f64)>> {
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let rows = table.deserialize::<(String, f64, f64)>().map(|row| row.map(|(_, label, score)| (label, score)));
    rows.collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::bad_data(format!("{} is damaged", path.display())).caused_by(error))
}

/// What MLflow is to hold of a run's model; the alias goes to the project's current network.
fn plan_model(project: &Project, entry: &ModelEntry) -> Result<mlflow::ModelPlan> {
    let config = &project.config.mlflow;
    let (card, onnx, _) = checked_onnx(entry)?;
    let (photo, png) = example()?;
    let scorer = Scorer::load(&entry.folder, &Device::flex(), 1)?;
    let score = scorer.score([&crate::preprocess::views(&photo)]);
    let score = score.first().map(|score| score.value).ok_or_else(|| Error::internal("the example has no score"))?;
    let current = list_models(project)?.into_iter().find(|model| model.card.personal.is_none());
    let is_current = current.is_some_and(|current| current.card.id == card.id) && !config.alias.is_empty();
    Ok(mlflow::plan_model(&ModelFacts {
        card: &card,
        sha256: &model_folder::weights_sha256(&entry.folder)?,
        onnx: &onnx,
        example: (&png, score),
        registered: &config.registered_model,
        alias: is_current.then_some(config.alias.as_str()),
    }))
}

/// A small photo without loss, for the model's example: a box on white.
fn example() -> Result<(RgbImage, Vec<u8>)> {
    let photo = RgbImage::from_fn(240, 200, |x, y| {
        let inside = (50..190).contains(&x) && (40..160).contains(&y);
        image::Rgb(if inside { [(x % 200) as u8, (y % 180) as u8, 120] } else { [255; 3] })
    });
    let mut png = std::io::Cursor::new(Vec::new());
    photo
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|error| Error::internal("could not write the example").caused_by(error))?;
    Ok((photo, png.into_inner()))
}

/// Who exports: the name of the account.
pub fn account_name() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"];
    names
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "packshot".to_owned())
}
