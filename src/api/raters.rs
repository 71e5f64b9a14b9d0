//! The rater panel: how fast and how steadily somebody labels, and how raters agree.

use std::collections::{BTreeMap, HashMap};

use super::voting::REPEAT;
use super::{Project, newest_scores_by_image};
use crate::domain::{ImageId, Label, Vote};
use crate::error::Result;
use crate::labels::raters::agreement::{Icc, Level, alpha, complete, icc};
use crate::labels::raters::{Habit, Rated, judge};

/// A pause that ends a session, milliseconds.
const PAUSE_MS: i64 = 30 * 60_000;

/// A pause that is not counted as labelling: the person looked elsewhere, milliseconds.
const BREAK_MS: i64 = 60_000;

/// Faster than a person can look: such votes were cast together, milliseconds.
const GLANCE_MS: i64 = 250;

/// Fewest votes with something to hold them against for a drift.
const FEWEST_FOR_DRIFT: usize = 20;

/// One rater beside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterRow {
    /// The name.
    pub name: String,
    /// Bias and inconsistency, in points.
    pub habit: Habit,
}

/// How the same person scores the same photo twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consistency {
    /// Photos that were slipped in a second time.
    pub repeats: usize,
    /// Share of them with the same score.
    pub same: f64,
    /// Mean difference without its sign, in points.
    pub difference: f64,
}

/// Whether a person has become milder or stricter since the session began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Points from the first vote of the session to the last; positive is milder.
    pub points: f64,
    /// Half of its 95 % interval.
    pub margin: f64,
    /// Votes behind it.
    pub votes: usize,
}

impl Drift {
    /// The interval does not hold 0.
    pub fn is_clear(&self) -> bool {
        self.points.abs() > self.margin
    }
}

/// What the panel shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RaterReport {
    /// Votes of this session.
    pub session_votes: u64,
    /// Votes a minute in this session, without breaks; nothing for too few.
    pub a_minute: Option<f64>,
    /// How the person repeats an own score; nothing without repeats.
    pub consistency: Option<Consistency>,
    /// How the person drifts in this session; nothing for too few votes.
    pub drift: Option<Drift>,
    /// Everyone who scored, most scores first.
    pub raters: Vec<RaterRow>,
    /// Krippendorff's α of all scores, by their differences.
    pub alpha: Option<f64>,
    /// Intraclass correlations on the photos that several raters scored.
    pub icc: Option<Icc>,
    /// Photos whose scores several raters gave: without the raters' biases.
    pub corrected: Vec<Label>,
}

/// Reports on a rater and the panel.
///
/// # Errors
/// When the database cannot be read.
pub fn report_raters(project: &Project, rater: &str) -> Result<RaterReport> {
    let opinions = project.store()?.opinions()?;
    let own: Vec<&Vote> =
        opinions.iter().filter(|vote| vote.rater == rater && vote.source.starts_with("window")).collect();
    let session = session_of(&own);
    let panel = Panel::of(&opinions);
    let references = references(project, &panel, rater)?;
    Ok(RaterReport {
        session_votes: session.len() as u64,
        a_minute: pace(session),
        consistency: consistency(&own),
        drift: drift(session, &references),
        alpha: alpha(&panel.rated, Level::Interval),
        icc: icc(&complete(&panel.rated)),
        corrected: panel.corrected(),
        raters: panel.rows,
    })
}

