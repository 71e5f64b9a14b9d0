//! What can be wrong with a demo photo, in five levels, and the score that follows.

use super::distortion::Distortion;

/// A kind of flaw of a demo photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Defect {
    /// Out of focus.
    GaussianBlur,
    /// Camera shake.
    MotionBlur,
    /// Sensor noise.
    SensorNoise,
    /// Visible JPEG blocks.
    Compression,
    /// Too bright.
    Overexposed,
    /// Too dark.
    Underexposed,
    /// Flat tones.
    LowContrast,
    /// Light too warm for its white balance.
    WarmCast,
    /// Light too cool for its white balance.
    CoolCast,
    /// Halos from too much sharpening.
    OverSharpened,
    /// A small picture blown up.
    Upscaled,
    /// Advertising text on the photo.
    TextOverlay,
    /// A background that is nearly, but not, white.
    OffWhiteBackground,
    /// A background that runs from light to dark.
    GradientBackground,
    /// A coloured background.
    ColouredBackground,
    /// Other things around the product.
    Clutter,
    /// The product cut off by the frame.
    TightCrop,
    /// The product small in the frame.
    TinyProduct,
    /// The product away from the middle.
    OffCentre,
}

/// Score of a photo without defects.
pub const CLEAN_SCORE: f64 = 97.0;

