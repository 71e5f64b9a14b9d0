//! Why a photo has its score: where it gains and loses, and which flaws the network sees.

use std::path::PathBuf;

use serde::Serialize;

use super::{ModelId, Score};

/// Values over a photo: `columns` × `rows` equal cells, row after row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QualityMap {
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// Points of 100 that a cell adds to the score (above 0) or takes from it (below 0).
    pub points: Vec<f32>,
}

impl QualityMap {
    /// The largest size of a value; 0 when there is none.
    pub fn reach(&self) -> f32 {
        self.points.iter().fold(0.0, |most, value| most.max(value.abs()))
    }

    /// The value that gets the full colour: the largest, but not less than a point, so that a map of next to nothing stays
    /// pale.
    pub fn full_colour(&self) -> f32 {
        self.reach().max(1.0)
    }

    /// What the worst cell takes, below 0, and where it lies in words; nothing when no cell takes anything.
    pub fn worst(&self) -> Option<(f32, String)> {
        let (index, value) = self.points.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
        let third = |place: usize, count: usize, names: [&'static str; 3]| names[place * 3 / count];
        let down = third(index / self.columns, self.rows, ["upper", "middle", "lower"]);
        let across = third(index % self.columns, self.columns, ["left", "centre", "right"]);
        (*value < 0.0).then(|| (*value, format!("{down} {across}")))
    }
}

/// Flaws less likely than this are not told.
const LIKELY: f64 = 0.5;

/// A flaw as the network sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenFlaw {
    /// Its stable name, such as "gaussian_blur".
    pub name: &'static str,
    /// How likely it is there, 0-1.
    pub probability: f64,
    /// How strong it is, 0-1.
    pub strength: f64,
}

impl SeenFlaw {
    /// "gaussian blur".
    pub fn text(&self) -> String {
        self.name.replace('_', " ")
    }

    /// How strong it is, in a word.
    pub fn strength_text(&self) -> &'static str {
        match self.strength {
            strength if strength < 0.2 => "slight",
            strength if strength < 0.5 => "moderate",
            _ => "strong",
        }
    }
}

/// Why a photo has its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The model that scored.
    pub model: ModelId,
    /// The score.
    pub score: Score,
    /// What the cells of the network's last stage say, quality times weight, against the photo's own mean.
    pub cells: QualityMap,
    /// What the score loses when a cell is hidden; only when it was asked for.
    pub occlusion: Option<QualityMap>,
    /// Flaws, the likeliest first; empty when the model has not learnt to name them.
    pub flaws: Vec<SeenFlaw>,
    /// The main rule that the photo breaks, in words.
    pub reason: Option<String>,
    /// The network that cells, occlusion and flaws are of, when the model is a personal one.
    pub base: Option<ModelId>,
    /// The photo is unlike those that the model learnt from: its score cannot be relied on.
    pub unfamiliar: bool,
    /// The labelled photos most like it, nearest first; of a personal model only.
    pub nearest: Vec<Neighbour>,
}

impl Explanation {
    /// The flaws that are rather there than not, the likeliest first.
    pub fn likely_flaws(&self) -> impl Iterator<Item = &SeenFlaw> {
        self.flaws.iter().filter(|flaw| flaw.probability >= LIKELY)
    }

    /// The map to show: of hiding parts where that was asked for.
    pub fn map(&self) -> &QualityMap {
        self.occlusion.as_ref().unwrap_or(&self.cells)
    }
}

/// A labelled photo that resembles another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// Where it lies.
    pub path: PathBuf,
    /// Its label, 0-100.
    pub label: f64,
    /// How far it is in the space of features: 0 for the same content; only the order means something.
    pub distance: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_place_is_named() {
        let mut map = QualityMap { columns: 6, rows: 6, points: vec![0.5; 36] };
        assert_eq!(map.worst(), None);
        map.points[35] = -2.0;
        assert_eq!(map.worst(), Some((-2.0, "lower right".to_owned())));
        map.points[14] = -3.0;
        assert_eq!(map.worst(), Some((-3.0, "middle centre".to_owned())));
    }

    #[test]
    fn strength_is_told_in_a_word() {
        let flaw = |strength| SeenFlaw { name: "gaussian_blur", probability: 0.9, strength };
        assert_eq!([0.0, 0.2, 0.5].map(|strength| flaw(strength).strength_text()), ["slight", "moderate", "strong"]);
        assert_eq!(flaw(0.0).text(), "gaussian blur");
    }
}
