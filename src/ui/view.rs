//! How a photo lies in its area: zoom and place, the same for one photo and for two that are compared.
//!
//! Pure geometry; must not know the state or draw.

use eframe::egui::{Pos2, Rect, Vec2, vec2};

/// Most screen points a photo pixel is enlarged to.
const LARGEST: f32 = 16.0;

/// Most times a small photo is enlarged to fill its area.
const FITTED: f32 = 4.0;

/// How large a photo is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Zoom {
    /// Whole.
    #[default]
    Fit,
    /// One photo pixel a screen pixel.
    Real,
    /// So many times as large as fitted.
    Times(f32),
}

/// Which part of a photo shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// How large.
    pub zoom: Zoom,
    /// The point of the photo in the middle of its area, as shares of width and height.
    pub centre: Vec2,
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: Zoom::Fit, centre: Vec2::splat(0.5) }
    }
}

/// An area of the screen and the photo in it.
#[derive(Debug, Clone, Copy)]
pub struct Stand {
    /// The area, in points.
    pub area: Rect,
    /// The photo's size, in pixels.
    pub photo: Vec2,
    /// Screen pixels a point.
    pub pixels_per_point: f32,
}

impl Stand {
    /// Points a photo pixel when the photo is whole.
    fn fitted(self) -> f32 {
        let photo = self.photo.max(Vec2::splat(1.0));
        (self.area.width() / photo.x).min(self.area.height() / photo.y).min(FITTED)
    }

    /// How many times as large as fitted a zoom is.
    pub fn times(self, zoom: Zoom) -> f32 {
        match zoom {
            Zoom::Fit => 1.0,
            Zoom::Real => 1.0 / self.pixels_per_point / self.fitted(),
            Zoom::Times(times) => times,
        }
    }
}

impl View {
    /// Where the photo's pixels lie when it is drawn `times` as large as fitted.
    pub fn rect(self, stand: Stand, times: f32) -> Rect {
        let drawn = stand.photo * stand.fitted() * times;
        let held = |area: f32, drawn: f32, centre: f32| {
            // A photo that is larger than its area leaves no gap, a smaller one stands in the middle.
            let half = area / 2.0 / drawn.max(1.0);
            if half >= 0.5 { 0.5 } else { centre.clamp(half, 1.0 - half) }
        };
        let x = held(stand.area.width(), drawn.x, self.centre.x);
        let y = held(stand.area.height(), drawn.y, self.centre.y);
        Rect::from_min_size(stand.area.center() - drawn * vec2(x, y), drawn)
    }

    /// Larger or smaller by a factor; what lies under `at` stays there.
    #[must_use]
    pub fn zoomed(self, stand: Stand, at: Pos2, factor: f32) -> Self {
        let before = stand.times(self.zoom);
        let most = (LARGEST / stand.pixels_per_point / stand.fitted()).max(1.0);
        let least = (1.0 / stand.pixels_per_point / stand.fitted()).min(1.0);
        let times = (before * factor).clamp(least, most);
        let rect = self.rect(stand, before);
        let under = (at - rect.min) / rect.size();
        let drawn = stand.photo * stand.fitted() * times;
        let zoom = if times == 1.0 { Zoom::Fit } else { Zoom::Times(times) };
        Self { zoom, centre: under + (stand.area.center() - at) / drawn }.held(stand)
    }

    /// Dragged by so many points.
    #[must_use]
    pub fn moved(self, stand: Stand, by: Vec2) -> Self {
        let drawn = self.rect(stand, stand.times(self.zoom)).size();
        Self { centre: self.held(stand).centre - by / drawn, ..self }.held(stand)
    }

    /// Whole when it is not, else at its real pixels.
    #[must_use]
    pub fn toggled(self) -> Self {
        match self.zoom {
            Zoom::Fit => Self { zoom: Zoom::Real, ..self },
            Zoom::Real | Zoom::Times(_) => Self::default(),
        }
    }

    /// The same with a centre that can be reached.
    fn held(self, stand: Stand) -> Self {
        let rect = self.rect(stand, stand.times(self.zoom));
        Self { centre: (stand.area.center() - rect.min) / rect.size(), ..self }
    }
}

/// Two photos side by side, or one over the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pairing {
    /// The part that shows of both.
    pub view: View,
    /// One over the other, with the border between them at this share of the width.
    pub wipe: Option<f32>,
    /// Each stands in the other's place.
    pub swapped: bool,
}

#[cfg(test)]
mod tests {
    use eframe::egui::pos2;

    use super::*;

    fn stand(width: f32, height: f32) -> Stand {
        let area = Rect::from_min_size(pos2(100.0, 50.0), vec2(400.0, 300.0));
        Stand { area, photo: vec2(width, height), pixels_per_point: 2.0 }
    }

    fn drawn(view: View, stand: Stand) -> Rect {
        view.rect(stand, stand.times(view.zoom))
    }

    #[test]
    fn a_fitted_photo_is_whole_and_in_the_middle() {
        let rect = drawn(View::default(), stand(1000.0, 1500.0));
        assert_eq!((rect.size(), rect.center()), (vec2(200.0, 300.0), pos2(300.0, 200.0)));
        assert_eq!(drawn(View::default(), stand(10.0, 10.0)).size(), vec2(40.0, 40.0), "not beyond four times");
    }

    #[test]
    fn real_means_a_photo_pixel_a_screen_pixel() {
        let stand = stand(4000.0, 3000.0);
        let view = View::default().toggled();
        assert_eq!(drawn(view, stand).size(), vec2(2000.0, 1500.0));
        assert_eq!(view.toggled(), View::default());
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let stand = stand(4000.0, 3000.0);
        let at = pos2(180.0, 290.0);
        let share = |view: View| {
            let rect = drawn(view, stand);
            (at - rect.min) / rect.size()
        };
        let before = share(View::default());
        let zoomed = View::default().zoomed(stand, at, 2.0).zoomed(stand, at, 1.7);
        assert!((stand.times(zoomed.zoom) - 3.4).abs() < 1e-4);
        assert!((share(zoomed) - before).length() < 1e-4);
        assert_eq!(zoomed.zoomed(stand, at, 1e-3).zoom, Zoom::Fit, "never smaller than whole");
        let largest = View::default().zoomed(stand, at, 1e6);
        assert_eq!(drawn(largest, stand).width(), 4000.0 * LARGEST / 2.0);
    }

    #[test]
    fn dragging_moves_the_photo_and_leaves_no_gap() {
        let stand = stand(4000.0, 3000.0);
        let view = View::default().toggled();
        let before = drawn(view, stand);
        let moved = view.moved(stand, vec2(-30.0, 12.0));
        assert!((drawn(moved, stand).min - before.min - vec2(-30.0, 12.0)).length() < 1e-3);
        let far = view.moved(stand, vec2(9e9, 0.0)).moved(stand, vec2(-40.0, 0.0));
        assert!((drawn(far, stand).left() - (stand.area.left() - 40.0)).abs() < 1e-2, "comes back at once");
    }
}
