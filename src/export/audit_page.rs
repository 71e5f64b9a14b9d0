//! The audit as a page: how many photos break which rule, and the photos with what to do about each.

use maud::{Markup, html};

use super::audit::{AuditInput, Audited, count_broken};
use super::page::{card, day_and_time, failures, shell, thousands};
use crate::rules::{Outcome, Verdict};

/// Most photos shown with a picture: failures first.
const SHOWN: usize = 200;

pub(super) fn page(input: &AuditInput<'_>) -> Markup {
    let title = format!("Audit: {}", input.pack.title);
    let mut broken: Vec<&Audited> = input.rows.iter().filter(|row| row.broken().next().is_some()).collect();
    broken.sort_by_key(|row| (row.outcome() != Some(Outcome::Fail), &row.path));
    let unread = input.rows.iter().filter_map(|row| Some((row.path.as_path(), row.error.as_deref()?)));
    let body = html! {
        (heading(input, &title))
        main {
            (rules(input))
            @if !broken.is_empty() {
                section {
                    h2 { "Photos that break a rule" }
                    @if broken.len() > SHOWN {
                        p class="quiet" { "The first " (SHOWN) " of " (thousands(broken.len())) ", failures first. A CSV, JSON or Parquet file holds all." }
                    }
                    ol class="photos wide" { @for row in broken.iter().take(SHOWN) { (photo(row, input)) } }
                }
            }
            @if unread.clone().next().is_some() { (failures("Photos that could not be measured", unread)) }
        }
        footer { p { (input.pack.title) ", as of " (input.pack.date) ". " (input.pack.source) } }
    };
    shell(&title, &body)
}

fn heading(input: &AuditInput<'_>, title: &str) -> Markup {
    let count = |outcome: Option<Outcome>| input.rows.iter().filter(|row| row.outcome() == outcome).count();
    let (failed, unread) = (count(Some(Outcome::Fail)), count(None));
    html! {
        header {
            h1 { (title) }
            p class="quiet" { (day_and_time(input.made_at_ms)) " · rules as of " (input.pack.date) }
            dl class="facts" {
                div { dt { "Photos" } dd { (thousands(input.rows.len())) } }
                div { dt { "Pass" } dd { (thousands(count(Some(Outcome::Pass)))) } }
                div { dt { "Warn" } dd { (thousands(count(Some(Outcome::Warn)))) } }
                div { dt { "Fail" } dd class=[(failed > 0).then_some("alarm")] { (thousands(failed)) } }
                @if unread > 0 { div { dt { "Not measured" } dd class="alarm" { (thousands(unread)) } } }
            }
        }
    }
}

fn rules(input: &AuditInput<'_>) -> Markup {
    let counted = input.pack.rules.iter().map(|rule| (rule, count_broken(input.rows, rule)));
    html! {
        section {
            h2 { "Rules" }
            div class="table" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Rule" }
                            th scope="col" class="number" { "Fail" }
                            th scope="col" class="number" { "Warn" }
                            th scope="col" { "What to do" }
                        }
                    }
                    tbody {
                        @for (rule, broken) in counted {
                            tr {
                                th scope="row" { (rule.message) }
                                td class="number" { (thousands(broken.failed)) }
                                td class="number" { (thousands(broken.warned)) }
                                td { (rule.fix) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn photo(row: &Audited, input: &AuditInput<'_>) -> Markup {
    let failed = row.outcome() == Some(Outcome::Fail);
    let above = html! { p class={ "verdict" @if failed { " alarm" } } { (if failed { "✗ fail" } else { "! warn" }) } };
    let below = html! { @for verdict in row.broken() { (line(verdict)) } };
    card(&row.path, (input.thumbs)(row), &above, &below)
}

fn line(verdict: &Verdict) -> Markup {
    html! { p class="reason" { strong { (verdict.text()) } ". " (verdict.fix()) } }
}
