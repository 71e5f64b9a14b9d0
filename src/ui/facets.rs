//! What there is among the photos that show: counts that are filters, too.
//!
//! Plain values; must not know the state or the screen.

use std::collections::HashMap;

use crate::api::PhotoRow;
use crate::domain::Score;

/// Most values of a kind that are listed.
const MOST: usize = 12;

/// A value and how many photos have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// What it is called.
    pub text: String,
    /// The condition that picks these photos.
    pub term: String,
    /// How many.
    pub count: usize,
}

/// Counts of the photos that show, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Accepted, to review, rejected, without a score.
    pub scores: Vec<Facet>,
    /// With and without a label.
    pub labels: Vec<Facet>,
    /// Unreadable, missing; left out when there are none.
    pub states: Vec<Facet>,
    /// File formats, the most frequent first.
    pub formats: Vec<Facet>,
    /// Folders, the fullest first; at most twelve.
    pub folders: Vec<Facet>,
}

impl Facets {
    /// Counts photos; `edges` are those of the bands.
    pub fn count<'a>(
        rows: impl Iterator<Item = &'a PhotoRow>,
        score: impl Fn(&PhotoRow) -> Option<Score>,
        edges: (f64, f64),
    ) -> Self {
        let (mut accepted, mut reviewed, mut rejected, mut unscored) = (0, 0, 0, 0);
        let (mut labelled, mut unlabelled, mut broken, mut missing) = (0, 0, 0, 0);
        let mut formats: HashMap<&str, usize> = HashMap::new();
        let mut folders: HashMap<&std::path::Path, usize> = HashMap::new();
        for row in rows {
            *match score(row).map(|score| score.value) {
                None => &mut unscored,
                Some(value) if value < edges.0 => &mut rejected,
                Some(value) if value >= edges.1 => &mut accepted,
                Some(_) => &mut reviewed,
            } += 1;
            *if row.label.is_some() { &mut labelled } else { &mut unlabelled } += 1;
            broken += usize::from(row.photo.error.is_some());
            missing += usize::from(row.photo.missing);
            *formats.entry(&row.photo.format).or_default() += 1;
            *folders.entry(row.photo.path.parent().unwrap_or(&row.photo.path)).or_default() += 1;
        }
        let (low, high) = edges;
        let facet = |text: &str, term: String, count| Facet { text: text.to_owned(), term, count };
        let some = |facets: Vec<Facet>| facets.into_iter().filter(|facet| facet.count > 0).collect::<Vec<_>>();
        let formats = formats.into_iter().filter(|(name, _)| !name.is_empty());
        let formats = formats.map(|(name, count)| facet(&name.to_uppercase(), format!("format={name}"), count));
        let folders = folders.into_iter().map(|(folder, count)| {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            facet(&name, format!("path:\"{}/\"", folder.display()), count)
        });
        Self {
            scores: some(vec![
                facet("Accept", format!("score>={high}"), accepted),
                facet("Review", format!("(score>={low} score<{high})"), reviewed),
                facet("Reject", format!("score<{low}"), rejected),
                facet("Not scored", "score:none".to_owned(), unscored),
            ]),
            labels: some(vec![
                facet("Labelled", "label:any".to_owned(), labelled),
                facet("Not labelled", "label:none".to_owned(), unlabelled),
            ]),
            states: some(vec![
                facet("Cannot be read", "error".to_owned(), broken),
                facet("File is gone", "missing".to_owned(), missing),
            ]),
            formats: most(formats),
            folders: most(folders),
        }
    }
}

/// The most frequent ones, then by name.
fn most(facets: impl Iterator<Item = Facet>) -> Vec<Facet> {
    let mut facets: Vec<Facet> = facets.collect();
    facets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.term.cmp(&b.term)));
    facets.truncate(MOST);
    facets
}

/// The filter with a condition more, or without it when it is there.
pub fn narrowed(filter: &str, term: &str) -> String {
    let Ok(parts) = crate::query::parts(filter) else { return term.to_owned() };
    if let Some(at) = parts.iter().position(|part| filter[part.clone()] == *term) {
        return without(filter, at);
    }
    match &parts[..] {
        [] => term.to_owned(),
        // An `or` binds less tight.
        [_] if crate::query::is_either(filter) => format!("({}) and {term}", filter.trim()),
        _ => format!("{} and {term}", filter.trim()),
    }
}

/// The filter without one of its conditions.
pub fn without(filter: &str, at: usize) -> String {
    let parts = crate::query::parts(filter).unwrap_or_default();
    let kept = parts.into_iter().enumerate().filter(|(place, _)| *place != at).map(|(_, part)| &filter[part]);
    kept.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_added_once_and_taken_out_again() {
        for (filter, term, expected) in [
            ("", "label:none", "label:none"),
            ("score<40", "label:none", "score<40 and label:none"),
            ("score<40 hat and label:none", "hat", "score<40 and label:none"),
            ("hat or shoe", "error", "(hat or shoe) and error"),
            ("label:none", "label:none", ""),
            ("(score>=40 score<70) and x", "(score>=40 score<70)", "x"),
            ("score<", "error", "error"),
        ] {
            assert_eq!(narrowed(filter, term), expected, "{filter} + {term}");
        }
        assert_eq!(without("a b and c", 1), "a and c");
    }
}
