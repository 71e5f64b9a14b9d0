//! Marks of a verdict: drawn, so that no font can lack them, and told apart by shape as well as colour.

use eframe::egui::{self, Color32, Pos2, Response, Sense, Shape, Stroke, vec2};

use crate::rules::Outcome as Judgement;
use crate::ui::theme::{Palette, colours};

/// What a verdict looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A tick.
    Pass,
    /// An exclamation mark.
    Warn,
    /// A cross.
    Fail,
    /// A dash: nothing can be said.
    Open,
}

impl Mark {
    /// The mark of an outcome.
    pub fn of(judgement: Option<Judgement>) -> Self {
        match judgement {
            Some(Judgement::Pass) => Self::Pass,
            Some(Judgement::Warn) => Self::Warn,
            Some(Judgement::Fail) => Self::Fail,
            None => Self::Open,
        }
    }

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Warn => "Warn",
            Self::Fail => "Fail",
            Self::Open => "Not measured",
        }
    }

    /// Its colour.
    pub fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Self::Pass => palette.accept,
            Self::Warn => palette.review,
            Self::Fail => palette.reject,
            Self::Open => palette.weak,
        }
    }

    /// Draws it around a point.
    pub fn draw(self, painter: &egui::Painter, centre: Pos2, palette: &Palette) {
        let colour = self.colour(palette);
        let stroke = Stroke::new(2.0, colour);
        let line = |points: &[(f32, f32)]| {
            painter.add(Shape::line(points.iter().map(|&(x, y)| centre + vec2(x, y)).collect(), stroke));
        };
        match self {
            Self::Pass => line(&[(-4.5, 0.5), (-1.5, 3.5), (4.5, -3.5)]),
            Self::Warn => {
                line(&[(0.0, -5.0), (0.0, 1.0)]);
                painter.circle_filled(centre + vec2(0.0, 4.2), 1.4, colour);
            }
            Self::Fail => {
                line(&[(-3.8, -3.8), (3.8, 3.8)]);
                line(&[(-3.8, 3.8), (3.8, -3.8)]);
            }
            Self::Open => line(&[(-4.0, 0.0), (4.0, 0.0)]),
        }
    }
}

/// A mark in the flow of a line.
pub fn mark(ui: &mut egui::Ui, mark: Mark) -> Response {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
    mark.draw(ui.painter(), rect.center(), &palette);
    response
}
