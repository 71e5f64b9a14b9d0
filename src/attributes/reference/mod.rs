//! Full-reference metrics: how far an edited photo is from the photo it was made of.
//!
//! One file a metric, each with its definition and source; all are checked against published implementations in
//! `tests/fixtures/reference`. They share these choices: 8-bit sRGB values as they stand in the file, data range 255,
//! luma `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601) without rounding, sums in 64-bit floats. Must not know files or
//! which values are good.

mod error;
mod fourier;
mod fsim;
mod gmsd;
mod gradient;
mod ms_ssim;
mod phase;
pub(super) mod plane;
mod ssim;
pub(super) mod window;

use std::sync::OnceLock;

use image::RgbImage;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

pub use error::{mae, mae_luma, mse, mse_luma, psnr};
pub use fsim::{fsim, fsimc};
pub use gmsd::gmsd;
pub use ms_ssim::{MS_SSIM_LEAST_SIDE, ms_ssim};
pub use ssim::{SSIM_LEAST_SIDE, ssim};

use fsim::Features;
use plane::Plane;

/// A photo as the metrics look at it. What only depends on this photo is computed once, however many others it is
/// compared with.
#[derive(Debug)]
pub struct Planes<'a> {
    photo: &'a RgbImage,
    luma: Plane,
    features: OnceLock<Option<Features>>,
}

impl<'a> Planes<'a> {
    /// Looks at a photo.
    pub fn of(photo: &'a RgbImage) -> Self {
        Self { photo, luma: Plane::luma(photo), features: OnceLock::new() }
    }

    fn features(&self) -> Option<&Features> {
        self.features.get_or_init(|| Features::of(self.photo)).as_ref()
    }
}

/// A photo and its edited version, of one size.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    reference: &'a Planes<'a>,
    edited: &'a Planes<'a>,
    /// Asked between rows; when it says no, a metric may be anything.
    keep_going: &'a dyn Fn() -> bool,
}

impl<'a> Pair<'a> {
    /// Puts two photos side by side; nothing when their sizes differ or they have no pixels.
    pub fn of(reference: &'a Planes<'a>, edited: &'a Planes<'a>) -> Option<Self> {
        let size = reference.photo.dimensions();
        let fits = size == edited.photo.dimensions() && size.0 > 0 && size.1 > 0;
        fits.then_some(Self { reference, edited, keep_going: &|| true })
    }
}

/// How far an edited photo is from its reference, by every metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean squared error over all channels, in squared grey levels; 0 for equal photos.
    pub mse: f64,
    /// Mean absolute error over all channels, in grey levels; 0 for equal photos.
    pub mae: f64,
    /// Peak signal-to-noise ratio over all channels, in dB; infinite for equal photos.
    pub psnr: f64,
    /// Mean squared error of luma.
    pub mse_luma: f64,
    /// Mean absolute error of luma.
    pub mae_luma: f64,
    /// Peak signal-to-noise ratio of luma, in dB; infinite for equal luma.
    pub psnr_luma: f64,
    /// See [`ssim()`].
    pub ssim: Option<f64>,
    /// See [`ms_ssim()`].
    pub ms_ssim: Option<f64>,
    /// See [`fsim()`].
    pub fsim: Option<f64>,
    /// See [`fsimc()`].
    pub fsimc: Option<f64>,
    /// See [`gmsd()`].
    pub gmsd: f64,
}

impl Difference {
    /// Measures a pair by every metric; nothing when `keep_going`, which is asked every few milliseconds, said no.
    pub fn of(pair: &Pair<'_>, keep_going: &dyn Fn() -> bool) -> Option<Self> {
        let pair = &Pair { keep_going, ..*pair };
        let next = || keep_going().then_some(pair);
        let (mse, mae) = (mse(next()?), mae(next()?));
        let (mse_luma, mae_luma) = (mse_luma(next()?), mae_luma(next()?));
        let (ssim, ms_ssim) = ms_ssim::both(next()?);
        let (fsim, fsimc) = fsim::both(next()?).unzip();
        let gmsd = gmsd(next()?);
        let (psnr, psnr_luma) = (psnr(mse), psnr(mse_luma));
        let found = Self { mse, mae, psnr, mse_luma, mae_luma, psnr_luma, ssim, ms_ssim, fsim, fsimc, gmsd };
        next().map(|_| found)
    }

    /// The metrics' names, as table columns and JSON keys.
    pub const NAMES: [&'static str; 11] =
        ["mse", "mae", "psnr", "mse_luma", "mae_luma", "psnr_luma", "ssim", "ms_ssim", "fsim", "fsimc", "gmsd"];

    /// The values in the order of [`Self::NAMES`]; nothing where the photos are too small or too plain for a metric.
    pub fn values(&self) -> [Option<f64>; Self::NAMES.len()] {
        [
            Some(self.mse),
            Some(self.mae),
            Some(self.psnr),
            Some(self.mse_luma),
            Some(self.mae_luma),
            Some(self.psnr_luma),
            self.ssim,
            self.ms_ssim,
            self.fsim,
            self.fsimc,
            Some(self.gmsd),
        ]
    }

    /// The value of the metric of that name; nothing for an unknown name, too.
    pub fn value(&self, name: &str) -> Option<f64> {
        let index = Self::NAMES.into_iter().position(|known| known == name)?;
        self.values()[index]
    }
}

/// A map from names to numbers. What is infinite or absent is null: a null PSNR stands beside an error of 0.
impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Self::NAMES.len()))?;
        for (name, value) in Self::NAMES.into_iter().zip(self.values()) {
            map.serialize_entry(name, &value.filter(|value| value.is_finite()))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
