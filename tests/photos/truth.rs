//! What was measured and judged, against what eyes saw on 100 product photos (`tests/fixtures/truth`).

use packshot::attributes;
use packshot::domain::{Attribute, Region};
use packshot::rules::{Library, Measure, RulePack};

use super::defects::blurred;
use super::{Seen, each, names, seen};

fn pack() -> RulePack {
    Library::default().find("amazon-main").expect("ships")
}

/// Whether the pack's rule on a measure is met; a rule that is not there is.
fn meets(pack: &RulePack, attributes: &packshot::domain::Attributes, measure: Attribute) -> bool {
    let day = jiff::civil::date(2026, 11, 23);
    let verdicts = pack.judge(attributes, day);
    verdicts
        .iter()
        .filter(|verdict| verdict.rule.measure == Measure::Number(measure))
        .all(packshot::rules::Verdict::passed)
}

fn named(photos: &[Seen], wrong: &[bool]) -> Vec<String> {
    names(photos.iter().zip(wrong).filter(|(_, wrong)| **wrong).map(|(photo, _)| photo))
}

#[test]
fn white_backdrops_pass_and_other_backdrops_fail() {
    let photos: Vec<Seen> = seen().into_iter().filter(|photo| photo.background != "near_white").collect();
    let pack = pack();
    let wrong = each(&photos, |seen, photo, bytes| {
        let attributes = attributes::measure(photo, Some(bytes));
        meets(&pack, &attributes, Attribute::WhiteBackground) != (seen.background == "white")
    });
    let wrong = named(&photos, &wrong);
    let known = ["mh11-white_alt1.jpg"];
    assert!(wrong.iter().all(|name| known.contains(&name.as_str())), "judged otherwise than seen: {wrong:?}");
}

#[test]
fn the_box_of_a_product_on_white_is_where_eyes_saw_it() {
    let lettering = |photo: &Seen| photo.overlay;
    let photos: Vec<Seen> =
        seen().into_iter().filter(|photo| photo.background == "white" && !lettering(photo)).collect();
    let overlap = each(&photos, |seen, photo, _| {
        let whole = Region { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
        let found = attributes::evidence(photo, 1000).product.unwrap_or(whole);
        let [left, top, right, bottom] = seen.product;
        let area = |left: f64, top: f64, right: f64, bottom: f64| (right - left).max(0.0) * (bottom - top).max(0.0);
        let both = area(found.left.max(left), found.top.max(top), found.right.min(right), found.bottom.min(bottom));
        let either = area(left, top, right, bottom) + area(found.left, found.top, found.right, found.bottom) - both;
        both / either
    });
    let poor: Vec<bool> = overlap.iter().map(|overlap| *overlap < 0.9).collect();
    let poor = named(&photos, &poor);
    assert!(poor.len() * 20 <= photos.len(), "boxes that overlap by less than 90 %: {poor:?}");
}

#[test]
fn sharp_studio_photos_are_never_called_blurred_and_their_blurred_copies_always_are() {
    let sharp = |photo: &Seen| photo.sharp == "yes" && photo.kind == "studio";
    let photos: Vec<Seen> = seen().into_iter().filter(sharp).collect();
    let pack = pack();
    let called = each(&photos, |_, photo, _| {
        let blurred_by = |photo: &image::RgbImage| !meets(&pack, &attributes::measure(photo, None), Attribute::Blur);
        // Below 1,000 pixels a blur of 2 at 1,000 is less than a pixel's width: nothing to see.
        let large = photo.width().max(photo.height()) >= 1000;
        (blurred_by(photo), large.then(|| blurred_by(&blurred(photo, 2.0))))
    });
    let alarms: Vec<bool> = called.iter().map(|(alarm, _)| *alarm).collect();
    assert_eq!(named(&photos, &alarms), Vec::<String>::new(), "sharp photos that are called blurred");
    let missed: Vec<bool> = called.iter().map(|(_, copy)| *copy == Some(false)).collect();
    let missed = named(&photos, &missed);
    assert!(missed.len() * 50 <= photos.len(), "blurred copies that pass: {missed:?}");
}

#[test]
fn text_over_a_white_backdrop_is_found_and_nothing_else_is_taken_for_it() {
    let photos: Vec<Seen> = seen().into_iter().filter(|photo| photo.background != "not_white").collect();
    let found = each(&photos, |_, photo, _| {
        let share = attributes::measure(photo, None).get(Attribute::Overlay);
        share.is_some_and(|share| share > 0.01)
    });
    let wrong: Vec<bool> = photos.iter().zip(found).map(|(photo, found)| photo.overlay != found).collect();
    assert_eq!(named(&photos, &wrong), Vec::<String>::new());
}
