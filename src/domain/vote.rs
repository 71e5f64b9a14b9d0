//! Votes: the append-only log of what people said, and the labels derived from it.

use serde::{Deserialize, Serialize};

use super::ImageId;

/// The words of the five-level absolute category rating (ITU-T P.910), worst first.
pub const LEVEL_WORDS: [&str; 5] = ["Bad", "Poor", "Fair", "Good", "Excellent"];

/// Row id of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VoteId(pub i64);

/// What a vote says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VoteKind {
    /// One rater chose `level` of `levels` (1 is worst).
    Rating {
        /// 1-based level.
        level: u8,
        /// How many levels the scale has.
        levels: u8,
    },
    /// A score on the 0-100 scale: one rater's own (`n` is 1), or the imported mean of `n` raters.
    Mean {
        /// The score, 0-100.
        score: f64,
        /// How many raters it averages (1 when unknown).
        n: u32,
    },
    /// The rater passed: no score.
    Skip,
    /// Takes an earlier vote back.
    Undo {
        /// The vote taken back.
        vote: VoteId,
    },
    /// The photo has a defect, or has it no more.
    Tag {
        /// Which defect.
        tag: TagId,
        /// It is there.
        on: bool,
    },
    /// The photo was held against another one.
    Pair {
        /// The other photo.
        other: ImageId,
        /// Which is better.
        preference: Preference,
    },
}

/// Row id of a defect tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TagId(pub i64);

/// The tag of a photo that was looked at and has no defect.
pub const NO_DEFECT: &str = "none";

/// The tag of a photo whose label its rater was asked about and did not know.
pub const UNSURE: &str = "unsure";

/// A defect that photos can be tagged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// Row id.
    pub id: TagId,
    /// Its name, in small letters.
    pub name: String,
}

/// Which of two photos is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preference {
    /// The second.
    Worse,
    /// Neither.
    Tie,
    /// The first.
    Better,
}

impl Preference {
    /// The same seen from the other photo.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Worse => Self::Better,
            Self::Tie => Self::Tie,
            Self::Better => Self::Worse,
        }
    }
}

/// One entry of the vote log.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// Row id; votes are ordered by it.
    pub id: VoteId,
    /// The photo voted on.
    pub image: ImageId,
    /// What was said.
    pub kind: VoteKind,
    /// Who said it ("me", or a name from an imported file).
    pub rater: String,
    /// Where it came from: "window", "import:FILE"…
    pub source: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

impl VoteKind {
    /// The vote on the 0-100 scale: `100·(level−1)/(levels−1)` for a rating, the mean itself for an
    /// imported mean, nothing for everything else.
    pub fn score(self) -> Option<f64> {
        match self {
            Self::Rating { level, levels } => Scale::levels(levels).to_score(f64::from(level)),
            Self::Mean { score, .. } => Some(score),
            Self::Skip | Self::Undo { .. } | Self::Tag { .. } | Self::Pair { .. } => None,
        }
    }
}

/// A label: the mean of a photo's active votes (its MOS), 0-100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Label {
    /// The photo.
    pub image: ImageId,
    /// Mean opinion score, 0-100, weighted by how many raters each vote stands for.
    pub mos: f64,
    /// How many raters stand behind it.
    pub n: u32,
}

/// A closed range of source scores that maps linearly onto 0-100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The worst value.
    pub min: f64,
    /// The best value.
    pub max: f64,
}

impl Scale {
    /// The product's own scale.
    pub const PERCENT: Self = Self { min: 0.0, max: 100.0 };

    /// The scale of a rating with `levels` levels: 1 to `levels`.
    pub fn levels(levels: u8) -> Self {
        Self { min: 1.0, max: f64::from(levels) }
    }

    /// Parses `MIN..MAX`, for example `1..5`.
    pub fn parse(text: &str) -> Option<Self> {
        let (min, max) = text.split_once("..")?;
        let scale = Self { min: min.trim().parse().ok()?, max: max.trim().parse().ok()? };
        (scale.min.is_finite() && scale.max.is_finite() && scale.min < scale.max).then_some(scale)
    }

    /// Maps a source value onto 0-100; nothing when it lies outside the scale or is not a number.
    pub fn to_score(self, value: f64) -> Option<f64> {
        let tolerance = (self.max - self.min) * 1e-9;
        let inside = value >= self.min - tolerance && value <= self.max + tolerance;
        inside.then(|| (100.0 * (value - self.min) / (self.max - self.min)).clamp(0.0, 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_map_linearly_onto_0_to_100() {
        let score = |level| VoteKind::Rating { level, levels: 5 }.score();
        assert_eq!([score(1), score(2), score(3), score(5)], [Some(0.0), Some(25.0), Some(50.0), Some(100.0)]);
        assert_eq!(score(6), None);
        assert_eq!(VoteKind::Skip.score(), None);
    }

    #[test]
    fn scales_parse_and_refuse_nonsense() {
        assert_eq!(Scale::parse("1..5"), Some(Scale { min: 1.0, max: 5.0 }));
        assert_eq!(Scale::parse("0..1").and_then(|scale| scale.to_score(0.25)), Some(25.0));
        for bad in ["5", "5..1", "a..b", "1..nan", "..", "1..inf"] {
            assert_eq!(Scale::parse(bad), None, "{bad}");
        }
        assert_eq!(Scale::PERCENT.to_score(f64::NAN), None);
        assert_eq!(Scale::PERCENT.to_score(101.0), None);
    }
}
