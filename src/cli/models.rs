//! `packshot models`: what can score and which one does, and what can be trained.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::table::{Side, layout};
use crate::api::{self, ModelEntry, PhotoPair, Project, Standing, clock};
use crate::error::{Error, Result};

pub(super) fn run(context: &Context, command: &args::Models) -> Result<Done> {
    let (project, _log) = context.existing_project()?;
    match command {
        args::Models::List { all } => list(context, &project, *all),
        args::Models::Promote { model } => {
            let entry = api::promote_model(&project, model)?;
            Ok(changed(context, &entry, "is the champion"))
        }
        args::Models::Rollback => {
            let entry = api::roll_back_champion(&project)?;
            let champion = entry.standing == Standing::Champion;
            let what =
                if champion { "is the champion again" } else { "scores as the newest: there is no champion any more" };
            Ok(changed(context, &entry, what))
        }
        args::Models::Compare { first, second, limit } => compare(context, &project, [first, second], *limit),
        args::Models::Archive { model } => {
            let entry = api::archive_model(&project, model, true)?;
            Ok(changed(context, &entry, "is archived"))
        }
        args::Models::Restore { model } => {
            let entry = api::archive_model(&project, model, false)?;
            Ok(changed(context, &entry, "is back"))
        }
    }
}

fn compare(context: &Context, project: &Project, names: [&String; 2], limit: usize) -> Result<Done> {
    let [first, second] = names.map(|name| api::find_model(project, Some(name)).map(|found| found.card.id));
    let models = [first?, second?];
    let mut found = api::side_by_side(project, &models[0], &models[1])?;
    if found.photos.is_empty() {
        let unscored = models.iter().zip(found.unscored).find(|(_, unscored)| *unscored > 0);
        let hint = unscored.map_or("Open photos first.".to_owned(), |(model, _)| {
            format!("Score the project with each first, for example `packshot score --model {model} -o scores.csv`.")
        });
        return Err(Error::not_found("no photo of the project was scored by both models").hint(hint));
    }
    let both = found.photos.len();
    found.photos.truncate(limit);
    let label = |pair: &PhotoPair| pair.label.map_or("–".to_owned(), |label| format!("{label:.0}"));
    let row = |pair: &PhotoPair| {
        let [first, second] = pair.scores.map(|score| format!("{:.1}", score.value));
        vec![first, second, format!("{:+.1}", pair.difference()), label(pair), pair.path.display().to_string()]
    };
    let columns = ["FIRST", "SECOND", "APART", "LABEL"].map(|name| (name, Side::Right));
    let columns: Vec<_> = columns.into_iter().chain([("PHOTO", Side::Left)]).collect();
    context.say(&layout(&columns, &found.photos.iter().map(row).collect::<Vec<_>>()));
    let srcc = found.srcc.map_or(String::new(), |srcc| format!(", SRCC between them {srcc:.3}"));
    context.say(&format!(
        "\n{both} photos scored by both: {:.2} points apart on average, the second {:+.2}{srcc}",
        found.mean_difference, found.shift
    ));
    if let [Some(first), Some(second)] = found.mae {
        context.say(&format!("off by {first:.2} and {second:.2} on average on {} labelled ones", found.labelled));
    }
    Ok(Done::ok(json!({ "models": models, "photos_scored_by_both": both, "comparison": found })))
}

fn changed(context: &Context, entry: &ModelEntry, what: &str) -> Done {
    context.say(&format!("{} ({}) {what}", entry.card.id, entry.name));
    Done::ok(json!({"model": entry.card.id, "name": entry.name, "standing": entry.standing}))
}

fn standing(model: &ModelEntry, current: bool) -> &'static str {
    match model.standing {
        Standing::Champion => "champion",
        Standing::Archived => "archived",
        Standing::Available if current => "current",
        Standing::Available => "",
    }
}

fn list(context: &Context, project: &Project, all: bool) -> Result<Done> {
    let models = if all { api::list_all_models(project)? } else { api::list_models(project)? };
    let rows: Vec<_> = models
        .iter()
        .enumerate()
        .map(|(index, model)| {
            let card = &model.card;
            let interval =
                if card.reach.n > 0 { format!("±{:.1}", card.reach.half_width) } else { "unknown".to_owned() };
            let made = clock::local_text(card.created_ms);
            let what = match &card.personal {
                Some(about) => format!("{} on {}, {} labels", card.architecture, about.base_name, about.labels),
                None => card.architecture.clone(),
            };
            vec![card.id.0.clone(), model.name.clone(), what, interval, made, standing(model, index == 0).to_owned()]
        })
        .collect();
    let columns = ["MODEL", "NAME", "ARCHITECTURE", "90 % INTERVAL", "MADE", ""].map(|name| (name, Side::Left));
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
    let card = |(index, model): (usize, &ModelEntry)| {
        let current = index == 0;
        json!({"name": model.name, "folder": model.folder, "standing": model.standing, "current": current, "card": model.card})
    };
    let cards: Vec<_> = models.iter().enumerate().map(card).collect();
    Ok(Done::ok(json!({"models": cards, "architectures": architectures})))
}
