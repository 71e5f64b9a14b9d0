//! What was measured on the photo on screen, ready to draw.

use std::path::PathBuf;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use super::lens::Lens;
use super::theme::overlay_colours;
use crate::api::{Project, load_evidence};
use crate::domain::{Clip, Evidence, Ground, Photo, Region};
use crate::error::Result;
use crate::jobs::Wake;

/// Samples of the maps a side: exact for photos up to this size.
pub const SAMPLES: u32 = 2048;

/// What evidence depends on: the file, and the SHA-256 of its content.
type Key = (PathBuf, String);

/// The evidence of the photo on screen.
pub type EvidenceLens = Lens<Key, Shown>;

/// Starts the thread that reads evidence.
///
/// # Errors
/// When no thread can be started.
pub fn open(project: &Project, wake: &Wake) -> Result<EvidenceLens> {
    let project = project.clone();
    Lens::new("packshot-evidence", wake, move |(path, _): &Key| load_evidence(&project, path, SAMPLES).map(Shown::new))
}

/// What to ask the lens for a photo.
pub fn key(photo: &Photo) -> Key {
    (photo.path.clone(), photo.sha256.clone())
}

/// A map over the photo as a picture; handed to the graphics card when it is first drawn.
pub(super) enum Layer {
    Image(ColorImage),
    Texture(TextureHandle),
}

impl Layer {
    pub(super) fn texture(&mut self, ctx: &egui::Context, name: &str, options: TextureOptions) -> TextureHandle {
        let image = match self {
            Self::Texture(texture) => return texture.clone(),
            Self::Image(image) => std::mem::take(image),
        };
        let texture = ctx.load_texture(name, image, options);
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
        self.ground.texture(ctx, "ground", TextureOptions::NEAREST)
    }

    /// Pixels without detail, tinted.
    pub fn clipped(&mut self, ctx: &egui::Context) -> TextureHandle {
        self.clipped.texture(ctx, "clipped", TextureOptions::NEAREST)
    }
}