impl Defect {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::GaussianBlur,
        Self::MotionBlur,
        Self::SensorNoise,
        Self::Compression,
        Self::Overexposed,
        Self::Underexposed,
        Self::LowContrast,
        Self::WarmCast,
        Self::CoolCast,
        Self::OverSharpened,
        Self::Upscaled,
        Self::TextOverlay,
        Self::OffWhiteBackground,
        Self::GradientBackground,
        Self::ColouredBackground,
        Self::Clutter,
        Self::TightCrop,
        Self::TinyProduct,
        Self::OffCentre,
    ];

    /// The name in `labels.csv`.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// Share of the score that the strongest level takes.
    pub fn weight(self) -> f64 {
        self.facts().1
    }

    /// Defects of one family do not go together on a photo.
    pub(super) fn family(self) -> &'static str {
        self.facts().2
    }

    /// Where on the way from scene to file it comes about; defects are applied in this order.
    pub(super) fn stage(self) -> Option<usize> {
        let order = ["background", "framing", "tone", "colour", "sharpness", "noise", "overlay", "compression"];
        order.iter().position(|family| *family == self.family())
    }

    fn facts(self) -> (&'static str, f64, &'static str) {
        match self {
            Self::GaussianBlur => ("gaussian_blur", 0.85, "sharpness"),
            Self::MotionBlur => ("motion_blur", 0.85, "sharpness"),
            Self::OverSharpened => ("over_sharpened", 0.6, "sharpness"),
            Self::Upscaled => ("upscaled", 0.75, "sharpness"),
            Self::SensorNoise => ("sensor_noise", 0.65, "noise"),
            Self::Compression => ("compression", 0.75, "compression"),
            Self::Overexposed => ("overexposed", 0.7, "tone"),
            Self::Underexposed => ("underexposed", 0.75, "tone"),
            Self::LowContrast => ("low_contrast", 0.6, "tone"),
            Self::WarmCast => ("warm_cast", 0.5, "colour"),
            Self::CoolCast => ("cool_cast", 0.5, "colour"),
            Self::TextOverlay => ("text_overlay", 0.6, "overlay"),
            Self::OffWhiteBackground => ("off_white_background", 0.3, "background"),
            Self::GradientBackground => ("gradient_background", 0.35, "background"),
            Self::ColouredBackground => ("coloured_background", 0.35, "background"),
            Self::Clutter => ("clutter", 0.55, "background"),
            Self::TightCrop => ("tight_crop", 0.5, "framing"),
            Self::TinyProduct => ("tiny_product", 0.55, "framing"),
            Self::OffCentre => ("off_centre", 0.35, "framing"),
        }
    }

    /// The distortion of the finished picture at a level of 1-5; `None` when the defect lies in the scene itself.
    pub fn distortion(self, level: u8) -> Option<Distortion> {
        self.distortion_at(f32::from(level.clamp(1, 5)))
    }

    /// The distortion of the finished picture at a level of 0-5, where 0 leaves it as it is and the levels between follow
    /// straight lines; `None` when the defect lies in the scene itself.
    ///
    /// The ladders follow the published ones (`ARNIQA`, Agnolucci et al. 2024), moved towards what photos for commerce
    /// show: invisible levels are left out, compression and noise start milder. All run from none to strongest, also
    /// those whose setting falls.
    pub fn distortion_at(self, level: f32) -> Option<Distortion> {
        let at = |ladder: [f32; 6]| {
            let below = (level.clamp(0.0, 5.0) as usize).min(4);
            ladder[below] + (ladder[below + 1] - ladder[below]) * (level.clamp(0.0, 5.0) - below as f32)
        };
        Some(match self {
            Self::GaussianBlur => Distortion::GaussianBlur { sigma: at([0.0, 0.8, 1.3, 2.0, 3.2, 5.0]) },
            Self::MotionBlur => Distortion::MotionBlur { length: at([0.0, 3.0, 5.0, 8.0, 13.0, 20.0]) },
            Self::SensorNoise => Distortion::SensorNoise { variance: at([0.0, 0.0004, 0.001, 0.0025, 0.005, 0.01]) },
            Self::Compression => Distortion::JpegQuality { quality: at([95.0, 43.0, 24.0, 14.0, 8.0, 4.0]) as u8 },
            Self::Overexposed => Distortion::Exposure { ev: at([0.0, 0.35, 0.7, 1.1, 1.6, 2.3]) },
            Self::Underexposed => Distortion::Exposure { ev: at([0.0, -0.5, -0.9, -1.4, -2.0, -2.7]) },
            Self::LowContrast => Distortion::Contrast { gain: at([1.0, 0.82, 0.66, 0.5, 0.38, 0.28]) },
            Self::WarmCast => Distortion::ColourCast { kelvin: at([6500.0, 5500.0, 4700.0, 4000.0, 3300.0, 2700.0]) },
            Self::CoolCast => {
                Distortion::ColourCast { kelvin: at([6500.0, 7300.0, 8400.0, 10_000.0, 13_000.0, 18_000.0]) }
            }
            Self::OverSharpened => Distortion::OverSharpen { amount: at([0.0, 1.0, 2.0, 3.0, 6.0, 12.0]) },
            Self::Upscaled => Distortion::DownUp { factor: at([1.0, 1.6, 2.2, 3.0, 4.2, 6.0]) },
            Self::TextOverlay => Distortion::TextOverlay { share: at([0.0, 0.035, 0.06, 0.095, 0.14, 0.2]) },
            _ => return None,
        })
    }
}

/// The score of a photo, 0-100: [`CLEAN_SCORE`] times `1 - weight * level / 5` of each defect.
///
/// It falls with every level of every defect, and two defects are worse than either.
pub fn score(defects: &[(Defect, u8)]) -> f64 {
    let kept: f64 = defects.iter().map(|(defect, level)| 1.0 - defect.weight() * f64::from(*level) / 5.0).product();
    CLEAN_SCORE * kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn score_falls_with_every_level_and_with_a_second_defect() {
        for defect in Defect::ALL {
            let ladder: Vec<f64> = (0..=5).map(|level| score(&[(defect, level)])).collect();
            assert!(ladder.windows(2).all(|pair| pair[1] < pair[0]), "{defect:?}: {ladder:?}");
            assert!(ladder[5] > 0.0 && ladder[0] <= 100.0);
            for other in Defect::ALL {
                assert!(score(&[(defect, 3), (other, 2)]) < score(&[(defect, 3)]));
            }
        }
        assert!((92.0..=98.0).contains(&score(&[])));
    }

    #[test]
    fn names_are_told_apart_and_every_defect_has_its_stage() {
        assert!(Defect::ALL.iter().all(|defect| defect.stage().is_some()));
        let mut names = Defect::ALL.map(Defect::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
