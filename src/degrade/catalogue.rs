//! The demo catalogue: product photos with known flaws, and the labels that follow from them.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};
use serde::{Deserialize, Serialize};

use super::camera::Pose;
use super::defect::{Defect, score};
use super::distortion::apply;
use super::plan::{self, Format, Shot, Sku};
use super::product::Product;
use super::random::Dice;
use super::render::{Layer, render};
use super::scene::{Backdrop, props};
use super::vector::{lerp, srgb};
use crate::error::{Code, Error, Result};

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoConfig {
    /// Decides every colour, shape, view and flaw.
    pub seed: u64,
    /// Number of products.
    pub skus: u32,
    /// Photos a product.
    pub shots: u32,
}

impl Default for DemoConfig {
    fn default() -> Self {
        Self { seed: 1, skus: 70, shots: 6 }
    }
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoTally {
    /// Photos in the catalogue.
    pub photos: u64,
    /// Its folder, with `labels.csv` and `images/`.
    pub folder: PathBuf,
}

/// `demo.toml`: says that the folder is a demo, of which settings, and whether it is whole.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// Counts changes of the drawing itself: another recipe gives other pixels for the same seed.
    recipe: u32,
    complete: bool,
    config: DemoConfig,
}

const RECIPE: u32 = 1;
const MANIFEST: &str = "demo.toml";

/// Draws the catalogue into `folder`: `images/SKU-0001/SKU-0001-1.jpg` …, `labels.csv`, `README.md`.
///
/// The same configuration gives byte-identical files on the same platform, whatever the number of processors. A whole
/// catalogue of the same configuration is left as it is; an interrupted one is drawn again. `progress` gets (done,
/// total) from any thread; `false` stops.
///
/// # Errors
/// [`Code::Usage`] when the folder holds anything else; [`Code::Cancelled`] when `progress` said so; [`Code::Io`] when
/// a file cannot be written.
pub fn draw_catalogue(
    folder: &Path,
    config: &DemoConfig,
    progress: &(dyn Fn(u64, u64) -> bool + Sync),
) -> Result<DemoTally> {
    let total = u64::from(config.skus) * u64::from(config.shots);
    let tally = DemoTally { photos: total, folder: folder.to_owned() };
    if total == 0 {
        return Err(Error::usage("a demo catalogue needs at least one product and one photo"));
    }
    if is_drawn(folder, config)? {
        progress(total, total);
        return Ok(tally);
    }
    let images = folder.join("images");
    fs::create_dir_all(&images).map_err(|error| Error::io("create", &images, error))?;
    write_manifest(folder, config, false)?;
    let done = AtomicU64::new(0);
    let skus = for_each_sku(config, &|sku| {
        let own = images.join(&sku.name);
        fs::create_dir_all(&own).map_err(|error| Error::io("create", &own, error))?;
        let mut studio = Studio::new(sku)?;
        for shot in &sku.shots {
            let bytes = encode(&studio.take(shot)?, shot.format)?;
            write(&folder.join(&shot.path), &bytes)?;
            if !progress(done.fetch_add(1, Ordering::Relaxed) + 1, total) {
                return Err(Error::new(Code::Cancelled, "drawing the demo catalogue was stopped"));
            }
        }
        Ok(())
    })?;
    write(&folder.join("labels.csv"), labels(&skus).as_bytes())?;
    write(&folder.join("README.md"), readme(config).as_bytes())?;
    write_manifest(folder, config, true)?;
    Ok(tally)
}

/// Plans every SKU and runs `work` on each, on all processors; the plans come back in order. The first error stops all.
fn for_each_sku(config: &DemoConfig, work: &(dyn Fn(&Sku) -> Result<()> + Sync)) -> Result<Vec<Sku>> {
    let skus: Vec<Sku> = (0..config.skus).map(|index| plan::sku(config.seed, index, config.shots)).collect();
    let next = AtomicU32::new(0);
    let stopped = AtomicBool::new(false);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(skus.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed) {
                    let Some(sku) = skus.get(next.fetch_add(1, Ordering::Relaxed) as usize) else { return };
                    if let Err(error) = work(sku) {
                        stopped.store(true, Ordering::Relaxed);
                        if let Ok(mut first) = failure.lock() {
                            first.get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(None) => Ok(skus),
        Ok(Some(error)) => Err(error),
        Err(_) => Err(Error::internal("drawing the demo catalogue failed")),
    }
}

/// Whether the folder holds this catalogue, whole.
fn is_drawn(folder: &Path, config: &DemoConfig) -> Result<bool> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    if entries.next().is_none() {
        return Ok(false);
    }
    let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    let foreign = |what: &str| {
        Error::usage(format!("{} {what}", folder.display()))
            .hint("Choose an empty folder: nothing is ever overwritten.")
    };
    let manifest: Manifest = toml::from_str(&text).map_err(|_| foreign("is not empty and not a demo catalogue"))?;
    if manifest.config != *config || manifest.recipe != RECIPE {
        return Err(foreign("holds a demo catalogue of other settings"));
    }
    Ok(manifest.complete)
}

fn write_manifest(folder: &Path, config: &DemoConfig, complete: bool) -> Result<()> {
    let manifest = Manifest { recipe: RECIPE, complete, config: *config };
    let text = toml::to_string(&manifest).map_err(|error| Error::internal("demo settings").caused_by(error))?;
    write(&folder.join(MANIFEST), text.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|error| Error::io("write", path, error))
}

fn encode(picture: &RgbImage, format: Format) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let written = match format {
        Format::Jpeg { quality } => JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture),
        Format::Png => picture.write_to(&mut bytes, ImageFormat::Png),
        Format::WebP => picture.write_to(&mut bytes, ImageFormat::WebP),
    };
    written.map_err(|error| Error::internal("a demo photo cannot be encoded").caused_by(error))?;
    Ok(bytes.into_inner())
}

