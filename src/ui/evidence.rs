//! Where the measures of the photo on screen come from: read on one thread, the newest request alone, kept for one
//! photo.
//!
//! Must not know the state: it is asked by path.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use super::theme::overlay_colours;
use crate::api::{Project, load_evidence};
use crate::domain::{Clip, Evidence, Ground, Region};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Wake};

/// Samples of the maps a side: exact for photos up to this size.
pub const SAMPLES: u32 = 2048;

type Key = (PathBuf, String);

/// A map over the photo as a picture; handed to the graphics card when it is first drawn.
enum Layer {
    Image(ColorImage),
    Texture(TextureHandle),
}

impl Layer {
    fn texture(&mut self, ctx: &egui::Context, name: &str) -> TextureHandle {
        let image = match self {
            Self::Texture(texture) => return texture.clone(),
            Self::Image(image) => std::mem::take(image),
        };
        let texture = ctx.load_texture(name, image, TextureOptions::NEAREST);
        *self = Self::Texture(texture.clone());
        texture
    }
}

/// The evidence of a photo, ready to draw.
pub struct Shown {
    /// Samples across and down.
    pub samples: [usize; 2],
    /// The product's box.
    pub product: Option<Region>,
    /// What a drawn frame leaves free.
    pub inside_frame: Option<Region>,
    /// Text, logos and marks.
    pub overlays: Vec<Region>,
    /// Pixels of each value: luma, red, green, blue.
    pub histogram: Box<[[u32; 256]; 4]>,
    ground: Layer,
    clipped: Layer,
}

impl Shown {
    fn new(evidence: Evidence) -> Self {
        let colours = overlay_colours();
        let size = [evidence.columns, evidence.rows];
        let ground = evidence.ground.iter().map(|sample| match sample {
            Ground::NearWhite => colours.near_white,
            Ground::Coloured => colours.coloured,
            Ground::Product | Ground::Pure => Color32::TRANSPARENT,
        });
        let clipped = evidence.clipped.iter().map(|sample| match sample {
            Clip::High => colours.burnt,
            Clip::Low => colours.black,
            Clip::None => Color32::TRANSPARENT,
        });
        Self {
            samples: size,
            ground: Layer::Image(ColorImage::new(size, ground.collect())),
            clipped: Layer::Image(ColorImage::new(size, clipped.collect())),
            product: evidence.product,
            inside_frame: evidence.inside_frame,
            overlays: evidence.overlays,
            histogram: Box::new(evidence.histogram),
        }
    }

    /// The backdrop that is not white, tinted.
    pub fn ground(&mut self, ctx: &egui::Context) -> TextureHandle {
        self.ground.texture(ctx, "ground")
    }

    /// Pixels without detail, tinted.
    pub fn clipped(&mut self, ctx: &egui::Context) -> TextureHandle {
        self.clipped.texture(ctx, "clipped")
    }
}

/// What is known of the photo that was asked for.
pub enum Glance<'a> {
    /// On its way.
    Waiting,
    /// Ready to draw.
    Ready(&'a mut Shown),
    /// It cannot be had.
    Failed(&'a Error),
}

#[derive(Default)]
struct Tray {
    wanted: Option<Key>,
    done: Option<(Key, Result<Shown>)>,
}

/// The evidence of the photo on screen.
pub struct Lens {
    tray: Arc<(Mutex<Tray>, Condvar)>,
    asked: Option<Key>,
    seen: Option<(Key, Result<Shown>)>,
    _thread: JobHandle<()>,
}

impl Lens {
    /// Starts the thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(project: &Project, wake: &Wake) -> Result<Self> {
        let tray = Arc::new((Mutex::new(Tray::default()), Condvar::new()));
        let (project, shared, notify) = (project.clone(), tray.clone(), wake.clone());
        let thread = jobs::spawn("packshot-evidence", wake.clone(), move |reporter| {
            while !reporter.control.is_cancelled() {
                look_next(&project, &shared, &notify);
            }
            Ok(Outcome::Completed(()))
        })?;
        Ok(Self { tray, asked: None, seen: None, _thread: thread })
    }

    /// Takes in what was read; once a frame.
    pub fn begin_frame(&mut self) {
        let done = lock(&self.tray.0).done.take();
        if done.is_some() {
            self.seen = done;
        }
    }

    /// The evidence of a photo; asked for now when it is not there yet.
    pub fn look(&mut self, path: &Path, sha256: &str) -> Glance<'_> {
        let is = |key: &Key| key.0 == path && key.1 == sha256;
        if !self.asked.as_ref().is_some_and(is) {
            let key = (path.to_owned(), sha256.to_owned());
            lock(&self.tray.0).wanted = Some(key.clone());
            self.tray.1.notify_one();
            self.asked = Some(key);
        }
        match &mut self.seen {
            Some((key, found)) if is(key) => match found {
                Ok(shown) => Glance::Ready(shown),
                Err(error) => Glance::Failed(error),
            },
            _ => Glance::Waiting,
        }
    }

    /// Nothing is being read.
    pub fn is_idle(&self) -> bool {
        self.asked.as_ref() == self.seen.as_ref().map(|(key, _)| key)
    }
}

fn lock(tray: &Mutex<Tray>) -> std::sync::MutexGuard<'_, Tray> {
    tray.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_next(project: &Project, shared: &(Mutex<Tray>, Condvar), wake: &Wake) {
    let tray = lock(&shared.0);
    let (mut tray, _) = shared
        .1
        .wait_timeout_while(tray, Duration::from_millis(100), |tray| tray.wanted.is_none())
        .unwrap_or_else(PoisonError::into_inner);
    let Some(key) = tray.wanted.take() else { return };
    drop(tray);
    let look = || load_evidence(project, &key.0, SAMPLES).map(Shown::new);
    // One photo must not cost the thread.
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(look))
        .unwrap_or_else(|panic| Err(Error::internal(jobs::panic_text(&*panic))));
    lock(&shared.0).done = Some((key, found));
    wake();
}
