//! Comparing edited photos with the photo they were made of; bounded, cancellable, and without a project.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use image::RgbImage;

use super::photos::about;
use super::watched;
use crate::attributes::reference::{Difference, Pair, Planes};
use crate::config::DecodeConfig;
use crate::error::{Error, Result};
use crate::export::write_comparison;
pub use crate::export::{CompareRow, check_comparison_file};
use crate::imaging::{self, Limits};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake, worker_count};

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct CompareRequest {
    /// The photo before editing.
    pub reference: PathBuf,
    /// The photos after editing, each compared with the reference.
    pub edited: Vec<PathBuf>,
    /// Resize edited photos of another size to the reference's; refused when not set.
    pub resize: bool,
}

/// How a comparison ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct CompareSummary {
    /// The photo before editing.
    pub reference: PathBuf,
    /// Its width in pixels, upright.
    pub width: u32,
    /// Its height in pixels, upright.
    pub height: u32,
    /// Photos compared.
    pub compared: u64,
    /// Photos that could not be.
    pub failed: u64,
    /// One row an edited photo, as they were named.
    pub rows: Vec<CompareRow>,
}

/// Starts a comparison of photos under these limits.
///
/// # Errors
/// When no thread can be started. That the reference cannot be read arrives as the job's outcome; an edited photo that
/// cannot be read or compared costs only its own row.
pub fn start_comparing(
    request: CompareRequest,
    decode: &DecodeConfig,
    wake: Wake,
) -> Result<JobHandle<CompareSummary>> {
    let limits = Limits::from_config(decode);
    jobs::spawn("packshot-compare", wake, move |reporter| run(&request, &limits, reporter))
}

fn run(
    request: &CompareRequest,
    limits: &Limits,
    reporter: &Reporter<CompareSummary>,
) -> Result<Outcome<CompareSummary>> {
    let mut summary = CompareSummary { reference: request.reference.clone(), ..CompareSummary::default() };
    let Some((_, photo)) = watched::load(&request.reference, limits, &reporter.control)? else {
        return Ok(Outcome::Cancelled(summary));
    };
    let (width, height) = photo.dimensions();
    let comparing = Comparing { request, limits, photo: &photo, planes: Planes::of(&photo) };
    (summary.width, summary.height) = (width, height);
    let total = request.edited.len() as u64;
    let mut rows: Vec<(usize, CompareRow)> = Vec::with_capacity(request.edited.len());
    comparing.all(reporter, &mut |index, row| {
        match &row.error {
            Some(reason) => {
                summary.failed += 1;
                reporter.warn(about(&row.path, reason));
            }
            None => summary.compared += 1,
        }
        rows.push((index, row));
        let detail = if summary.failed > 0 { format!("{} failed", summary.failed) } else { String::new() };
        reporter.progress("Comparing", rows.len() as u64, total, detail);
    });
    rows.sort_by_key(|(index, _)| *index);
    summary.rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

/// How far a photo is from the reference, and its own size (width, height) when it was resized for that.
type Compared = (Difference, Option<(u32, u32)>);

struct Comparing<'a> {
    request: &'a CompareRequest,
    limits: &'a Limits,
    photo: &'a RgbImage,
    planes: Planes<'a>,
}

