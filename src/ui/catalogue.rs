//! The measured catalogue and what a rule pack says about it: built off the frame, kept up a photo at a time.
//!
//! Plain values; must not know the state, the project or the screen.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use crate::api::AuditRow;
use crate::domain::{Attribute, Attributes, ImageId, Photo};
use crate::error::Result;
use crate::rules::{self, Outcome as Judgement, RulePack, Verdict};

/// One photo of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The photo.
    pub id: ImageId,
    /// What was measured; photos with the same bytes share it.
    pub attributes: Option<Arc<Attributes>>,
    /// Why nothing could be measured.
    pub error: Option<Arc<str>>,
}

impl Entry {
    /// It could be measured and is not yet.
    fn is_open(&self) -> bool {
        self.attributes.is_none() && self.error.is_none()
    }
}

#[derive(Debug, Default, PartialEq)]
struct Places {
    by_id: HashMap<ImageId, usize>,
    by_path: HashMap<PathBuf, usize>,
}

/// Every photo whose file is there, with its attributes; clones share what is large.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// In order of path.
    pub entries: Vec<Entry>,
    measured: usize,
    unmeasured: usize,
    places: Arc<Places>,
}

impl Catalogue {
    /// The photos of the project with what is known about their contents.
    pub fn new<'a>(photos: impl IntoIterator<Item = &'a Photo>, known: HashMap<String, Attributes>) -> Self {
        let known: HashMap<String, Arc<Attributes>> =
            known.into_iter().map(|(sha256, attributes)| (sha256, Arc::new(attributes))).collect();
        let there = photos.into_iter().filter(|photo| !photo.missing);
        let mut places = Places::default();
        let entries = there.enumerate().map(|(place, photo)| {
            places.by_id.insert(photo.id, place);
            places.by_path.insert(photo.path.clone(), place);
            let error = photo.error.as_deref().map(Arc::from);
            Entry { id: photo.id, attributes: known.get(&photo.sha256).cloned(), error }
        });
        let entries: Vec<Entry> = entries.collect();
        let measured = entries.iter().filter(|entry| entry.attributes.is_some()).count();
        let unmeasured = entries.iter().filter(|entry| entry.is_open()).count();
        Self { entries, measured, unmeasured, places: Arc::new(places) }
    }

    /// A photo.
    pub fn entry(&self, id: ImageId) -> Option<&Entry> {
        self.entries.get(*self.places.by_id.get(&id)?)
    }

    /// Takes in a row of a running audit; where the photo stands when that changed anything.
    pub fn take(&mut self, row: &AuditRow) -> Option<usize> {
        let place = *self.places.by_path.get(&row.path)?;
        let entry = &mut self.entries[place];
        let error = row.error.as_deref().map(Arc::from);
        if entry.attributes.as_deref() == row.attributes.as_ref() && entry.error == error {
            return None;
        }
        self.measured -= usize::from(entry.attributes.is_some());
        self.unmeasured -= usize::from(entry.is_open());
        entry.attributes = row.attributes.map(Arc::new);
        entry.error = error;
        self.measured += usize::from(entry.attributes.is_some());
        self.unmeasured += usize::from(entry.is_open());
        Some(place)
    }

    /// Photos with attributes.
    pub fn measured(&self) -> usize {
        self.measured
    }

    /// Photos that could be measured and are not yet.
    pub fn unmeasured(&self) -> usize {
        self.unmeasured
    }
}

/// What a pack says about one photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Nothing while the photo is not measured.
    pub judgement: Option<Judgement>,
    /// The rules that are not met, as places in the pack.
    pub broken: Vec<u16>,
    /// The worst of them.
    pub worst: Option<u16>,
    /// The rules whose value this photo does not have.
    pub unmeasurable: Vec<u16>,
}

/// How many photos a rule concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Photos that do not keep to it.
    pub broken: usize,
    /// Measured photos that have no such value.
    pub unmeasurable: usize,
}

/// Photos by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Keep to every rule.
    pub pass: usize,
    /// Could be better.
    pub warn: usize,
    /// Should not be used.
    pub fail: usize,
    /// Not measured, or not readable.
    pub open: usize,
}

impl Totals {
    /// The count of an outcome.
    pub fn of(&self, judgement: Option<Judgement>) -> usize {
        match judgement {
            Some(Judgement::Pass) => self.pass,
            Some(Judgement::Warn) => self.warn,
            Some(Judgement::Fail) => self.fail,
            None => self.open,
        }
    }

    fn count(&mut self, judgement: Option<Judgement>) -> &mut usize {
        match judgement {
            Some(Judgement::Pass) => &mut self.pass,
            Some(Judgement::Warn) => &mut self.warn,
            Some(Judgement::Fail) => &mut self.fail,
            None => &mut self.open,
        }
    }
}

