//! Text as coverage, for label artwork and text overlays.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

use crate::error::{Error, Result};

static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok());

/// A line of text as coverage 0..1, row by row.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub width: usize,
    pub height: usize,
    pub coverage: Vec<f32>,
}

/// Sets one line at a height in pixels; `weight` thickens the strokes by that many pixels.
///
/// # Errors
/// [`crate::error::Code::Internal`] when the built-in font cannot be read.
pub(super) fn set_line(text: &str, pixels: f32, weight: usize) -> Result<Line> {
    let font = FONT.as_ref().ok_or_else(|| Error::internal("the built-in font cannot be read"))?;
    let scaled = font.as_scaled(PxScale::from(pixels));
    let mut glyphs = Vec::new();
    let mut pen = weight as f32;
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        glyphs.push(id.with_scale_and_position(PxScale::from(pixels), point(pen, scaled.ascent())));
        pen += scaled.h_advance(id);
    }
    let width = pen.ceil() as usize + weight + 1;
    let height = scaled.height().ceil() as usize + 1;
    let mut coverage = vec![0.0_f32; width * height];
    for outlined in glyphs.into_iter().filter_map(|glyph| font.outline_glyph(glyph)) {
        let bounds = outlined.px_bounds();
        outlined.draw(|x, y, amount| {
            let (x, y) = (bounds.min.x as i64 + i64::from(x), bounds.min.y as i64 + i64::from(y));
            for shift in 0..=weight as i64 {
                if (0..width as i64).contains(&(x + shift)) && (0..height as i64).contains(&y) {
                    let cell = &mut coverage[y as usize * width + (x + shift) as usize];
                    *cell = cell.max(amount);
                }
            }
        });
    }
    Ok(Line { width, height, coverage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_text_covers_more_and_weight_thickens() {
        let ink = |text: &str, weight: usize| set_line(text, 40.0, weight).expect("sets").coverage.iter().sum::<f32>();
        assert!(ink("A", 0) > 20.0);
        assert!(ink("AA", 0) > ink("A", 0) * 1.8);
        assert!(ink("A", 2) > ink("A", 0) * 1.2);
        assert!(ink(" ", 0) < 1e-6);
    }
}
