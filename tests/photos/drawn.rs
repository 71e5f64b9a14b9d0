//! Text and white frames drawn over photos of every kind: how many are found, and that nothing is found where none is.

use std::path::PathBuf;

use image::{Rgb, RgbImage};
use packshot::attributes;
use packshot::domain::Attribute::{self, FrameWidth, Overlay};
use packshot::rules::{Library, Measure, Outcome, RulePack};

use super::defects::{compressed, framed, lettered};
use super::{each_file, photos_in};

const STUDIO: &[&str] = &["grocery-iconic", "magento-luma"];
const CLOTHES: &[&str] = &["clothing-small"];
const SHOPS: &[&str] = &["grocery-natural"];

fn value(photo: &RgbImage, attribute: Attribute) -> f64 {
    attributes::measure_only(photo, None, &|wanted| wanted == attribute).get(attribute).unwrap_or_default()
}

/// Photos of some folders, every fourth of them, with something drawn over them, for which `found` holds.
fn found_on(folders: &[&str], drawn: impl Fn(&RgbImage) -> bool + Sync) -> (usize, usize) {
    let photos: Vec<PathBuf> = photos_in(folders).into_iter().step_by(4).collect();
    let found = each_file(&photos, |_, photo, _| drawn(photo));
    (found.iter().filter(|found| **found).count(), photos.len())
}

/// At least `least` per cent of the photos; all is well where there are none.
fn at_least(what: &str, least: usize, (found, all): (usize, usize)) {
    eprintln!("{what}: {found} of {all}");
    assert!(found * 100 >= least * all, "{what}: found on {found} of {all}, want {least} %");
}

/// Text across the middle, saved as a JPEG, as whoever drew it would.
fn with_text(photo: &RgbImage, ink: Rgb<u8>) -> RgbImage {
    let dot = (photo.width() * 6 / 10 / 40).max(2);
    compressed(&lettered(photo, (photo.width() / 5, photo.height() / 2), dot, ink), 90).0
}

#[test]
fn drawn_text_is_found_across_outlines_and_on_any_backdrop() {
    let red = |photo: &RgbImage| value(&with_text(photo, Rgb([220, 30, 30])), Overlay) > 0.01;
    let white = |photo: &RgbImage| value(&with_text(photo, Rgb([255; 3])), Overlay) > 0.01;
    at_least("red text across studio photos", 30, found_on(STUDIO, red));
    at_least("white text on clothes", 75, found_on(CLOTHES, white));
    at_least("white text in shops", 75, found_on(SHOPS, white));
}

#[test]
fn a_white_frame_is_found_unless_the_photo_is_white_at_its_edge() {
    let found = |photo: &RgbImage| {
        [0.03, 0.045].into_iter().all(|share| {
            let (framed, _) = compressed(&framed(photo, share, Rgb([255; 3])), 85);
            (value(&framed, FrameWidth) - share).abs() < 0.01
        })
    };
    at_least("white frames around clothes", 80, found_on(CLOTHES, found));
    at_least("white frames in shops", 75, found_on(SHOPS, found));
}

#[test]
fn no_text_and_no_frame_is_found_where_none_is() {
    // One package in the shops has its name printed square to the camera, in one colour: no telling it from drawn text.
    for (folders, known) in [(STUDIO, 0), (CLOTHES, 0), (SHOPS, 1)] {
        let photos = photos_in(folders);
        let alarms = each_file(&photos, |_, photo, _| {
            let wanted = |attribute| matches!(attribute, Overlay | FrameWidth);
            let found = attributes::measure_only(photo, None, &wanted);
            found.get(Overlay) > Some(0.01) || found.get(FrameWidth) > Some(0.005)
        });
        let named: Vec<_> = photos.iter().zip(alarms).filter(|(_, alarm)| *alarm).map(|(photo, _)| photo).collect();
        assert!(named.len() <= known, "{folders:?}: {named:?}");
    }
}

/// What cleanvision 0.3.7 looks at: it calls one of these photos wrongly (a sharp leek on white, of low information).
#[test]
fn studio_photos_raise_no_more_alarms_than_cleanvision() {
    use Attribute::{Blur, Brightness, ClippedHighlights, Colourfulness, Entropy};
    let looked_at = |attribute| matches!(attribute, Blur | Brightness | ClippedHighlights | Colourfulness | Entropy);
    let day = jiff::civil::date(2026, 11, 23);
    let library = Library::default();
    let names = library.list().into_iter().map(|entry| entry.name);
    let packs: Vec<RulePack> = names.map(|name| library.find(&name).expect("ships")).collect();
    let photos = photos_in(STUDIO);
    let alarms = each_file(&photos, |_, photo, bytes| {
        let attributes = attributes::measure_only(photo, Some(bytes), &looked_at);
        packs.iter().flat_map(|pack| pack.judge(&attributes, day)).any(|verdict| {
            let ours = matches!(verdict.rule.measure, Measure::Number(measure) if looked_at(measure));
            ours && verdict.outcome() == Outcome::Fail
        })
    });
    let named: Vec<_> = photos.iter().zip(alarms).filter(|(_, alarm)| *alarm).map(|(photo, _)| photo).collect();
    assert!(named.len() <= 1, "{} alarms: {named:?}", named.len());
}
