//! Toasts at the top right.

use eframe::egui::{self, Align2, Order, RichText, Stroke, vec2};

use crate::ui::message::Message;
use crate::ui::notify::{Mood, Toast};
use crate::ui::state::AppState;
use crate::ui::theme::colours;

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let mut top = 12.0;
    for toast in state.toasts.shown.iter().rev() {
        let area = egui::Area::new(egui::Id::unique(("toast", toast.id)))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_TOP, vec2(-12.0, top))
            .show(ui, |ui| card(ui, toast, out));
        top += area.response.rect.height() + 8.0;
    }
}

fn card(ui: &mut egui::Ui, toast: &Toast, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let colour = match toast.mood {
        Mood::Good => palette.accept,
        Mood::Warning => palette.review,
        Mood::Bad => palette.reject,
    };
    let frame =
        egui::Frame::new().fill(palette.raised).corner_radius(8).inner_margin(12).stroke(Stroke::new(1.0, colour));
    frame.show(ui, |ui| {
        ui.set_max_width(360.0);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(270.0);
                ui.add(egui::Label::new(&toast.text).wrap());
                if let Some(details) = &toast.details {
                    egui::CollapsingHeader::new("Details").id_salt(toast.id).show(ui, |ui| {
                        ui.add(egui::Label::new(RichText::new(details).color(palette.weak)).wrap());
                    });
                }
                if let Some((text, message)) = &toast.choice
                    && ui.button(text).clicked()
                {
                    out.push((**message).clone());
                    out.push(Message::CloseToast(toast.id));
                }
            });
            if ui.small_button("Close").clicked() {
                out.push(Message::CloseToast(toast.id));
            }
        });
    });
}
