//! The rules of the pack with how many photos break each; a click lists them.

use std::cmp::Reverse;

use eframe::egui::{self, Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use jiff::civil::Date;

use super::cell;
use crate::rules::{Rule, Severity};
use crate::ui::catalogue::{Report, Tally};
use crate::ui::message::{JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, AuditFilter};
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{Mark, hint};

/// Height of a row.
const ROW: f32 = 26.0;

/// Widths of the mark, the bar and the count, in points.
const MARK: f32 = 28.0;
const BAR: f32 = 80.0;
const COUNT: f32 = 118.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(report) = &state.audit.report else { return };
    let measured = report.judged.len() - report.totals.open;
    let height = (ui.available_height() * 0.42).max(3.0 * ROW);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let area = egui::ScrollArea::vertical().id_salt("rules").max_height(height).auto_shrink([false, true]);
        area.show(ui, |ui| {
            for (place, rule, tally) in in_order(report, state.job(JobKind::Audit).is_some()) {
                let wanted = AuditFilter::Broken(place);
                if row(ui, rule, *tally, (measured, report.today), state.audit.filter == wanted) {
                    out.push(Message::ListAudit(wanted));
                }
            }
        });
    });
    if let AuditFilter::Broken(place) = state.audit.filter
        && let Some(rule) = report.pack.rules.get(usize::from(place))
    {
        ui.add_space(space().s);
        let photos = state.audit.listed.len();
        let text = format!("{} photos: {}. {}", grouped(photos), rule.message.to_lowercase(), rule.fix);
        ui.add(egui::Label::new(RichText::new(text).color(colours(ui).weak)).truncate());
    } else if report.pack.rules.is_empty() {
        hint(ui, "This pack has no rules");
    }
}

/// The rules that say something today with their place in the pack: what fails photos first, then what warns, then what all
/// keep to. While photos are being measured they stand as in the pack, so that none moves under the pointer.
fn in_order(report: &Report, measuring: bool) -> Vec<(u16, &Rule, &Tally)> {
    let places = (0_u16..).zip(&report.pack.rules).zip(&report.tallies);
    // A rule whose last day is over says nothing any more.
    let mut rules: Vec<(u16, &Rule, &Tally)> = places
        .map(|((place, rule), tally)| (place, &**rule, tally))
        .filter(|(_, rule, _)| rule.until.is_none_or(|last| last >= report.today))
        .collect();
    if !measuring {
        rules.sort_by_key(|(_, rule, tally)| {
            let kept = tally.broken == 0;
            (kept, !kept && !fails(rule, report.today), Reverse(tally.broken))
        });
    }
    rules
}

/// The rule fails a photo that breaks it, today.
fn fails(rule: &Rule, today: Date) -> bool {
    rule.severity == Severity::Fail && rule.from.is_none_or(|first| first <= today)
}

fn row(ui: &mut egui::Ui, rule: &Rule, tally: Tally, (measured, today): (usize, Date), chosen: bool) -> bool {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let share = tally.broken as f64 / measured.max(1) as f64;
    let count = if tally.broken == 1 { "1 photo".to_owned() } else { format!("{} photos", grouped(tally.broken)) };
    response.widget_info(|| {
        let spoken = format!("{}, {}, {count}", rule.message, limit_text(rule, today));
        egui::WidgetInfo::selected(Role::Button, true, chosen, spoken)
    });
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if chosen { palette.raised } else { palette.background });
    }
    if chosen || response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let fails = fails(rule, today);
    let mark = if fails { Mark::Fail } else { Mark::Warn };
    let (mark, strong) = if tally.broken == 0 { (Mark::Pass, palette.weak) } else { (mark, palette.text) };
    mark.draw(ui.painter(), rect.left_center() + vec2(MARK / 2.0, 0.0), &palette);
    let rest = rect.width() - MARK - BAR - COUNT;
    let part = |from: f32, width: f32| Rect::from_min_size(pos2(rect.left() + from, rect.top()), vec2(width, ROW));
    cell(ui, part(MARK - 8.0, rest * 0.5), RichText::new(&rule.message).color(strong));
    cell(ui, part(MARK + rest * 0.5, rest * 0.5), RichText::new(limit_text(rule, today)).color(palette.weak));
    let track = Rect::from_center_size(part(MARK + rest, BAR).center(), vec2(BAR - 8.0, 6.0));
    ui.painter().rect_filled(track, 3.0, palette.line);
    let full = Rect::from_min_size(track.min, vec2(track.width() * share as f32, track.height()));
    ui.painter().rect_filled(full, 3.0, mark.colour(&palette));
    let end = part(MARK + rest + BAR, COUNT).right_center() - vec2(8.0, 0.0);
    let font = FontId::proportional(13.5);
    ui.painter().text(end, Align2::RIGHT_CENTER, share_text(share), font.clone(), palette.weak);
    ui.painter().text(end - vec2(58.0, 0.0), Align2::RIGHT_CENTER, grouped(tally.broken), font, strong);
    let open = match tally.unmeasurable {
        0 => String::new(),
        some => format!("\nNot measurable on {} photos", grouped(some)),
    };
    let severity = if fails { "Fails a photo" } else { "Warns" };
    response.on_hover_text(format!("{severity}. {}{open}", rule.fix)).clicked()
}

/// "2.4 %", and never 0 for what is there.
fn share_text(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// "sharpness 25 or more", with the day from which it counts.
fn limit_text(rule: &Rule, today: Date) -> String {
    let starts = rule.from.filter(|first| today < *first);
    let starts = starts.map(|day| format!(", from {}", day.strftime("%-d %b %Y"))).unwrap_or_default();
    format!("{} {}{starts}", rule.measure.words(), rule.limit.words(rule.measure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Attribute;
    use crate::rules::{Limit, Measure};

    #[test]
    fn limits_and_shares_read_well() {
        let rule = |from| Rule {
            measure: Measure::Number(Attribute::Fill),
            limit: Limit::Max(0.855),
            severity: Severity::Warn,
            from,
            until: None,
            message: String::new(),
            fix: String::new(),
        };
        let today = Date::constant(2026, 11, 23);
        assert_eq!(limit_text(&rule(None), today), "fill 85.5 % or less");
        let later = Date::constant(2027, 1, 31);
        assert_eq!(limit_text(&rule(Some(later)), today), "fill 85.5 % or less, from 31 Jan 2027");
        assert_eq!(limit_text(&rule(Some(later)), later), "fill 85.5 % or less");
        let texts = [0.0, 0.0002, 0.024, 0.5, 1.0].map(share_text);
        assert_eq!(texts.each_ref().map(String::as_str), ["0 %", "< 0.1 %", "2.4 %", "50 %", "100 %"]);
    }
}
