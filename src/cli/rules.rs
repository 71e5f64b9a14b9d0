//! `packshot rules`: which rule packs there are, what they say, whether one is sound.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::table::{Side, layout};
use crate::api;
use crate::error::{Error, Result};
use crate::rules::{PackEntry, Place, Rule, RulePack, Severity, load};

pub(super) fn run(context: &Context, command: &args::Rules) -> Result<Done> {
    match command {
        args::Rules::List => list(context),
        args::Rules::Show { pack } => show(context, pack),
        args::Rules::Check { files } => check(context, files),
        args::Rules::Copy { pack, output, overwrite } => {
            let file = api::copy_rule_pack(&context.config()?, pack, output.as_deref(), *overwrite)?;
            context.say(&format!("written to  {}", file.display()));
            Ok(Done::ok(json!({"name": pack, "file": file})))
        }
    }
}

fn list(context: &Context) -> Result<Done> {
    let config = context.config()?;
    let entries = api::list_rule_packs(&config);
    let columns = [
        ("NAME", Side::Left),
        ("TITLE", Side::Left),
        ("CHECKED", Side::Left),
        ("RULES", Side::Right),
        ("PLACE", Side::Left),
    ];
    let rows: Vec<_> = entries.iter().map(row).collect();
    context.say(&layout(&columns, &rows));
    let folder = api::rule_library(&config).folder;
    if let Some(folder) = &folder {
        context.say(&format!("\nyour own packs  {}", folder.display()));
    }
    let packs: Vec<_> = entries.iter().map(body).collect();
    Ok(Done::ok(json!({"packs": packs, "folder": folder})))
}

fn row(entry: &PackEntry) -> Vec<String> {
    let place = match &entry.place {
        Place::BuiltIn => "built in".to_owned(),
        Place::File(path) if entry.replaces_builtin => format!("{} (in place of the built-in one)", path.display()),
        Place::File(path) => path.display().to_string(),
    };
    let Some(error) = &entry.error else {
        let checked = entry.date.map(|day| day.to_string()).unwrap_or_default();
        return vec![entry.name.clone(), entry.title.clone(), checked, entry.rules.to_string(), place];
    };
    vec![entry.name.clone(), "not usable".to_owned(), String::new(), String::new(), error.clone()]
}

fn body(entry: &PackEntry) -> serde_json::Value {
    json!({
        "name": entry.name,
        "title": entry.title,
        "date": entry.date.map(|day| day.to_string()),
        "rules": entry.rules,
        "file": match &entry.place {
            Place::BuiltIn => None,
            Place::File(path) => Some(path),
        },
        "replaces_builtin": entry.replaces_builtin,
        "error": entry.error,
    })
}

fn show(context: &Context, name: &str) -> Result<Done> {
    let pack = api::find_rule_pack(&context.config()?, name)?;
    let columns = ["MEASURE", "WANT", "ELSE", "DAYS", "MESSAGE", "FIX"].map(|column| (column, Side::Left));
    let rows: Vec<_> = pack.rules.iter().map(|rule| cells(rule)).collect();
    context.say(&format!("{} ({}), checked {}\n{}\n", pack.title, pack.name, pack.date, pack.source));
    context.say(&layout(&columns, &rows));
    Ok(Done::ok(json!(pack)))
}

fn cells(rule: &Rule) -> Vec<String> {
    let days = match (rule.from, rule.until) {
        (None, None) => String::new(),
        (Some(first), None) => format!("from {first}"),
        (None, Some(last)) => format!("until {last}"),
        (Some(first), Some(last)) => format!("{first} to {last}"),
    };
    let severity = match rule.severity {
        Severity::Fail => "fails",
        Severity::Warn => "warns",
    };
    let want = rule.limit.words(rule.measure);
    vec![rule.measure.name().to_owned(), want, severity.to_owned(), days, rule.message.clone(), rule.fix.clone()]
}

fn check(context: &Context, files: &[std::path::PathBuf]) -> Result<Done> {
    let mut packs = Vec::new();
    let mut broken: Vec<Error> = Vec::new();
    for file in files {
        match load(file) {
            Ok(pack) => {
                let RulePack { name, rules, .. } = &pack;
                context.say(&format!("ok  {}  {name}, {} rules", file.display(), rules.len()));
                packs.push(json!({"file": file, "name": name, "rules": rules.len()}));
            }
            Err(error) => {
                if files.len() > 1 {
                    context.say(&format!("BAD {error:#}"));
                }
                broken.push(error);
            }
        }
    }
    match broken.len() {
        0 => Ok(Done::ok(json!({"packs": packs}))),
        1 => Err(broken.remove(0)),
        count => {
            let texts: Vec<String> = broken.iter().map(Error::chain).collect();
            Err(Error::bad_data(format!("{count} of {} packs are broken: {}", files.len(), texts.join("; "))))
        }
    }
}
