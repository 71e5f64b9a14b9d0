//! A defect of growing strength moves its own measure, step by step, on nearly every photo.

use image::{Rgb, RgbImage};
use packshot::attributes;
use packshot::domain::Attribute::{
    self, Blur, Brightness, FrameBrightness, FrameWidth, JpegQuality, Noise, Overlay, SpectrumCutoff, WhiteBorder,
};

use super::defects::{blurred, captioned, compressed, enlarged, exposed, framed, noisy};
use super::{Seen, each, names, seen};

/// Every fourth photo of the truth set; all of them, which takes minutes, for `make check-photos`.
fn some() -> Vec<Seen> {
    let step = if std::env::var_os("PACKSHOT_ALL_PHOTOS").is_some() { 1 } else { 4 };
    seen().into_iter().step_by(step).collect()
}

fn measured(photo: &RgbImage, file: Option<&[u8]>, attribute: Attribute) -> Option<f64> {
    attributes::measure_only(photo, file, &|wanted| wanted == attribute).get(attribute)
}

/// At least 95 % of the photos have an attribute that only ever rises (or falls) along the ladder.
fn climbs(
    photos: &[Seen],
    attribute: Attribute,
    ladder: impl Fn(&RgbImage) -> Vec<(RgbImage, Vec<u8>)> + Sync,
    rises: bool,
) {
    let orderly = each(photos, |_, photo, _| {
        let file = |bytes: &Vec<u8>| if bytes.is_empty() { None } else { Some(bytes.clone()) };
        let values: Option<Vec<f64>> =
            ladder(photo).iter().map(|(step, bytes)| measured(step, file(bytes).as_deref(), attribute)).collect();
        values.is_some_and(|values| {
            let moved = values.first() != values.last();
            moved && if rises { values.is_sorted() } else { values.is_sorted_by(|a, b| a >= b) }
        })
    });
    let wrong = names(photos.iter().zip(&orderly).filter(|(_, orderly)| !**orderly).map(|(photo, _)| photo));
    let allowed = photos.len() / 20;
    eprintln!(
        "{attribute:?} is orderly on {} of {} photos; not on {wrong:?}",
        photos.len() - wrong.len(),
        photos.len()
    );
    assert!(wrong.len() <= allowed, "{attribute:?} wanders on {} of {}: {wrong:?}", wrong.len(), photos.len());
}

fn plain(steps: Vec<RgbImage>) -> Vec<(RgbImage, Vec<u8>)> {
    steps.into_iter().map(|step| (step, Vec::new())).collect()
}

#[test]
fn blur_rises_with_blur() {
    // In native pixels: a small photo would not change at all under a radius that goes by its size.
    let radii = [0.8, 1.4, 2.2, 3.2];
    let ladder = |photo: &RgbImage| plain(radii.map(|radius| image::imageops::fast_blur(photo, radius)).to_vec());
    climbs(&some(), Blur, ladder, true);
}

#[test]
fn noise_rises_with_noise() {
    let ladder = |photo: &RgbImage| plain([0.0, 4.0, 8.0, 16.0].map(|deviation| noisy(photo, deviation)).to_vec());
    climbs(&some(), Noise, ladder, true);
}

#[test]
fn brightness_falls_with_too_little_light() {
    let ladder = |photo: &RgbImage| plain([-2.0, -1.5, -1.0, -0.5, 0.0].map(|stops| exposed(photo, stops)).to_vec());
    climbs(&some(), Brightness, ladder, true);
}

#[test]
fn the_frame_brightens_with_too_much_light() {
    // The product's own brightness cannot tell: on white, its burnt parts are backdrop.
    let ladder = |photo: &RgbImage| plain([-2.0, -1.0, 0.0, 1.0, 2.0].map(|stops| exposed(photo, stops)).to_vec());
    climbs(&some(), FrameBrightness, ladder, true);
}

#[test]
fn jpeg_quality_falls_with_compression() {
    let ladder = |photo: &RgbImage| [95, 85, 70, 50, 30, 10].map(|quality| compressed(photo, quality)).to_vec();
    climbs(&some(), JpegQuality, ladder, false);
}

#[test]
fn blockiness_rises_with_strong_compression_where_no_file_tells() {
    let ladder = |photo: &RgbImage| [50, 30, 15, 8].map(|quality| (compressed(photo, quality).0, Vec::new())).to_vec();
    climbs(&some(), Attribute::Blockiness, ladder, true);
}

#[test]
fn the_cutoff_falls_with_enlargement() {
    let ladder = |photo: &RgbImage| {
        let steps = [1.5, 2.0, 3.0, 5.0].map(|factor| enlarged(photo, factor));
        plain(std::iter::once(photo.clone()).chain(steps).collect())
    };
    climbs(&some(), SpectrumCutoff, ladder, false);
}

#[test]
fn a_blur_leaves_a_white_border_white() {
    let white: Vec<Seen> = seen()
        .into_iter()
        .filter(|photo| photo.background == "white" && photo.kind == "studio" && !photo.overlay)
        .collect();
    let moved = each(&white, |_, photo, _| {
        let share = |photo: &RgbImage| measured(photo, None, WhiteBorder).expect("always there");
        // Below 1,000 pixels a blur of 2 at 1,000 is less than a pixel's width.
        let large = photo.width().max(photo.height()) >= 1000;
        large.then(|| (share(photo) - share(&blurred(photo, 2.0))).abs())
    });
    let large = moved.iter().flatten().count();
    let much = names(white.iter().zip(&moved).filter(|(_, moved)| **moved >= Some(0.01)).map(|(photo, _)| photo));
    // A blur carries a product that touches the frame all along further into the border.
    assert!(much.len() * 10 <= large, "{much:?} of {large}");
}

#[test]
fn frames_and_captions_are_found_on_photos_that_had_none() {
    let photos: Vec<Seen> =
        seen().into_iter().filter(|photo| photo.background == "white" && !photo.overlay).step_by(2).collect();
    let found = each(&photos, |_, photo, _| {
        let frames = [0.01, 0.03, 0.06].map(|share| {
            let found = measured(&framed(photo, share, Rgb([200, 30, 40])), None, FrameWidth).unwrap_or_default();
            (found - share).abs() < 0.01
        });
        let caption = measured(&captioned(photo), None, Overlay).is_some_and(|share| share > 0.0);
        (frames == [true; 3], caption)
    });
    let framed = found.iter().filter(|(frame, _)| *frame).count();
    let captioned = found.iter().filter(|(_, caption)| *caption).count();
    assert!(framed * 20 >= photos.len() * 19, "frames on {framed} of {}", photos.len());
    assert!(captioned * 10 >= photos.len() * 9, "captions on {captioned} of {}", photos.len());
}
