//! The rail on the left: the pages, and the theme at its foot.

use eframe::egui::{self, Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Vec2, accesskit::Role, vec2};

use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::tip;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    ui.spacing_mut().item_spacing.y = space().s;
    ui.add_space(space().l);
    let commands = [
        UiCommand::ShowBrowse,
        UiCommand::ShowLabel,
        UiCommand::ShowTrain,
        UiCommand::ShowScore,
        UiCommand::ShowAudit,
        UiCommand::ShowDuplicates,
        UiCommand::ShowHistory,
    ];
    for (page, command) in Page::ALL.into_iter().zip(commands) {
        if entry(ui, page, state.prefs.page == page, command) {
            out.push(Message::Show(page));
        }
    }
    ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
        ui.add_space(space().l);
        for command in [UiCommand::ToggleTheme, UiCommand::Palette, UiCommand::ShowMessages] {
            let text = match command {
                UiCommand::Palette => "Commands",
                UiCommand::ShowMessages => "Messages",
                _ => state.prefs.next_theme_text(),
            };
            let button = egui::Button::new(egui::RichText::new(text).small()).frame(false);
            let tooltip = tip(ui, command);
            if ui.add(button).on_hover_text(tooltip).clicked() {
                out.push(Message::Command(command));
            }
        }
    });
}

fn entry(ui: &mut egui::Ui, page: Page, chosen: bool, command: UiCommand) -> bool {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 62.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, chosen, page.text()));
    let inner = rect.shrink2(vec2(8.0, 0.0));
    if chosen || response.hovered() {
        ui.painter().rect_filled(inner, 8.0, if chosen { palette.raised } else { palette.hover.gamma_multiply(0.6) });
    }
    if response.has_focus() {
        ui.painter().rect_stroke(inner, 8.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let colour = if chosen { palette.accent } else { palette.weak };
    icon(ui.painter(), page, rect.center_top() + vec2(0.0, 23.0), Stroke::new(1.6, colour));
    let text = if chosen { palette.text } else { palette.weak };
    let at = rect.center_bottom() - vec2(0.0, 9.0);
    ui.painter().text(at, Align2::CENTER_BOTTOM, page.text(), FontId::proportional(12.0), text);
    let tooltip = tip(ui, command);
    response.on_hover_text(tooltip).clicked()
}

/// Icons are drawn, so that no font can lack them.
fn icon(painter: &egui::Painter, page: Page, centre: Pos2, stroke: Stroke) {
    let square = |offset: Vec2, side: f32| Rect::from_center_size(centre + offset, Vec2::splat(side));
    let line = |points: &[(f32, f32)]| {
        let points = points.iter().map(|&(x, y)| centre + vec2(x, y)).collect();
        painter.add(egui::Shape::line(points, stroke));
    };
    match page {
        Page::Browse => {
            for (x, y) in [(-5.5, -5.5), (5.5, -5.5), (-5.5, 5.5), (5.5, 5.5)] {
                painter.rect_stroke(square(vec2(x, y), 8.0), 2.0, stroke, StrokeKind::Middle);
            }
        }
        Page::Label => {
            line(&[(-9.0, -6.0), (2.0, -6.0), (10.0, 0.0), (2.0, 6.0), (-9.0, 6.0), (-9.0, -6.0)]);
            painter.circle_filled(centre + vec2(-4.5, 0.0), 1.8, stroke.color);
        }
        Page::Train => {
            line(&[(-9.0, -9.0), (-9.0, 9.0), (10.0, 9.0)]);
            line(&[(-5.0, -6.0), (-1.0, 1.0), (3.0, 4.0), (9.0, 5.5)]);
        }
        Page::Audit => {
            for (y, tick) in [(-6.5, true), (0.0, true), (6.5, false)] {
                line(&[(-1.0, y), (10.0, y)]);
                if tick {
                    line(&[(-9.5, y), (-7.5, y + 2.0), (-4.0, y - 2.5)]);
                } else {
                    line(&[(-9.0, y - 2.0), (-5.0, y + 2.0)]);
                    line(&[(-9.0, y + 2.0), (-5.0, y - 2.0)]);
                }
            }
        }
        Page::Duplicates => {
            painter.rect_stroke(square(vec2(-2.5, -2.5), 12.0), 2.0, stroke, StrokeKind::Middle);
            line(&[(6.5, -3.0), (9.0, -3.0), (9.0, 9.0), (-3.0, 9.0), (-3.0, 6.5)]);
        }
        Page::Score => {
            painter.circle_stroke(centre, 9.5, stroke);
            line(&[(-4.5, 0.0), (-1.0, 4.0), (5.0, -4.0)]);
        }
        Page::History => {
            for y in [-6.5, 0.0, 6.5] {
                painter.circle_filled(centre + vec2(-8.0, y), 1.8, stroke.color);
                line(&[(-3.5, y), (9.5, y)]);
            }
        }
    }
}
