//! How well a model's scores follow labels: the values that an evaluation gives and a report shows.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::{Score, Split};

/// One way to say how well scores follow labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Spearman's rank correlation.
    Srcc,
    /// Pearson's correlation of scores as they are.
    Plcc,
    /// Pearson's correlation after the four-parameter logistic.
    PlccLogistic,
    /// Kendall's τ-b.
    Krcc,
    /// Mean absolute error, in points.
    Mae,
    /// Root mean squared error, in points.
    Rmse,
    /// Mean of score − label, in points.
    Bias,
    /// Share of pairs within a group in the right order.
    PairAccuracy,
    /// Area under the ROC curve at the threshold of good photos.
    Auc,
    /// Share of labels within the 90 % interval of their score.
    Coverage,
}

impl Measure {
    /// Every measure, in the order people read them.
    pub const ALL: [Self; 10] = [
        Self::Srcc,
        Self::Plcc,
        Self::PlccLogistic,
        Self::Krcc,
        Self::Mae,
        Self::Rmse,
        Self::Bias,
        Self::PairAccuracy,
        Self::Auc,
        Self::Coverage,
    ];

    /// The stable name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Srcc => "srcc",
            Self::Plcc => "plcc",
            Self::PlccLogistic => "plcc_logistic",
            Self::Krcc => "krcc",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::Bias => "bias",
            Self::PairAccuracy => "pair_accuracy",
            Self::Auc => "auc",
            Self::Coverage => "coverage",
        }
    }

    /// What it is called, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::Srcc => "SRCC",
            Self::Plcc => "PLCC",
            Self::PlccLogistic => "PLCC, logistic",
            Self::Krcc => "KRCC",
            Self::Mae => "MAE, points",
            Self::Rmse => "RMSE, points",
            Self::Bias => "Bias, points",
            Self::PairAccuracy => "Pairs in order",
            Self::Auc => "AUC",
            Self::Coverage => "Coverage",
        }
    }

    /// What it says, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Srcc => "how well the order of the scores follows the order of the labels",
            Self::Plcc => "how close scores and labels are to a straight line",
            Self::PlccLogistic => "the same, once a bent scale is straightened",
            Self::Krcc => "share of pairs in the right order less those in the wrong order (τ-b)",
            Self::Mae => "how far a score is off on average",
            Self::Rmse => "the same, with large errors counting more",
            Self::Bias => "score less label on average: above 0 the model is too kind",
            Self::PairAccuracy => "share of pairs of one group that the scores put in the right order",
            Self::Auc => "chance that a good photo scores above one that is not",
            Self::Coverage => "share of labels within the 90 % interval of their score",
        }
    }

    /// A value as people read it: points with one decimal, shares and correlations with three.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Mae | Self::Rmse | Self::Bias => format!("{value:.1}"),
            _ => format!("{value:.3}"),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The ends of an interval, lower first.
pub type Interval = (f64, f64);

/// A measure's value on some photos.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// The measure.
    pub measure: Measure,
    /// Its value; absent where it is not defined on these photos.
    pub value: Option<f64>,
    /// Its 95 % bootstrap interval over groups; absent with fewer than three groups.
    pub interval: Option<Interval>,
}

/// All measures on some photos.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Photos.
    pub n: usize,
    /// Groups they come from.
    pub groups: usize,
    /// One entry a measure, in the order of [`Measure::ALL`].
    pub measures: Vec<Measured>,
}

impl Summary {
    /// A measure's value and interval.
    pub fn get(&self, measure: Measure) -> Option<Measured> {
        self.measures.iter().copied().find(|measured| measured.measure == measure)
    }
}

/// A named part of the photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subset {
    /// What the label file calls it.
    pub name: String,
    /// Its measures.
    pub summary: Summary,
}

/// A group of at least two photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupLine {
    /// The group.
    pub name: String,
    /// Its photos.
    pub n: usize,
    /// Mean label.
    pub label: f64,
    /// Mean score.
    pub score: f64,
    /// Mean absolute error, in points.
    pub mae: f64,
    /// Share of its pairs in the right order; absent when its labels do not differ.
    pub pair_accuracy: Option<f64>,
}

/// Photos of neighbouring scores: what they scored, and what people said.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Photos.
    pub n: usize,
    /// Lowest and highest score.
    pub range: Interval,
    /// Mean score.
    pub score: f64,
    /// Mean label.
    pub label: f64,
    /// 95 % bootstrap interval of the mean label.
    pub label_interval: Option<Interval>,
}

/// How score − label is spread, in points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Residuals {
    /// Standard deviation.
    pub deviation: f64,
    /// The 5 %, 25 %, 50 %, 75 % and 95 % quantiles.
    pub quantiles: [f64; 5],
}

/// What a human ceiling was worked out from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CeilingSource {
    /// Several people rated a photo.
    Raters,
    /// One person rated a photo more than once.
    Repeats,
}

/// How well people agree with people, on the same photos.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ceiling {
    /// What it was worked out from.
    pub source: CeilingSource,
    /// Photos with at least two ratings.
    pub n: usize,
    /// Ratings a photo, on average.
    pub ratings: f64,
    /// SRCC between the means of two random halves of each photo's ratings, averaged over splits.
    pub half: f64,
    /// The same stepped up to all ratings (Spearman 1910; Brown 1910): how well another panel as large would agree.
    pub panel: f64,
}

