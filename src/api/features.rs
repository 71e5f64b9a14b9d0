//! Features of photos by a network trained elsewhere, as a matrix for one's own analysis; bounded and cancellable.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::photos::about;
use super::{FailedPhoto, Project};
use crate::error::{Code, Error, Result};
use crate::files::{check_output, write_atomically};
use crate::imaging::{self, Limits};
use crate::infer::Extractor;
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake, worker_count};
use crate::preprocess::{self, BackboneViews};
use crate::{device, export};

/// A photo has three times the views that scoring looks at, and this many times the memory of one.
const PHOTOS_OF_A_SCORING_BATCH: usize = 4;

/// What to describe by numbers, and where to write them.
#[derive(Debug, Clone)]
pub struct FeaturesRequest {
    /// Folders and files.
    pub paths: Vec<PathBuf>,
    /// The weight file.
    pub backbone: PathBuf,
    /// The matrix, `.npy`; the photos of its rows are listed in [`features_list_file`].
    pub output: PathBuf,
    /// Replace both files when they exist.
    pub overwrite: bool,
}

/// What was written.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct FeaturesSummary {
    /// Network, weight file and version of the views.
    pub extractor: String,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Rows: photos with features.
    pub photos: u64,
    /// Columns.
    pub features: usize,
    /// The matrix.
    pub file: PathBuf,
    /// The photos of its rows.
    pub list: PathBuf,
    /// Photos that could not be read; they have no row.
    pub failed: Vec<FailedPhoto>,
}

/// The list of photos that belongs to a matrix: `features.npy` -> `features.paths.txt`.
pub fn features_list_file(output: &Path) -> PathBuf {
    output.with_extension("paths.txt")
}

/// Refuses, before any work, an output by another name than `.npy`, or files that exist and may not be replaced.
///
/// # Errors
/// [`Code::Usage`].
pub fn check_features_file(output: &Path, overwrite: bool) -> Result<()> {
    export::check_matrix_file(output)?;
    let list = features_list_file(output);
    [output, &list].into_iter().try_for_each(|file| check_output(file, overwrite))
}

/// Starts computing features; both files appear at the end, whole, or not at all.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_features(project: &Project, request: FeaturesRequest, wake: Wake) -> Result<JobHandle<FeaturesSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-features", wake, move |reporter| run(&project, &request, reporter))
}

fn run(
    project: &Project,
    request: &FeaturesRequest,
    reporter: &Reporter<FeaturesSummary>,
) -> Result<Outcome<FeaturesSummary>> {
    check_features_file(&request.output, request.overwrite)?;
    let config = &project.config.score;
    let chosen = device::choose(config.device)?;
    let batch = config.batch_size.div_ceil(PHOTOS_OF_A_SCORING_BATCH);
    let extractor = Extractor::load(&request.backbone, &chosen.device, batch)?;
    let mut keep_going = |found: usize| {
        reporter.progress("Looking for photos", found as u64, 0, "");
        !reporter.control.is_cancelled()
    };
    let listing = imaging::list_photos(&request.paths, &mut keep_going);
    if listing.files.is_empty() && listing.problems.is_empty() {
        return Err(Error::new(Code::NotFound, "there are no photos to describe")
            .hint("Name folders or files with JPEG, PNG, WebP, BMP, GIF or TIFF photos."));
    }
    let mut summary = FeaturesSummary {
        extractor: extractor.id().to_owned(),
        device: format!("{}: {}", chosen.name, chosen.reason),
        features: extractor.feature_count(),
        file: request.output.clone(),
        list: features_list_file(&request.output),
        ..FeaturesSummary::default()
    };
    let mut rows = Rows::create(&project.cache())?;
    let mut failing = Failing { failed: &mut summary.failed, reporter };
    for (path, reason) in listing.problems {
        failing.add(path, reason);
    }
    let limits = Limits::from_config(&project.config.decode);
    describe_all(&listing.files, &limits, &extractor, &mut failing, &mut rows)?;
    summary.photos = rows.paths.len() as u64;
    summary.failed.sort_by(|a, b| a.path.cmp(&b.path));
    if reporter.control.is_cancelled() {
        return Ok(Outcome::Cancelled(summary));
    }
    rows.publish(&summary, request.overwrite)?;
    Ok(Outcome::Completed(summary))
}