/// The whole catalogue under one pack on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The pack.
    pub pack: Arc<RulePack>,
    /// The day: rules can come into force later.
    pub today: Date,
    /// One for each entry of the catalogue.
    pub judged: Vec<Judged>,
    /// One for each rule of the pack.
    pub tallies: Vec<Tally>,
    /// Photos by outcome.
    pub totals: Totals,
}

impl Report {
    /// Judges every photo; a second or so for 100,000.
    pub fn new(catalogue: &Catalogue, pack: RulePack, today: Date) -> Self {
        let mut report = Self {
            today,
            judged: vec![Judged::default(); catalogue.entries.len()],
            tallies: vec![Tally::default(); pack.rules.len()],
            totals: Totals { open: catalogue.entries.len(), ..Totals::default() },
            pack: Arc::new(pack),
        };
        for (place, entry) in catalogue.entries.iter().enumerate() {
            report.judge(place, entry.attributes.as_deref());
        }
        report
    }

    /// What every rule of the pack says.
    pub fn verdicts(&self, attributes: &Attributes) -> Vec<Verdict> {
        self.pack.judge(attributes, self.today)
    }

    /// Judges one photo anew and keeps the counts right.
    pub fn judge(&mut self, place: usize, attributes: Option<&Attributes>) {
        let verdicts = attributes.map(|attributes| self.verdicts(attributes)).unwrap_or_default();
        let Some(judged) = self.judged.get_mut(place) else { return };
        *self.totals.count(judged.judgement) -= 1;
        for &rule in &judged.broken {
            self.tallies[usize::from(rule)].broken -= 1;
        }
        for &rule in &judged.unmeasurable {
            self.tallies[usize::from(rule)].unmeasurable -= 1;
        }
        // A rule that is no longer in force gives no verdict.
        let place_of = |verdict: &Verdict| {
            let place = self.pack.rules.iter().position(|rule| Arc::ptr_eq(rule, &verdict.rule));
            place.and_then(|place| u16::try_from(place).ok())
        };
        *judged = Judged {
            judgement: attributes.map(|_| rules::outcome(&verdicts)),
            broken: verdicts.iter().filter(|verdict| !verdict.passed()).filter_map(place_of).collect(),
            worst: rules::worst(&verdicts).and_then(place_of),
            unmeasurable: verdicts.iter().filter(|verdict| verdict.value.is_none()).filter_map(place_of).collect(),
        };
        *self.totals.count(judged.judgement) += 1;
        for verdict in &verdicts {
            let Some(tally) = place_of(verdict).and_then(|place| self.tallies.get_mut(usize::from(place))) else {
                continue;
            };
            tally.broken += usize::from(!verdict.passed());
            tally.unmeasurable += usize::from(verdict.value.is_none());
        }
    }
}

/// The catalogue with everything that follows from it.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Every photo with its attributes.
    pub catalogue: Arc<Catalogue>,
    /// How each attribute spreads.
    pub spread: Spread,
    /// What the pack says, or why it cannot be used.
    pub report: Result<Report>,
}

impl Audit {
    /// Works everything out; off the frame.
    pub fn new(catalogue: Arc<Catalogue>, pack: Result<RulePack>, now_ms: i64) -> Self {
        let report = pack.map(|pack| Report::new(&catalogue, pack, day(now_ms)));
        Self { spread: Spread::new(&catalogue), report, catalogue }
    }
}

/// The day of a moment, in the local time zone.
fn day(ms: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_datetime(at).date()
}

/// Where a value falls among the photos of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Share of the photos with a lower value.
    pub below: f64,
    /// Share of the photos with the same value.
    pub same: f64,
    /// Photos that have this attribute.
    pub of: usize,
}

impl Standing {
    /// Where to draw it between 0 and 1: amid its equals.
    pub fn middle(self) -> f64 {
        self.below + self.same / 2.0
    }
}

/// The values of every attribute in this catalogue, sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread(Vec<Vec<f64>>);

impl Spread {
    /// Gathers and sorts.
    pub fn new(catalogue: &Catalogue) -> Self {
        let measured = || catalogue.entries.iter().filter_map(|entry| entry.attributes.as_deref());
        let sorted = |attribute| {
            let mut values: Vec<f64> = measured().filter_map(|one| one.get(attribute)).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        Self(Attribute::all().map(sorted).collect())
    }

    /// Where a value falls; nothing where there are no two photos to compare.
    pub fn standing(&self, attribute: Attribute, value: f64) -> Option<Standing> {
        let values = self.0.get(attribute as usize).filter(|values| values.len() > 1)?;
        let (below, up_to) =
            (values.partition_point(|other| *other < value), values.partition_point(|other| *other <= value));
        let of = values.len();
        Some(Standing { below: below as f64 / of as f64, same: (up_to - below) as f64 / of as f64, of })
    }

    /// The values that a quarter, half and three quarters of the photos do not exceed.
    pub fn quartiles(&self, attribute: Attribute) -> Option<[f64; 3]> {
        let values = self.0.get(attribute as usize).filter(|values| !values.is_empty())?;
        Some([1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4]))
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
