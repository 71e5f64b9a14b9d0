//! Reading rule packs: an error names the file, the line and the field.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::nearest::nearest;
use super::{Limit, Measure, Rule, RulePack, Severity};
use crate::domain::{Attribute, Unit};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    name: Spanned<String>,
    title: Spanned<String>,
    date: Spanned<toml::Value>,
    source: Spanned<String>,
    #[serde(rename = "rule")]
    rules: Spanned<Vec<Spanned<RuleFile>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    measure: Spanned<String>,
    min: Option<Spanned<f64>>,
    max: Option<Spanned<f64>>,
    one_of: Option<Spanned<Vec<Spanned<String>>>>,
    severity: Severity,
    from: Option<Spanned<toml::Value>>,
    until: Option<Spanned<toml::Value>>,
    message: Spanned<String>,
    fix: Spanned<String>,
}

/// A pack from a TOML file.
///
/// # Errors
/// [`crate::error::Code::BadData`] naming file, line and field; [`crate::error::Code::NotFound`] or
/// [`crate::error::Code::Io`] when it cannot be read.
pub fn load(path: &Path) -> Result<RulePack> {
    parse(&read(path)?, &path.display().to_string())
}

pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Error::bad_data(format!("{} is not UTF-8 text", path.display())),
        _ => Error::io("read", path, error),
    })
}

/// A pack from the text of `file`.
pub(super) fn parse(text: &str, file: &str) -> Result<RulePack> {
    // Some editors on Windows begin every file with this mark.
    let source = Source { text: text.strip_prefix('\u{feff}').unwrap_or(text), file };
    let pack: PackFile =
        toml::from_str(source.text).map_err(|error| source.error(error.span(), &source.explain(&error)))?;
    let name = source.filled("name", &pack.name)?;
    if !name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter)) {
        return Err(source.error(Some(pack.name.span()), "name may have a-z, 0-9, - and _ alone, as in \"my-shop\""));
    }
    let title = source.filled("title", &pack.title)?;
    let date = source.day("date", &pack.date)?;
    let origin = source.filled("source", &pack.source)?;
    if pack.rules.get_ref().is_empty() {
        return Err(source.error(Some(pack.rules.span()), "rule is empty: a pack needs at least one [[rule]]"));
    }
    let rules = pack.rules.get_ref().iter().map(|rule| source.rule(rule).map(Arc::new)).collect::<Result<_>>()?;
    Ok(RulePack { name, title, date, source: origin, rules })
}

type Span = Range<usize>;

/// The text of a pack, to say where in it something is wrong.
struct Source<'a> {
    text: &'a str,
    file: &'a str,
}