/// The whole evaluation of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// All photos.
    pub all: Summary,
    /// By the values of a column of the label file, by name; empty when none was named.
    pub subsets: Vec<Subset>,
    /// Groups of at least two photos, the largest error first.
    pub groups: Vec<GroupLine>,
    /// Photos in bins of equal count, by score.
    pub calibration: Vec<CalibrationBin>,
    /// Mean distance of a bin's mean label from its mean score, weighted by photos (expected calibration error).
    pub calibration_error: Option<f64>,
    /// How errors are spread.
    pub residuals: Residuals,
    /// Positions of the photos with the largest errors, worst first.
    pub worst: Vec<usize>,
    /// Labels from here on count as good.
    pub threshold: f64,
    /// How well people agree among themselves; absent when the labels do not tell.
    pub ceiling: Option<Ceiling>,
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the difference lies above 0.
    Better,
    /// The interval of the difference lies below 0.
    Worse,
    /// The interval of the difference holds 0.
    NotBetter,
    /// There is no interval.
    Unknown,
}

/// A measure under two models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The measure.
    pub measure: Measure,
    /// Under the first model.
    pub first: Option<f64>,
    /// Under the second model.
    pub second: Option<f64>,
    /// First − second.
    pub difference: Option<f64>,
    /// Its 95 % interval by paired bootstrap: both models on the same drawn groups.
    pub interval: Option<Interval>,
}

/// Two models on the same photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Photos that both scored.
    pub n: usize,
    /// One entry a measure.
    pub measures: Vec<Difference>,
    /// What the SRCC says of the first model.
    pub verdict: Verdict,
}

impl Comparison {
    /// The verdict on the first model in plain words; `other` names the second: "not better than X: SRCC
    /// +0.010, 95 % interval −0.010…+0.030".
    pub fn text(&self, other: &str) -> String {
        let srcc = self.measures.iter().find(|difference| difference.measure == Measure::Srcc);
        let interval = srcc.and_then(|srcc| srcc.interval);
        let interval = interval.map(|(low, high)| format!("95 % interval {}…{}", signed(low), signed(high)));
        let gain = srcc.and_then(|srcc| srcc.difference).map(signed).unwrap_or_default();
        match (self.verdict, interval) {
            (Verdict::Better, Some(interval)) => format!("better than {other}: SRCC {gain}, {interval}"),
            (Verdict::Worse, Some(interval)) => format!("worse than {other}: SRCC {gain}, {interval}"),
            (Verdict::NotBetter, Some(interval)) => format!("not better than {other}: SRCC {gain}, {interval}"),
            _ => format!("not comparable with {other}: too few groups of photos for an interval"),
        }
    }
}

/// A difference with its sign and three decimals: "+0.041", "−0.010".
pub fn signed(value: f64) -> String {
    let size = format!("{:.3}", value.abs());
    let zero = size.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    let sign = if zero {
        ""
    } else if value < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{size}")
}

/// A person's rating of a photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rating {
    /// Who rated.
    pub rater: String,
    /// The rating, 0-100.
    pub value: f64,
}

/// A labelled photo and what models say about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluatedPhoto {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub content_sha256: String,
    /// Its label, 0-100.
    pub label: f64,
    /// The model's score.
    pub score: Score,
    /// The score of the model it is compared with.
    pub against: Option<Score>,
    /// SKU or scene; photos of one group are drawn together.
    pub group: String,
    /// The value of the subset column.
    pub subset: Option<String>,
    /// The part it served in when one of the models was trained.
    pub seen: Option<Split>,
    /// The single ratings behind the label, where the file has them.
    #[serde(skip)]
    pub ratings: Vec<Rating>,
}

impl EvaluatedPhoto {
    /// Score − label, in points.
    pub fn residual(&self) -> f64 {
        self.score.value - self.label
    }

    /// Whether the label lies within the score's interval.
    pub fn is_covered(&self) -> bool {
        (self.score.low..=self.score.high).contains(&self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_plain_words() {
        let text = |verdict, interval: Option<Interval>| {
            let (first, second) = (Some(0.8), Some(0.79));
            let srcc = Difference { measure: Measure::Srcc, first, second, difference: Some(0.01), interval };
            Comparison { n: 9, measures: vec![srcc], verdict }.text("B")
        };
        assert_eq!(
            text(Verdict::NotBetter, Some((-0.01, 0.03))),
            "not better than B: SRCC +0.010, 95 % interval −0.010…+0.030"
        );
        assert_eq!(
            text(Verdict::Better, Some((0.002, 0.03))),
            "better than B: SRCC +0.010, 95 % interval +0.002…+0.030"
        );
        assert!(text(Verdict::Unknown, None).contains("too few groups"));
        assert_eq!(signed(-0.0001), "0.000");
    }

    #[test]
    fn measures_have_names_of_their_own_and_stand_in_order() {
        for (place, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(measure as usize, place, "{measure:?}");
            assert_eq!(Measure::ALL.iter().filter(|other| other.name() == measure.name()).count(), 1);
        }
        assert_eq!((Measure::Mae.text(8.349), Measure::Srcc.text(0.8951)), ("8.3".to_owned(), "0.895".to_owned()));
    }
}