impl Comparing<'_> {
    /// Compares on all workers and hands each row to `take` on this thread, with its place among the edited photos.
    fn all(&self, reporter: &Reporter<CompareSummary>, take: &mut dyn FnMut(usize, CompareRow)) {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = sync_channel(worker_count());
        std::thread::scope(|scope| {
            for _ in 0..worker_count() {
                let (sender, next, control) = (sender.clone(), &next, &reporter.control);
                scope.spawn(move || {
                    while control.checkpoint().is_ok() {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(path) = self.request.edited.get(index) else { break };
                        let Some(row) = self.row(path, control) else { break };
                        if sender.send((index, row)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            receiver.into_iter().for_each(|(index, row)| take(index, row));
        });
    }

    /// Nothing when a stop is asked for meanwhile.
    fn row(&self, path: &Path, control: &Control) -> Option<CompareRow> {
        let (found, error) = match self.compare(path, control) {
            Ok(found) => (Some(found?), None),
            Err(error) => (None, Some(error.chain())),
        };
        let (difference, resized_from) = found.unzip();
        Some(CompareRow { path: path.to_owned(), resized_from: resized_from.flatten(), difference, error })
    }

    fn compare(&self, path: &Path, control: &Control) -> Result<Option<Compared>> {
        let Some((_, mut edited)) = watched::load(path, self.limits, control)? else { return Ok(None) };
        let (own, size) = (edited.dimensions(), self.photo.dimensions());
        let resized = own != size && self.request.resize;
        if resized {
            edited = imaging::resize(&edited, size.0, size.1);
        }
        let planes = Planes::of(&edited);
        let pair = Pair::of(&self.planes, &planes).ok_or_else(|| self.sizes_differ(path, own))?;
        let difference = Difference::of(&pair, &|| !control.is_cancelled());
        Ok(difference.map(|difference| (difference, resized.then_some(own))))
    }

    fn sizes_differ(&self, path: &Path, (width, height): (u32, u32)) -> Error {
        let (reference_width, reference_height) = self.photo.dimensions();
        Error::bad_data(format!(
            "{} is {width} × {height} pixels and {} is {reference_width} × {reference_height}: crop one to the other, or \
             resize with --resize",
            path.display(),
            self.request.reference.display()
        ))
    }
}

/// Writes a comparison by the file's extension (CSV, JSON or Parquet), one row an edited photo.
///
/// # Errors
/// When [`check_comparison_file`] refuses the file, or it cannot be written.
pub fn export_comparison(summary: &CompareSummary, file: &Path, overwrite: bool) -> Result<()> {
    write_comparison(&summary.reference, &summary.rows, file, overwrite)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::Rgb;

    use super::*;

    fn photo(width: u32, height: u32, shift: u8) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, ((x * y) % 50) as u8 + shift]))
    }

    fn compare(request: CompareRequest) -> CompareSummary {
        let handle = start_comparing(request, &DecodeConfig::default(), Arc::new(|| {})).expect("starts");
        match handle.join(|_| {}) {
            Outcome::Completed(summary) => summary,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_come_in_the_order_of_the_names_and_bad_ones_stop_nothing() {
        let folder = tempfile::tempdir().expect("temp dir");
        let file = |name: &str| folder.path().join(name);
        photo(60, 40, 0).save(file("reference.png")).expect("writes");
        photo(60, 40, 9).save(file("z.png")).expect("writes");
        photo(60, 40, 0).save(file("a.png")).expect("writes");
        photo(30, 20, 0).save(file("small.png")).expect("writes");
        std::fs::write(file("text.png"), "no photo").expect("writes");
        let names = ["z.png", "small.png", "gone.png", "text.png", "a.png"].map(file);
        let request =
            CompareRequest { reference: file("reference.png"), edited: names.to_vec(), ..CompareRequest::default() };
        let summary = compare(request.clone());
        assert_eq!(summary.rows.iter().map(|row| row.path.clone()).collect::<Vec<_>>(), names);
        assert_eq!((summary.compared, summary.failed, summary.width, summary.height), (2, 3, 60, 40));
        let difference = |index: usize| summary.rows[index].difference.expect("compared");
        assert_eq!((difference(0).mse, difference(4).mse), (27.0, 0.0));
        let reason = summary.rows[1].error.clone().expect("refused");
        for part in ["small.png is 30 × 20", "reference.png is 60 × 40", "--resize"] {
            assert!(reason.contains(part), "{reason}");
        }

        let resized = compare(CompareRequest { resize: true, ..request });
        assert_eq!((resized.compared, resized.rows[1].resized_from), (3, Some((30, 20))));
        assert_eq!(resized.rows[0], summary.rows[0], "a photo of the right size is left alone");
    }
}
