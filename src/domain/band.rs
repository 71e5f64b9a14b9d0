//! Bands of scores: what is good enough, what has to be looked at, what is not good enough.

use serde::{Deserialize, Serialize};

/// Accept, review or reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    /// Good enough.
    Accept,
    /// Look at it.
    Review,
    /// Not good enough.
    Reject,
}

impl Band {
    /// Every band, the best first.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Review, Self::Reject];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Review => "Review",
            Self::Reject => "Reject",
        }
    }

    /// Its name in tables, folders and JSON: "accept", "review", "reject".
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Review => "review",
            Self::Reject => "reject",
        }
    }
}

/// Where the bands meet, as scores of 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edges {
    /// Scores below this are rejected.
    pub reject_below: f64,
    /// Scores from this on are accepted.
    pub accept_from: f64,
}

impl Default for Edges {
    fn default() -> Self {
        Self { reject_below: 40.0, accept_from: 70.0 }
    }
}

impl Edges {
    /// The band of a score.
    pub fn band(self, score: f64) -> Band {
        match score {
            score if score < self.reject_below => Band::Reject,
            score if score < self.accept_from => Band::Review,
            _ => Band::Accept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_belongs_to_the_better_band() {
        let edges = Edges::default();
        let bands = [0.0, 39.9, 40.0, 69.9, 70.0, 100.0].map(|score| edges.band(score));
        assert_eq!(bands, [Band::Reject, Band::Reject, Band::Review, Band::Review, Band::Accept, Band::Accept]);
    }
}
