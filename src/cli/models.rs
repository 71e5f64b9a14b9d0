//! `packshot models`: what can score, and what can be trained.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::table::{Side, layout};
use crate::api::{self, clock};
use crate::error::Result;

pub(super) fn run(context: &Context, command: &args::Models) -> Result<Done> {
    let args::Models::List = command;
    let (project, _log) = context.existing_project()?;
    let models = api::list_models(&project)?;
    let rows: Vec<_> = models
        .iter()
        .map(|model| {
            let card = &model.card;
            let interval =
                if card.reach.n > 0 { format!("±{:.1}", card.reach.half_width) } else { "unknown".to_owned() };
            let made = clock::local_text(card.created_ms);
            let what = match &card.personal {
                Some(about) => format!("{} on {}, {} labels", card.architecture, about.base_name, about.labels),
                None => card.architecture.clone(),
            };
            vec![card.id.0.clone(), model.name.clone(), what, interval, made]
        })
        .collect();
    let columns = ["MODEL", "NAME", "ARCHITECTURE", "90 % INTERVAL", "MADE"].map(|name| (name, Side::Left));
    context.say(&layout(&columns, &rows));
    let architectures = api::list_architectures();
    let rows: Vec<_> = architectures
        .iter()
        .map(|found| {
            let parameters = format!("{:.2} M", found.parameters as f64 / 1e6);
            let macs = format!("{:.0} M", found.macs as f64 / 1e6);
            vec![found.name.to_owned(), parameters, macs, found.about.to_owned()]
        })
        .collect();
    let columns = [
        ("ARCHITECTURE", Side::Left),
        ("PARAMETERS", Side::Right),
        ("MACS A PHOTO", Side::Right),
        ("ABOUT", Side::Left),
    ];
    context.say(&format!("\n{}", layout(&columns, &rows)));
    let cards: Vec<_> =
        models.iter().map(|model| json!({"name": model.name, "folder": model.folder, "card": model.card})).collect();
    Ok(Done::ok(json!({"models": cards, "architectures": architectures})))
}