impl Source<'_> {
    fn error(&self, span: Option<Span>, what: &str) -> Error {
        let line = span.map(|span| {
            let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
            format!(" line {}", 1 + before.iter().filter(|byte| **byte == b'\n').count())
        });
        Error::bad_data(format!("{}{}: {what}", self.file, line.unwrap_or_default()))
            .hint("docs/rules.md describes rule packs; `packshot rules check FILE` checks one.")
    }

    /// The parser's message, with the field it is about where the message itself does not say (the key that stands on
    /// the line of the error), and with the name that may have been meant.
    fn explain(&self, error: &toml::de::Error) -> String {
        let message = error.message().trim();
        let start = error.span().map_or(0, |span| span.start.min(self.text.len()));
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let key = line.split_once('=').map(|(key, _)| key.trim()).filter(|key| !key.is_empty());
        let field = key.filter(|key| !message.contains(&format!("`{key}`")));
        let field = field.map(|key| format!("{key}: ")).unwrap_or_default();
        format!("{field}{message}{}", meant(message).unwrap_or_default())
    }

    fn filled(&self, field: &str, text: &Spanned<String>) -> Result<String> {
        let trimmed = text.get_ref().trim();
        if trimmed.is_empty() {
            return Err(self.error(Some(text.span()), &format!("{field} is empty")));
        }
        Ok(trimmed.to_owned())
    }

    fn day(&self, field: &str, value: &Spanned<toml::Value>) -> Result<Date> {
        let text = match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(day) => day.to_string(),
            _ => String::new(),
        };
        // A plain day: jiff would also take the day out of a date with a time.
        let day = Some(text.as_str()).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        day.ok_or_else(|| self.error(Some(value.span()), &format!("{field} is not a day such as \"2026-11-23\"")))
    }

    fn rule(&self, rule: &Spanned<RuleFile>) -> Result<Rule> {
        let file = rule.get_ref();
        let name = file.measure.get_ref();
        let measure = Measure::from_name(name).ok_or_else(|| {
            let meant = nearest(name, Measure::all().map(Measure::name));
            let meant = meant.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
            let known: Vec<&str> = Measure::all().map(Measure::name).collect();
            let what = format!("measure: there is nothing called {name:?}{meant}");
            self.error(Some(file.measure.span()), &what).hint(format!("Known are {}.", known.join(", ")))
        })?;
        let limit = match measure {
            Measure::Number(attribute) => self.number_limit(attribute, file, rule.span())?,
            Measure::Format | Measure::ColourMode => self.word_limit(measure, file, rule.span())?,
        };
        let day = |field: &str, day: &Option<Spanned<toml::Value>>| {
            day.as_ref().map(|value| self.day(field, value)).transpose()
        };
        let (from, until) = (day("from", &file.from)?, day("until", &file.until)?);
        if let (Some(first), Some(last), Some(span)) = (from, until, file.until.as_ref().map(Spanned::span))
            && last < first
        {
            return Err(self.error(Some(span), "until is before from: the rule would never be in force"));
        }
        Ok(Rule {
            measure,
            limit,
            severity: file.severity,
            from,
            until,
            message: self.filled("message", &file.message)?,
            fix: self.filled("fix", &file.fix)?,
        })
    }

    fn number_limit(&self, attribute: Attribute, file: &RuleFile, span: Span) -> Result<Limit> {
        if let Some(words) = &file.one_of {
            let what = format!("one_of is for words: {} is a number, give it min, max or both", attribute.name());
            return Err(self.error(Some(words.span()), &what));
        }
        let bound = |field: &str, bound: &Option<Spanned<f64>>| {
            bound.as_ref().map(|bound| self.bound(attribute, field, bound)).transpose()
        };
        match (bound("min", &file.min)?, bound("max", &file.max)?) {
            (Some(min), None) => Ok(Limit::Min(min)),
            (None, Some(max)) => Ok(Limit::Max(max)),
            (Some(min), Some(max)) if min <= max => Ok(Limit::Range(min, max)),
            (Some(_), Some(_)) => {
                let max = file.max.as_ref().map(Spanned::span);
                Err(self.error(max, "max is less than min: no value could keep to both"))
            }
            (None, None) => Err(self.error(Some(span), "the rule has no limit: give it min, max or both")),
        }
    }

    fn bound(&self, attribute: Attribute, field: &str, bound: &Spanned<f64>) -> Result<f64> {
        let value = *bound.get_ref();
        if !value.is_finite() {
            return Err(self.error(Some(bound.span()), &format!("{field} is not a number")));
        }
        if let Some(top) = attribute.top().filter(|top| !(0.0..=*top).contains(&value)) {
            let is_per_cent = attribute.unit() == Unit::Share && (0.0..=100.0).contains(&value);
            let advice = if is_per_cent { format!("; write {} for {value} %", value / 100.0) } else { String::new() };
            let what = format!("{field} is {value}: {} runs from 0 to {top}{advice}", attribute.name());
            return Err(self.error(Some(bound.span()), &what));
        }
        Ok(value)
    }

    fn word_limit(&self, measure: Measure, file: &RuleFile, span: Span) -> Result<Limit> {
        if let Some((field, bound)) =
            [("min", &file.min), ("max", &file.max)].into_iter().find_map(|(name, bound)| Some((name, bound.as_ref()?)))
        {
            let what = format!("{field} is for numbers: {} is a word, give it one_of = [\"…\"]", measure.name());
            return Err(self.error(Some(bound.span()), &what));
        }
        let words = file.one_of.as_ref().filter(|words| !words.get_ref().is_empty()).ok_or_else(|| {
            let place = file.one_of.as_ref().map_or(span, Spanned::span);
            self.error(Some(place), "the rule has no limit: give it one_of with at least one word")
        })?;
        let choices = measure.choices();
        let known = |word: &Spanned<String>| {
            choices.iter().copied().find(|choice| choice == word.get_ref()).ok_or_else(|| {
                let meant = nearest(word.get_ref(), choices.iter().copied());
                let meant = meant.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
                let what = format!("one_of: no {} is called {:?}{meant}", measure.words(), word.get_ref());
                self.error(Some(word.span()), &what).hint(format!("Known are {}.", choices.join(", ")))
            })
        };
        Ok(Limit::OneOf(words.get_ref().iter().map(known).collect::<Result<_>>()?))
    }
}

/// For "unknown field `minimum`, expected one of `min`, `max`": "; did you mean `min`?".
fn meant(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let typed = quoted.next()?;
    nearest(typed, quoted).map(|name| format!("; did you mean `{name}`?"))
}