/// Notes photos without features.
struct Failing<'a> {
    failed: &'a mut Vec<FailedPhoto>,
    reporter: &'a Reporter<FeaturesSummary>,
}

impl Failing<'_> {
    fn add(&mut self, path: PathBuf, reason: String) {
        self.reporter.warn(about(&path, &reason));
        self.failed.push(FailedPhoto { path, reason });
    }
}

type Prepared = Vec<Result<BackboneViews>>;

/// Reads photos a batch ahead of the network, and adds their rows in order; stops early when asked to.
fn describe_all(
    files: &[PathBuf],
    limits: &Limits,
    extractor: &Extractor,
    failing: &mut Failing<'_>,
    rows: &mut Rows,
) -> Result<()> {
    let reporter = failing.reporter;
    let control = &reporter.control;
    let total = files.len() as u64;
    let batch = extractor.batch_size();
    let (sender, receiver) = sync_channel::<Prepared>(1);
    std::thread::scope(|scope| {
        // Dropped at the end of this closure: a sender that waits for room then stops.
        let receiver: Receiver<Prepared> = receiver;
        scope.spawn(move || {
            let chunks = files.chunks(batch).take_while(|_| control.checkpoint().is_ok());
            for chunk in chunks {
                if sender.send(prepare(chunk, limits)).is_err() {
                    break;
                }
            }
        });
        for (paths, prepared) in files.chunks(batch).zip(receiver) {
            let mut ready = Vec::with_capacity(paths.len());
            for (path, views) in paths.iter().zip(prepared) {
                match views {
                    Ok(views) => ready.push((path, views)),
                    Err(error) => failing.add(path.clone(), error.chain()),
                }
            }
            let Ok(features) = extractor.extract(ready.iter().map(|(_, views)| views), control) else { break };
            for ((path, _), features) in ready.iter().zip(&features) {
                rows.add(path, features)?;
            }
            let done = rows.paths.len() + failing.failed.len();
            let failed = failing.failed.len();
            let detail = if failed > 0 { format!("{failed} failed") } else { String::new() };
            reporter.progress("Describing photos", (done as u64).min(total), total, detail);
        }
        Ok(())
    })
}

/// The views of some photos, in their order, made on all workers.
fn prepare(paths: &[PathBuf], limits: &Limits) -> Prepared {
    let next = AtomicUsize::new(0);
    let made = Mutex::new(Vec::with_capacity(paths.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { break };
            let views = imaging::load(path, limits).map(|(_, photo)| preprocess::backbone_views(&photo));
            made.lock().unwrap_or_else(PoisonError::into_inner).push((index, views));
        }
    };
    std::thread::scope(|scope| {
        (1..worker_count().min(paths.len())).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, views)| views).collect()
}

/// Rows on their way to the matrix, whose header says how many there are: kept in a file, because a large catalogue's
/// features do not fit into memory.
struct Rows {
    path: PathBuf,
    out: BufWriter<File>,
    paths: Vec<PathBuf>,
}

impl Rows {
    fn create(cache: &Path) -> Result<Self> {
        let path = cache.join(format!("features-{}.part", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(|error| Error::io("write", &path, error))?;
        Ok(Self { path, out: BufWriter::new(file), paths: Vec::new() })
    }

    fn add(&mut self, path: &Path, features: &[f32]) -> Result<()> {
        let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.out.write_all(&bytes).map_err(|error| Error::io("write", &self.path, error))?;
        self.paths.push(path.to_owned());
        Ok(())
    }

    fn publish(&mut self, summary: &FeaturesSummary, overwrite: bool) -> Result<()> {
        let rewound = self.out.flush().and_then(|()| self.out.get_mut().rewind());
        rewound.map_err(|error| Error::io("write", &self.path, error))?;
        write_atomically(&summary.list, overwrite, |out| self.paths.iter().try_for_each(|path| write_line(out, path)))?;
        let mut values = BufReader::new(self.out.get_ref());
        export::write_matrix(&summary.file, overwrite, (summary.photos, summary.features), &mut values)
    }
}

/// One line a photo, whatever its name holds.
fn write_line(out: &mut dyn io::Write, path: &Path) -> io::Result<()> {
    writeln!(out, "{}", path.to_string_lossy().replace(['\n', '\r'], " "))
}

impl Drop for Rows {
    fn drop(&mut self) {
        // What is left in the cache may be deleted at any time.
        std::fs::remove_file(&self.path).ok();
    }
}