/// The votes since the last long pause.
fn session_of<'a>(own: &'a [&'a Vote]) -> &'a [&'a Vote] {
    let start = own.windows(2).rposition(|two| two[1].at_ms - two[0].at_ms > PAUSE_MS).map_or(0, |at| at + 1);
    &own[start..]
}

/// Votes a minute: the times between votes, breaks left out.
fn pace(session: &[&Vote]) -> Option<f64> {
    let times: Vec<i64> = session.windows(2).map(|two| two[1].at_ms - two[0].at_ms).collect();
    let worked: Vec<i64> = times.into_iter().filter(|time| (GLANCE_MS..=BREAK_MS).contains(time)).collect();
    let total: i64 = worked.iter().sum();
    (worked.len() >= 4 && total > 0).then(|| worked.len() as f64 * 60_000.0 / total as f64)
}

fn consistency(own: &[&Vote]) -> Option<Consistency> {
    let mut last: HashMap<ImageId, f64> = HashMap::new();
    let mut differences = Vec::new();
    for vote in own {
        let Some(score) = vote.kind.score() else { continue };
        let before = last.insert(vote.image, score);
        differences.extend(before.filter(|_| vote.source == REPEAT).map(|before| (score - before).abs()));
    }
    let n = differences.len() as f64;
    (!differences.is_empty()).then(|| Consistency {
        repeats: differences.len(),
        same: differences.iter().filter(|difference| **difference < 1e-9).count() as f64 / n,
        difference: differences.iter().sum::<f64>() / n,
    })
}

/// The slope of what a rater's scores lie above their references, over the votes of a session: least squares, with the
/// t interval of a straight line's slope (its quantile taken as that of the normal distribution).
fn drift(session: &[&Vote], references: &HashMap<ImageId, f64>) -> Option<Drift> {
    let scored = session.iter().filter_map(|vote| Some(vote.kind.score()? - references.get(&vote.image)?));
    let residuals: Vec<f64> = scored.collect();
    let n = residuals.len() as f64;
    if residuals.len() < FEWEST_FOR_DRIFT {
        return None;
    }
    let (middle, mean) = ((n - 1.0) / 2.0, residuals.iter().sum::<f64>() / n);
    let along = |at: usize| at as f64 - middle;
    let squares: f64 = (0..residuals.len()).map(|at| along(at).powi(2)).sum();
    let slope = residuals.iter().enumerate().map(|(at, own)| along(at) * (own - mean)).sum::<f64>() / squares;
    let rest: f64 = residuals.iter().enumerate().map(|(at, own)| (own - mean - slope * along(at)).powi(2)).sum();
    let error = (rest / (n - 2.0) / squares).sqrt();
    Some(Drift { points: slope * (n - 1.0), margin: 1.96 * error * (n - 1.0), votes: residuals.len() })
}

/// What a rater's scores are held against: the mean of the others, else what the newest model says.
fn references(project: &Project, panel: &Panel, rater: &str) -> Result<HashMap<ImageId, f64>> {
    let mut references = newest_scores_by_image(project)?;
    let mut others: HashMap<usize, (f64, f64)> = HashMap::new();
    let own = panel.rows_by_place.iter().position(|name| name == rater);
    for rated in panel.rated.iter().filter(|rated| Some(rated.rater) != own) {
        let sum = others.entry(rated.photo).or_default();
        *sum = (sum.0 + rated.score, sum.1 + 1.0);
    }
    references.extend(others.into_iter().map(|(photo, (sum, n))| (panel.photos[photo], sum / n)));
    Ok(references)
}

/// The newest score of each rater for each photo, single raters alone.
struct Panel {
    photos: Vec<ImageId>,
    rated: Vec<Rated>,
    rows: Vec<RaterRow>,
    rows_by_place: Vec<String>,
    qualities: BTreeMap<usize, f64>,
}

impl Panel {
    fn of(opinions: &[Vote]) -> Self {
        let mut newest: BTreeMap<(ImageId, &str), Option<f64>> = BTreeMap::new();
        for vote in opinions {
            let single = !matches!(vote.kind, crate::domain::VoteKind::Mean { n, .. } if n > 1);
            if single {
                newest.insert((vote.image, &vote.rater), vote.kind.score());
            }
        }
        let (mut places, mut names) = (HashMap::new(), Vec::new());
        let (mut photos, mut rated) = (Vec::new(), Vec::new());
        for ((image, rater), score) in newest {
            let Some(score) = score else { continue };
            let rater = *places.entry(rater).or_insert_with(|| {
                names.push(rater.to_owned());
                names.len() - 1
            });
            if photos.last() != Some(&image) {
                photos.push(image);
            }
            rated.push(Rated { photo: photos.len() - 1, rater, score });
        }
        let judged = judge(&rated, names.len());
        let row = |(name, habit): (&String, &Habit)| RaterRow { name: name.clone(), habit: *habit };
        let mut rows: Vec<RaterRow> = names.iter().zip(&judged.habits).map(row).collect();
        rows.sort_by(|a, b| b.habit.scores.cmp(&a.habit.scores).then_with(|| a.name.cmp(&b.name)));
        Self { photos, rated, rows, rows_by_place: names, qualities: judged.qualities }
    }

    /// The photos that more than one rater scored, without the raters' biases.
    fn corrected(&self) -> Vec<Label> {
        let mut raters = vec![0; self.photos.len()];
        self.rated.iter().for_each(|rated| raters[rated.photo] += 1);
        let label = |(photo, quality): (&usize, &f64)| Label {
            image: self.photos[*photo],
            mos: quality.clamp(0.0, 100.0),
            n: raters[*photo],
        };
        self.qualities.iter().map(label).filter(|label| label.n > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{VoteId, VoteKind};

    fn vote(image: i64, rater: &str, score: f64, at_ms: i64, source: &str) -> Vote {
        let (rater, source) = (rater.to_owned(), source.to_owned());
        Vote { id: VoteId(0), image: ImageId(image), kind: VoteKind::Mean { score, n: 1 }, rater, source, at_ms }
    }

    #[test]
    fn a_session_ends_with_a_long_pause_and_breaks_do_not_slow_it() {
        let at = [0, 1000, 2000, PAUSE_MS + 5000, PAUSE_MS + 8000, PAUSE_MS + 11_000];
        let more = [0, 3000, 6000, 9000].map(|more| PAUSE_MS + 11_000 + 2 * BREAK_MS + more);
        let votes: Vec<Vote> =
            at.iter().chain(&more).zip(1..).map(|(at, image)| vote(image, "me", 50.0, *at, "window")).collect();
        let own: Vec<&Vote> = votes.iter().collect();
        let session = session_of(&own);
        assert_eq!((session.len(), pace(session)), (7, Some(20.0)), "a vote every three seconds");
        assert_eq!(pace(&own[..3]), None);
    }

    #[test]
    fn repeats_tell_how_steady_a_rater_is() {
        let votes = [
            vote(1, "me", 50.0, 0, "window"),
            vote(2, "me", 75.0, 1, "window"),
            vote(1, "me", 75.0, 2, REPEAT),
            vote(2, "me", 75.0, 3, REPEAT),
            vote(2, "me", 0.0, 4, "window"),
        ];
        let own: Vec<&Vote> = votes.iter().collect();
        assert_eq!(consistency(&own), Some(Consistency { repeats: 2, same: 0.5, difference: 12.5 }));
        assert_eq!(consistency(&own[..2]), None, "a corrected vote is no repeat");
    }

    #[test]
    fn a_drift_is_found_and_noise_is_none() {
        let references: HashMap<ImageId, f64> =
            (0..100).map(|image| (ImageId(image), (image * 37 % 90) as f64)).collect();
        let wobble = |image: i64| ((image * 7919 % 101) as f64 / 101.0 - 0.5) * 16.0;
        let session = |slope: f64| -> Vec<Vote> {
            let score = |image: i64| references[&ImageId(image)] + slope * image as f64 / 99.0 + wobble(image);
            (0..100).map(|image| vote(image, "me", score(image), image, "window")).collect()
        };
        let found = |slope: f64| {
            let votes = session(slope);
            drift(&votes.iter().collect::<Vec<_>>(), &references).expect("enough votes")
        };
        let (steady, milder) = (found(0.0), found(12.0));
        assert!(!steady.is_clear() && steady.points.abs() < 4.0, "{steady:?}");
        assert!(milder.is_clear() && (milder.points - steady.points - 12.0).abs() < 1e-6, "{milder:?}");
        assert_eq!(drift(&session(0.0).iter().take(19).collect::<Vec<_>>(), &references), None);
    }

    #[test]
    fn a_panel_takes_the_newest_score_of_each_rater_and_no_imported_means() {
        let mut votes = Vec::new();
        for image in 0..12 {
            let quality = 20.0 + 5.0 * image as f64;
            votes.push(vote(image, "mild", 0.0, 0, "window"));
            votes.push(vote(image, "mild", quality + 8.0, 1, "window"));
            votes.push(vote(image, "strict", quality - 8.0, 2, "import:x.csv"));
        }
        let mean = VoteKind::Mean { score: 100.0, n: 30 };
        votes.push(Vote { kind: mean, ..vote(0, "study", 0.0, 3, "import:y.csv") });
        let panel = Panel::of(&votes);
        let rows: Vec<_> =
            panel.rows.iter().map(|row| (row.name.as_str(), row.habit.bias.round(), row.habit.scores)).collect();
        assert_eq!(rows, [("mild", 8.0, 12), ("strict", -8.0, 12)]);
        let corrected = panel.corrected();
        assert!(
            corrected.len() == 12 && (corrected[0].mos - 20.0).abs() < 1e-6 && corrected[0].n == 2,
            "{corrected:?}"
        );
    }
}
