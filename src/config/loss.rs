//! The loss a training minimises: one kind by name, or a weighted sum of kinds.
//!
//! Written as `"huber"` or `{ huber = 1.0, plcc = 0.5, rank = 0.5 }`. Knows no tensor: `train::losses` computes it.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One kind of loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LossKind {
    /// Huber loss: squared near zero, absolute beyond `huber_delta` (Huber 1964).
    #[default]
    Huber,
    /// Mean squared error.
    Mse,
    /// Mean absolute error.
    Mae,
    /// 1 − PLCC over the photos of a step.
    Plcc,
    /// Fidelity of the order of each pair of photos of a step (Tsai et al. 2007).
    Rank,
    /// Hinge on the difference of each pair of photos of a step.
    Margin,
    /// Earth mover's distance of the expected votes from the votes there are; photos without single votes do not count.
    Emd,
}

impl LossKind {
    /// Every kind, in the order a sum is written.
    pub const ALL: [Self; 7] = [Self::Huber, Self::Mse, Self::Mae, Self::Plcc, Self::Rank, Self::Margin, Self::Emd];

    /// The stable name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Huber => "huber",
            Self::Mse => "mse",
            Self::Mae => "mae",
            Self::Plcc => "plcc",
            Self::Rank => "rank",
            Self::Margin => "margin",
            Self::Emd => "emd",
        }
    }

    /// The kind with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A weighted sum of losses; a single kind is the sum with that kind alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// By the place of the kind in [`LossKind::ALL`]; finite, at least 0, not all 0.
    weights: [f64; LossKind::ALL.len()],
}

impl Loss {
    /// The sum of these kinds with these weights; a kind that stands twice counts with its last weight. Nothing when a
    /// weight is negative or not finite, or none is above zero.
    pub fn sum(terms: &[(LossKind, f64)]) -> Option<Self> {
        let mut weights = [0.0; LossKind::ALL.len()];
        terms.iter().for_each(|(kind, weight)| weights[*kind as usize] = *weight);
        let sound = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        (sound && weights.iter().any(|weight| *weight > 0.0)).then_some(Self { weights })
    }

    /// The kinds with a weight above zero, and the weight.
    pub fn terms(&self) -> impl Iterator<Item = (LossKind, f64)> {
        LossKind::ALL.into_iter().zip(self.weights).filter(|(_, weight)| *weight > 0.0)
    }

    /// The weight of a kind, 0 when it is no part.
    pub fn weight(&self, kind: LossKind) -> f64 {
        self.weights[kind as usize]
    }

    /// Whether it tells, of every photo, how high its score should be, and not only how scores relate.
    pub fn has_level(&self) -> bool {
        self.terms().any(|(kind, _)| matches!(kind, LossKind::Huber | LossKind::Mse | LossKind::Mae))
    }

    /// The kind, when it is one alone with weight 1.
    fn single(&self) -> Option<LossKind> {
        let mut terms = self.terms();
        match (terms.next(), terms.next()) {
            (Some((kind, 1.0)), None) => Some(kind),
            _ => None,
        }
    }
}

impl Default for Loss {
    fn default() -> Self {
        LossKind::default().into()
    }
}

impl From<LossKind> for Loss {
    fn from(kind: LossKind) -> Self {
        let mut weights = [0.0; LossKind::ALL.len()];
        weights[kind as usize] = 1.0;
        Self { weights }
    }
}

/// As people write it: `huber`, `huber + 0.5 plcc`.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (kind, weight)) in self.terms().enumerate() {
            let plus = if index > 0 { " + " } else { "" };
            let factor = if weight == 1.0 { String::new() } else { format!("{weight} ") };
            write!(f, "{plus}{factor}{}", kind.name())?;
        }
        Ok(())
    }
}

impl Serialize for Loss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(kind) = self.single() {
            return serializer.serialize_str(kind.name());
        }
        let mut map = serializer.serialize_map(None)?;
        for (kind, weight) in self.terms() {
            map.serialize_entry(kind.name(), &weight)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Written {
    fn kind<E: de::Error>(name: &str) -> Result<LossKind, E> {
        LossKind::parse(name).ok_or_else(|| {
            let known = LossKind::ALL.map(LossKind::name).join(", ");
            E::custom(format!("there is no loss {name:?}; known are {known}"))
        })
    }
}

impl<'de> Visitor<'de> for Written {
    type Value = Loss;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a loss such as \"huber\", or weights such as { huber = 1.0, plcc = 0.5 }")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Loss, E> {
        Self::kind(name).map(Loss::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loss, A::Error> {
        let mut terms = Vec::new();
        while let Some((name, weight)) = map.next_entry::<String, f64>()? {
            terms.push((Self::kind(&name)?, weight));
        }
        Loss::sum(&terms)
            .ok_or_else(|| de::Error::custom("weights of a loss must not be negative, and one must be above zero"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        loss: Loss,
    }

    fn read(text: &str) -> Result<Loss, String> {
        toml::from_str::<Holder>(text).map(|holder| holder.loss).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn names_and_sums_are_read_and_written_back() {
        let sum = Loss::sum(&[(LossKind::Rank, 0.5), (LossKind::Huber, 1.0)]).expect("sound");
        let cases = [
            ("loss = \"huber\"", Loss::from(LossKind::Huber), "huber"),
            ("loss = \"margin\"", Loss::from(LossKind::Margin), "margin"),
            ("loss = { huber = 1, rank = 0.5 }", sum, "huber + 0.5 rank"),
            (
                "loss = { huber = 1.0, emd = 0.5 }",
                Loss::sum(&[(LossKind::Huber, 1.0), (LossKind::Emd, 0.5)]).expect("sound"),
                "huber + 0.5 emd",
            ),
            ("loss = { mse = 1.0 }", Loss::from(LossKind::Mse), "mse"),
            ("loss = { mae = 2, plcc = 0.0 }", Loss::sum(&[(LossKind::Mae, 2.0)]).expect("sound"), "2 mae"),
        ];
        for (text, expected, shown) in cases {
            let loss = read(text).expect(text);
            assert_eq!((loss, loss.to_string().as_str()), (expected, shown), "{text}");
            let written = toml::to_string(&Holder { loss }).expect("writes");
            assert_eq!(read(&written).expect("reads back"), loss, "{written}");
            let json = serde_json::to_string(&loss).expect("writes");
            assert_eq!(serde_json::from_str::<Loss>(&json).expect("reads back"), loss, "{json}");
        }
        assert!(toml::to_string(&Holder { loss: LossKind::Mae.into() }).expect("writes").contains("loss = \"mae\""));
    }

    #[test]
    fn nonsense_is_refused_with_what_is_known() {
        for (text, says) in [
            ("loss = \"hubr\"", "huber, mse, mae, plcc, rank, margin, emd"),
            ("loss = { huber = 1.0, ssim = 1.0 }", "there is no loss \"ssim\""),
            ("loss = { huber = -1.0 }", "must not be negative"),
            ("loss = { huber = inf }", "must not be negative"),
            ("loss = { huber = 0.0 }", "above zero"),
            ("loss = {}", "above zero"),
            ("loss = 3", "{ huber = 1.0, plcc = 0.5 }"),
        ] {
            let message = read(text).expect_err(text);
            assert!(message.contains(says), "{text}: {message}");
        }
    }
}
