//! What the rule pack says about the photo: one line a rule, what is broken first.

use eframe::egui::{self, RichText, vec2};

use crate::domain::Attributes;
use crate::rules::{Outcome, Verdict};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{Mark, heading, hint, mark};

/// The mark of one rule.
fn mark_of(verdict: &Verdict) -> Mark {
    match (verdict.value, verdict.outcome()) {
        (None, Outcome::Pass) => Mark::Open,
        (_, outcome) => Mark::of(Some(outcome)),
    }
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, attributes: &Attributes) {
    ui.add_space(space().m);
    let Some(report) = &state.audit.report else {
        match &state.audit.problem {
            Some(problem) => {
                heading(ui, "Rules");
                let colour = colours(ui).reject;
                ui.add(egui::Label::new(RichText::new(problem).color(colour)).wrap());
            }
            None => drop(hint(ui, "Reading the rules…")),
        }
        return;
    };
    heading(ui, &format!("Rules: {}", report.pack.title));
    let mut verdicts: Vec<(Mark, Verdict)> =
        report.verdicts(attributes).into_iter().map(|verdict| (mark_of(&verdict), verdict)).collect();
    let rank = |mark: Mark| [Mark::Fail, Mark::Warn, Mark::Pass, Mark::Open].iter().position(|one| *one == mark);
    verdicts.sort_by_key(|(mark, _)| rank(*mark));
    ui.spacing_mut().item_spacing = vec2(space().s, 3.0);
    ui.spacing_mut().interact_size.y = 18.0;
    for (shape, verdict) in &verdicts {
        line(ui, *shape, verdict);
    }
}

fn line(ui: &mut egui::Ui, shape: Mark, verdict: &Verdict) {
    let palette = colours(ui);
    ui.horizontal_top(|ui| {
        mark(ui, shape).on_hover_text(shape.text());
        ui.vertical(|ui| {
            let colour = if shape == Mark::Open { palette.weak } else { palette.text };
            let text = RichText::new(first_large(&verdict.text())).color(colour);
            ui.add(egui::Label::new(text).wrap());
            if !verdict.passed() && !verdict.fix().is_empty() {
                ui.add(egui::Label::new(RichText::new(verdict.fix()).color(palette.weak)).wrap());
            }
        });
    });
}

/// The text with a capital first letter.
fn first_large(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
