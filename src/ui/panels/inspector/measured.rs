//! Every measured attribute, in groups, with where it falls in this catalogue.

use eframe::egui::{self, Align, Layout, RichText, vec2};

use crate::domain::{Attribute, Attributes};
use crate::ui::catalogue::Standing;
use crate::ui::numbers::grouped;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint, standing_strip};

/// Width of a strip and of a value, in points.
const STRIP: f32 = 64.0;
const VALUE: f32 = 68.0;

/// The groups, in the order of the inspector.
const GROUPS: [&str; 5] =
    ["Size and file", "Sharpness and noise", "Tone and colour", "Compression", "Background and framing"];

/// The group an attribute stands in.
fn group(attribute: Attribute) -> &'static str {
    use Attribute as A;
    match attribute {
        A::Width
        | A::Height
        | A::LongestSide
        | A::ShortestSide
        | A::Megapixels
        | A::AspectRatio
        | A::FileSize
        | A::BitDepth => GROUPS[0],
        A::Sharpness | A::Blur | A::Tenengrad | A::SpectrumSlope | A::Noise => GROUPS[1],
        A::Brightness
        | A::FrameBrightness
        | A::Contrast
        | A::Clipped
        | A::ClippedHighlights
        | A::ClippedShadows
        | A::Entropy
        | A::Colourfulness
        | A::ColourCast => GROUPS[2],
        A::JpegQuality | A::Blockiness | A::SpectrumCutoff => GROUPS[3],
        A::PureBorder
        | A::WhiteBorder
        | A::PureBackground
        | A::WhiteBackground
        | A::BackgroundSpread
        | A::Fill
        | A::FillArea
        | A::OffCentre
        | A::Tilt
        | A::FrameWidth
        | A::Overlay => GROUPS[4],
    }
}

/// What an attribute says, in a sentence.
fn explanation(attribute: Attribute) -> &'static str {
    use Attribute as A;
    match attribute {
        A::Width => "Width in pixels, upright",
        A::Height => "Height in pixels, upright",
        A::LongestSide => "The longer of width and height; shops ask for it so that photos can be zoomed",
        A::ShortestSide => "The shorter of width and height",
        A::Megapixels => "Width times height, in millions of pixels",
        A::AspectRatio => "Width divided by height: 1 is square, below 1 is upright",
        A::FileSize => "Size of the file in millions of bytes",
        A::BitDepth => "Bits a channel in the file; 8 is usual",
        A::Sharpness => "Variance of the Laplacian over the product: how strong fine edges are. Blur lowers it",
        A::Blur => "How blurred the sharpest edges of the product are, in pixels",
        A::Tenengrad => "Mean squared gradient over the product: how strong all edges are",
        A::SpectrumSlope => "How fast detail fades from coarse to fine: about -1 for a sharp photo, lower when blurred",
        A::Noise => "Grain over the product, in grey levels",
        A::Brightness => "Mean brightness of the product, 0 to 255",
        A::FrameBrightness => "Mean brightness of the whole frame, 0 to 255",
        A::Contrast => "Spread of the product's brightness; a flat photo has little",
        A::Clipped => "Share of the product's pixels with a channel at 0 or 255",
        A::ClippedHighlights => "Share of the product's pixels that are burnt to white",
        A::ClippedShadows => "Share of the product's pixels that are lost in black",
        A::Entropy => "How varied the brightness of the frame is, in bits: 0 for one tone, 8 at most",
        A::Colourfulness => "How vivid the product's colours are; 0 for grey",
        A::ColourCast => "How far neutral tones are from grey; under 3 is hard to see",
        A::JpegQuality => "The quality setting, 1 to 100, that the file's JPEG tables stand for",
        A::Blockiness => "How much the 8 × 8 blocks of JPEG show; 0 is not at all",
        A::SpectrumCutoff => {
            "How fine the finest detail is, as a share of what this size could hold: low when enlarged"
        }
        A::PureBorder => "Share of the border ring that is exactly 255, 255, 255",
        A::WhiteBorder => "Share of the border ring with every channel at 250 or more",
        A::PureBackground => "Share of the backdrop that is exactly 255, 255, 255",
        A::WhiteBackground => "Share of the backdrop with every channel at 250 or more",
        A::BackgroundSpread => "How uneven the border ring is, in grey levels",
        A::Fill => "Longest side of the product's box as a share of the frame's same side",
        A::FillArea => "Share of the frame that the product covers",
        A::OffCentre => "How far the product's box is from the middle, as a share of the frame's side",
        A::Tilt => "Angle of the product's straight edges against level or upright",
        A::FrameWidth => "Width of a drawn frame or bar, as a share of the shorter side",
        A::Overlay => "Share of the frame under text, logos or marks",
    }
}

