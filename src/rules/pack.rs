//! Reading rule packs: an error names the file, the line and the field.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Limit, Rule, RulePack, Severity};
use crate::domain::Attribute;
use crate::error::{Error, Result};

/// The packs that ship with Packshot.
const BUILTIN: [(&str, &str); 1] = [("house", include_str!("../../assets/rules/house.toml"))];

/// Names for [`builtin`].
pub const BUILTIN_NAMES: [&str; 1] = ["house"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    name: Spanned<String>,
    title: String,
    date: Spanned<String>,
    source: String,
    #[serde(rename = "rule")]
    rules: Spanned<Vec<Spanned<RuleFile>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    measure: Spanned<String>,
    min: Option<Spanned<f64>>,
    max: Option<Spanned<f64>>,
    severity: Severity,
    message: Spanned<String>,
    fix: String,
}

/// A pack that ships with Packshot.
///
/// # Errors
/// [`crate::error::Code::NotFound`] listing the names there are.
pub fn builtin(name: &str) -> Result<RulePack> {
    let (_, text) = BUILTIN.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        Error::not_found(format!("there is no rule pack named {name}"))
            .hint(format!("Known are {}, or the path of a .toml file.", BUILTIN_NAMES.join(", ")))
    })?;
    parse(text, &format!("{name}.toml"))
}

/// A pack from a TOML file.
///
/// # Errors
/// [`crate::error::Code::BadData`] naming file, line and field; [`crate::error::Code::NotFound`] or
/// [`crate::error::Code::Io`] when it cannot be read.
pub fn load(path: &Path) -> Result<RulePack> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Error::bad_data(format!("{} is not UTF-8 text", path.display())),
        _ => Error::io("read", path, error),
    })?;
    parse(&text, &path.display().to_string())
}

fn parse(text: &str, file: &str) -> Result<RulePack> {
    let at = |span: Option<Range<usize>>, what: &str| {
        let line = span.map(|span| {
            1 + text.as_bytes()[..span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
        });
        let line = line.map(|line| format!(" line {line}")).unwrap_or_default();
        Error::bad_data(format!("{file}{line}: {what}"))
    };
    let pack: PackFile = toml::from_str(text).map_err(|error| at(error.span(), &with_field(text, &error)))?;
    if pack.name.get_ref().trim().is_empty() {
        return Err(at(Some(pack.name.span()), "name is empty"));
    }
    if pack.date.get_ref().parse::<jiff::civil::Date>().is_err() {
        return Err(at(Some(pack.date.span()), "date is not a day such as 2026-11-23"));
    }
    if pack.rules.get_ref().is_empty() {
        return Err(at(Some(pack.rules.span()), "rule is empty: a pack needs at least one"));
    }
    let rules = pack.rules.into_inner().into_iter().map(|file| rule(file, &at)).collect::<Result<_>>()?;
    let (name, date) = (pack.name.into_inner(), pack.date.into_inner());
    Ok(RulePack { name, title: pack.title, date, source: pack.source.trim().to_owned(), rules })
}

type Complaint<'a> = &'a dyn Fn(Option<Range<usize>>, &str) -> Error;

fn rule(file: Spanned<RuleFile>, at: Complaint<'_>) -> Result<Rule> {
    let span = file.span();
    let RuleFile { measure, min, max, severity, message, fix } = file.into_inner();
    let measure = Attribute::from_name(measure.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Attribute::all().map(Attribute::name).collect();
        at(Some(measure.span()), &format!("measure is none of {}", known.join(", ")))
    })?;
    let (limit, limit_span, field) = match (min, max) {
        (Some(min), None) => (Limit::Min(*min.get_ref()), min.span(), "min"),
        (None, Some(max)) => (Limit::Max(*max.get_ref()), max.span(), "max"),
        (None, None) => return Err(at(Some(span), "the rule has no limit: give it min or max")),
        (Some(_), Some(max)) => {
            return Err(at(Some(max.span()), "max beside min: a rule has one limit, make it two rules"));
        }
    };
    if !limit.value().is_finite() {
        return Err(at(Some(limit_span), &format!("{field} is not a number")));
    }
    if message.get_ref().trim().is_empty() {
        return Err(at(Some(message.span()), "message is empty"));
    }
    Ok(Rule { measure, limit, severity, message: message.into_inner(), fix })
}

/// The parser's message, with the field it is about where the message itself does not say: the key that stands on the
/// line of the error.
fn with_field(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    match line.split_once('=').map(|(key, _)| key.trim()) {
        Some(key) if !key.is_empty() && !message.contains(&format!("`{key}`")) => format!("{key}: {message}"),
        _ => message.to_owned(),
    }
}