/// `labels.csv`: paths, scores, SKUs and defects hold neither commas nor quotes.
fn labels(skus: &[Sku]) -> String {
    let mut text = "path,score,group,defects\n".to_owned();
    for sku in skus {
        for shot in &sku.shots {
            let defects: Vec<String> =
                shot.defects.iter().map(|(defect, level)| format!("{}:{level}", defect.name())).collect();
            text.push_str(&format!("{},{:.1},{},{}\n", shot.path, score(&shot.defects), sku.name, defects.join(";")));
        }
    }
    text
}

/// One product before the camera; renders that several shots share are kept.
struct Studio<'a> {
    sku: &'a Sku,
    product: Product,
    views: [Option<Layer>; 2],
}

impl<'a> Studio<'a> {
    fn new(sku: &'a Sku) -> Result<Self> {
        let product = sku.kind.build(&mut Dice::new(sku.seed, 0))?;
        Ok(Self { sku, product, views: [None, None] })
    }

    fn take(&mut self, shot: &Shot) -> Result<RgbImage> {
        let mut dice = Dice::new(shot.seed, 0);
        let level_of =
            |defect: Defect| shot.defects.iter().find(|(other, _)| *other == defect).map(|(_, level)| *level);
        let pose = self.pose(shot, &mut dice);
        let backdrop = backdrop(&shot.defects, &mut dice);
        let clutter = level_of(Defect::Clutter).map_or(0, |level| 1 + usize::from(level));
        let mut picture = if clutter == 0 && pose == self.usual_pose(shot.view) {
            let layer = self.views[shot.view]
                .get_or_insert_with(|| render(&self.product, &[], &pose, self.sku.size[0], self.sku.size[1]));
            backdrop.photograph(layer)
        } else {
            let extra = props(&self.product, clutter, &mut dice);
            let layer = render(&self.product, &extra, &pose, self.sku.size[0], self.sku.size[1]);
            backdrop.photograph(&layer)
        };
        for &(defect, level) in &shot.defects {
            if let Some(distortion) = defect.distortion(level) {
                picture = apply(&picture, distortion, dice.seed())?;
            }
        }
        Ok(picture)
    }

    fn usual_pose(&self, view: usize) -> Pose {
        Pose { yaw: self.product.yaws[view], pitch: self.sku.pitch, fill: self.sku.fill, offset: [0.0; 2] }
    }

    fn pose(&self, shot: &Shot, dice: &mut Dice) -> Pose {
        let mut pose = self.usual_pose(shot.view);
        for &(defect, level) in &shot.defects {
            let at = |ladder: [f32; 5]| ladder[usize::from(level.clamp(1, 5)) - 1];
            match defect {
                Defect::TightCrop => pose.fill = at([1.04, 1.14, 1.26, 1.42, 1.65]),
                Defect::TinyProduct => pose.fill = at([0.52, 0.42, 0.33, 0.25, 0.17]),
                Defect::OffCentre => {
                    let away = at([0.07, 0.11, 0.16, 0.22, 0.29]);
                    let angle = dice.range(0.0, std::f32::consts::TAU);
                    pose.offset = [away * angle.cos(), away * angle.sin()];
                }
                _ => {}
            }
        }
        pose
    }
}

fn backdrop(defects: &[(Defect, u8)], dice: &mut Dice) -> Backdrop {
    let grey = |value: u8| srgb(value, value, value);
    for &(defect, level) in defects {
        let step = usize::from(level.clamp(1, 5)) - 1;
        match defect {
            Defect::OffWhiteBackground => {
                let value = [250, 242, 231, 217, 200][step];
                let tint = dice.pick([srgb(255, 250, 236), srgb(238, 244, 255), [1.0; 3]]);
                let base = grey(value);
                return Backdrop::Plain([0, 1, 2].map(|channel| base[channel] * tint[channel]));
            }
            Defect::GradientBackground => {
                return Backdrop::Gradient { light: [1.0; 3], dark: grey([226, 204, 178, 150, 118][step]) };
            }
            Defect::ColouredBackground => {
                let hue = dice.pick([
                    srgb(90, 140, 190),
                    srgb(214, 120, 110),
                    srgb(120, 160, 110),
                    srgb(226, 180, 80),
                    srgb(150, 110, 160),
                ]);
                return Backdrop::Plain(lerp([1.0; 3], hue, [0.16, 0.34, 0.55, 0.78, 1.0][step]));
            }
            Defect::Clutter => return Backdrop::room(dice),
            _ => {}
        }
    }
    Backdrop::White
}

fn readme(config: &DemoConfig) -> String {
    let mut text = format!(
        "# Packshot demo catalogue\n\n\
         {} products with {} photos each, drawn by Packshot (seed {}). No camera and no person was involved; use them as \
         you like.\n\n\
         - `images/SKU-0001/SKU-0001-1.jpg` …: the photos, one folder a product.\n\
         - `labels.csv`: `path` (relative to this folder), `score` (0-100), `group` (the product), `defects` \
         (`name:level` with levels 1-5, separated by `;`).\n\
         - `demo.toml`: the settings. The same settings give the same files.\n\n\
         ## The score\n\n\
         A photo without defects has {:.0}. Every defect multiplies that by `1 - weight * level / 5`:\n\n\
         | Defect | Weight |\n|---|---|\n",
        config.skus,
        config.shots,
        config.seed,
        super::defect::CLEAN_SCORE,
    );
    for defect in Defect::ALL {
        text.push_str(&format!("| {} | {:.2} |\n", defect.name(), defect.weight()));
    }
    text
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