/// "sharper" in "sharper than 12 % of 1,036 photos".
fn comparative(attribute: Attribute) -> &'static str {
    use Attribute as A;
    match attribute {
        A::Width | A::AspectRatio => "wider",
        A::Height => "taller",
        A::LongestSide | A::ShortestSide | A::Megapixels | A::FileSize => "larger",
        A::Sharpness | A::Tenengrad => "sharper",
        A::Blur => "more blurred",
        A::Noise => "noisier",
        A::Brightness | A::FrameBrightness => "brighter",
        A::Clipped | A::ClippedHighlights | A::ClippedShadows => "more clipped",
        A::Colourfulness => "more colourful",
        A::Blockiness => "blockier",
        A::PureBorder | A::WhiteBorder | A::PureBackground | A::WhiteBackground => "whiter",
        A::Fill | A::FillArea => "fuller",
        A::OffCentre => "further off centre",
        A::Tilt => "more tilted",
        A::BackgroundSpread => "more uneven",
        A::BitDepth
        | A::SpectrumSlope
        | A::Contrast
        | A::Entropy
        | A::ColourCast
        | A::JpegQuality
        | A::SpectrumCutoff
        | A::FrameWidth
        | A::Overlay => "higher",
    }
}

/// "sharper than 12 % of 1,036 photos".
fn standing_text(attribute: Attribute, standing: Standing) -> String {
    let photos = grouped(standing.of);
    if standing.same >= 1.0 {
        return format!("the same on all {photos} photos");
    }
    let equal = if standing.same >= 0.1 { format!(", equal to {:.0} %", 100.0 * standing.same) } else { String::new() };
    format!("{} than {:.0} % of {photos} photos{equal}", comparative(attribute), 100.0 * standing.below)
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, attributes: &Attributes) {
    ui.spacing_mut().interact_size.y = 18.0;
    ui.spacing_mut().item_spacing.y = 2.0;
    for title in GROUPS {
        let here = || Attribute::all().filter(|attribute| group(*attribute) == title);
        if here().all(|attribute| attributes.get(attribute).is_none()) {
            continue;
        }
        ui.add_space(space().m);
        heading(ui, title);
        if title == GROUPS[0]
            && let Some((format, mode)) = attributes.file
        {
            plain(ui, "format", &format.name().to_uppercase());
            plain(ui, "colours", &mode.name().to_uppercase());
        }
        for attribute in here() {
            if let Some(value) = attributes.get(attribute) {
                row(ui, state, attribute, value);
            }
        }
    }
}

/// A name at the left and a value at the right.
fn plain(ui: &mut egui::Ui, name: &str, value: &str) {
    ui.horizontal(|ui| {
        hint(ui, name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(value));
    });
}

fn row(ui: &mut egui::Ui, state: &AppState, attribute: Attribute, value: f64) {
    let weak = colours(ui).weak;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 18.0), Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space().m;
        ui.allocate_ui_with_layout(vec2(VALUE, 18.0), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_width(VALUE);
            ui.label(attribute.write_short(value));
        });
        match state.audit.spread.standing(attribute, value) {
            Some(standing) => {
                let text = standing_text(attribute, standing);
                let strip = standing_strip(ui, standing, STRIP);
                let spoken = format!("{}: {text}", attribute.words());
                strip.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &spoken));
                strip.on_hover_text(format!("{text}{}", quartile_text(state, attribute)));
            }
            None => ui.add_space(STRIP + space().m),
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let label = egui::Label::new(RichText::new(attribute.words()).color(weak)).truncate();
            ui.add(label).on_hover_text(explanation(attribute));
        });
    });
}

fn quartile_text(state: &AppState, attribute: Attribute) -> String {
    let Some(quartiles) = state.audit.spread.quartiles(attribute) else { return String::new() };
    let [low, middle, high] = quartiles.map(|value| attribute.write_short(value));
    format!("\nHalf of the photos lie between {low} and {high}, the middle one at {middle}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_explained_in_one_group() {
        for attribute in Attribute::all() {
            assert!(GROUPS.contains(&group(attribute)));
            assert!(!explanation(attribute).ends_with('.') && explanation(attribute).len() > 20, "{attribute:?}");
        }
    }

    #[test]
    fn a_standing_reads_well() {
        let standing = |below, same| Standing { below, same, of: 1036 };
        assert_eq!(standing_text(Attribute::Sharpness, standing(0.12, 0.001)), "sharper than 12 % of 1,036 photos");
        assert_eq!(standing_text(Attribute::Fill, standing(0.0, 1.0)), "the same on all 1,036 photos");
        assert_eq!(
            standing_text(Attribute::WhiteBorder, standing(0.2, 0.8)),
            "whiter than 20 % of 1,036 photos, equal to 80 %"
        );
    }
}
