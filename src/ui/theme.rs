//! Colours and distances from `assets/theme.toml`, and how they dress egui.

use std::sync::LazyLock;

use eframe::egui::{self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme};
use serde::Deserialize;

/// Distances in points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct Space {
    /// Within a widget.
    pub s: f32,
    /// Between widgets.
    pub m: f32,
    /// Around groups.
    pub l: f32,
    /// Around pages.
    pub xl: f32,
}

/// The colours of one theme.
#[derive(Debug, Clone, Copy, Default)]
pub struct Palette {
    /// Behind everything.
    pub background: Color32,
    /// Panels.
    pub panel: Color32,
    /// Buttons, fields, tiles.
    pub raised: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// Separators.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// The one accent.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Good enough.
    pub accept: Color32,
    /// Look at it.
    pub review: Color32,
    /// Not good enough.
    pub reject: Color32,
}

/// The colours of what is drawn over photos.
#[derive(Debug, Clone, Copy, Default)]
pub struct OverlayColours {
    /// Backdrop at 250 or more, but not exactly white.
    pub near_white: Color32,
    /// Backdrop below 250.
    pub coloured: Color32,
    /// No detail left in the light.
    pub burnt: Color32,
    /// No detail left in the dark.
    pub black: Color32,
    /// The product's box.
    pub product: Color32,
    /// Frames, text and logos.
    pub marks: Color32,
    /// What takes from the model's score.
    pub loses: Color32,
    /// What adds to the model's score.
    pub gains: Color32,
}

#[derive(Deserialize)]
struct OverlayNames {
    near_white: String,
    coloured: String,
    burnt: String,
    black: String,
    product: String,
    marks: String,
    loses: String,
    gains: String,
}

#[derive(Deserialize)]
struct Names {
    background: String,
    panel: String,
    raised: String,
    hover: String,
    line: String,
    text: String,
    weak: String,
    accent: String,
    on_accent: String,
    accept: String,
    review: String,
    reject: String,
}

#[derive(Deserialize)]
struct File {
    space: Space,
    dark: Names,
    light: Names,
    overlay: OverlayNames,
}

#[derive(Default)]
struct Tokens {
    space: Space,
    dark: Palette,
    light: Palette,
    overlay: OverlayColours,
}

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    // The file is compiled in; a test holds it valid.
    let file = toml::from_str::<File>(include_str!("../../assets/theme.toml"));
    file.map(|file| Tokens {
        space: file.space,
        dark: palette(&file.dark),
        light: palette(&file.light),
        overlay: OverlayColours {
            near_white: colour(&file.overlay.near_white),
            coloured: colour(&file.overlay.coloured),
            burnt: colour(&file.overlay.burnt),
            black: colour(&file.overlay.black),
            product: colour(&file.overlay.product),
            marks: colour(&file.overlay.marks),
            loses: colour(&file.overlay.loses),
            gains: colour(&file.overlay.gains),
        },
    })
    .unwrap_or_default()
});

fn colour(hex: &str) -> Color32 {
    Color32::from_hex(hex).unwrap_or(Color32::DEBUG_COLOR)
}

fn palette(names: &Names) -> Palette {
    Palette {
        background: colour(&names.background),
        panel: colour(&names.panel),
        raised: colour(&names.raised),
        hover: colour(&names.hover),
        line: colour(&names.line),
        text: colour(&names.text),
        weak: colour(&names.weak),
        accent: colour(&names.accent),
        on_accent: colour(&names.on_accent),
        accept: colour(&names.accept),
        review: colour(&names.review),
        reject: colour(&names.reject),
    }
}

/// The distances.
pub fn space() -> Space {
    TOKENS.space
}

/// The colours of the theme in force.
pub fn colours(ui: &egui::Ui) -> Palette {
    colours_of(ui.visuals().dark_mode)
}

/// The colours of a theme.
pub fn colours_of(dark: bool) -> Palette {
    if dark { TOKENS.dark } else { TOKENS.light }
}

/// The colours of what is drawn over photos.
pub fn overlay_colours() -> OverlayColours {
    TOKENS.overlay
}

/// Dresses both themes of a context.
pub fn install(ctx: &egui::Context) {
    for (theme, palette) in [(Theme::Dark, TOKENS.dark), (Theme::Light, TOKENS.light)] {
        ctx.style_mut_of(theme, |style| {
            dress(style, &palette);
        });
    }
}

fn dress(style: &mut egui::Style, palette: &Palette) {
    let space = TOKENS.space;
    style.spacing.item_spacing = egui::vec2(space.m, space.m);
    style.spacing.button_padding = egui::vec2(space.l, 6.0);
    style.spacing.interact_size.y = 30.0;
    style.spacing.window_margin = Margin::same(space.xl as i8);
    style.spacing.scroll.floating = false;
    style.spacing.scroll.foreground_color = false;
    style.spacing.scroll.fade.strength = 0.0;
    style.spacing.scroll.bar_width = 8.0;
    style.animation_time = 0.1;
    let size = |points| FontId::new(points, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, size(11.5)),
        (TextStyle::Body, size(13.5)),
        (TextStyle::Button, size(13.5)),
        (TextStyle::Heading, size(20.0)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
    ]
    .into();
    let visuals = &mut style.visuals;
    visuals.override_text_color = None;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.extreme_bg_color = palette.background;
    visuals.faint_bg_color = palette.background;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.hyperlink_color = palette.accent;
    visuals.weak_text_color = Some(palette.weak);
    visuals.error_fg_color = palette.reject;
    visuals.warn_fg_color = palette.review;
    visuals.selection.bg_fill = palette.accent.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.striped = false;
    let widgets = &mut visuals.widgets;
    let states = [
        (&mut widgets.noninteractive, palette.panel, palette.line, palette.text),
        (&mut widgets.inactive, palette.raised, palette.raised, palette.text),
        (&mut widgets.hovered, palette.hover, palette.hover, palette.text),
        (&mut widgets.active, palette.hover, palette.accent, palette.text),
        (&mut widgets.open, palette.hover, palette.line, palette.text),
    ];
    for (state, fill, stroke, text) in states {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, stroke);
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = CornerRadius::same(6);
        state.expansion = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_a_colour_and_text_is_readable() {
        for palette in [TOKENS.dark, TOKENS.light] {
            let light = |colour: Color32| {
                let [r, g, b, _] = colour.to_normalized_gamma_f32().map(|value| value.powf(2.2));
                0.2126 * r + 0.7152 * g + 0.0722 * b
            };
            let contrast = |a: Color32, b: Color32| {
                let (a, b) = (light(a) + 0.05, light(b) + 0.05);
                a.max(b) / a.min(b)
            };
            assert_ne!(palette.accent, Color32::DEBUG_COLOR);
            // WCAG 2.1: 4.5 for text.
            for colour in [palette.text, palette.weak, palette.accept, palette.review, palette.reject] {
                assert!(contrast(colour, palette.panel) >= 4.5, "{colour:?} on the panel");
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
        }
        let over = overlay_colours();
        let all =
            [over.near_white, over.coloured, over.burnt, over.black, over.product, over.marks, over.loses, over.gains];
        assert_eq!(all.into_iter().collect::<std::collections::HashSet<_>>().len(), all.len(), "can be told apart");
        assert!(!all.contains(&Color32::DEBUG_COLOR) && !all.contains(&Color32::TRANSPARENT));
        assert_eq!((space().s, space().m, space().l, space().xl), (4.0, 8.0, 12.0, 16.0));
    }
}
