//! How far raters agree, as published: the intraclass correlations of Shrout and Fleiss (1979, Psychological Bulletin
//! 86:420) and Krippendorff's α (Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*).

use std::collections::BTreeMap;

use super::Rated;

/// Intraclass correlations, raters drawn at random from those there could be (two-way random effects, absolute agreement).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    /// ICC(2,1): one rater alone.
    pub single: f64,
    /// ICC(2,k): the mean of all raters.
    pub mean: f64,
    /// Photos that every one of them scored.
    pub photos: usize,
    /// Raters.
    pub raters: usize,
}

/// The intraclass correlations of a table, one row a photo and one column a rater; nothing with fewer than two photos or
/// raters, or when no score differs.
pub fn icc(rows: &[Vec<f64>]) -> Option<Icc> {
    let (n, k) = (rows.len(), rows.first()?.len());
    if n < 2 || k < 2 {
        return None;
    }
    let (photos, raters) = (n as f64, k as f64);
    let mean = rows.iter().flatten().sum::<f64>() / (photos * raters);
    let row_means: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / raters).collect();
    let column_means: Vec<f64> = (0..k).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / photos).collect();
    let squares = |means: &[f64]| means.iter().map(|own| (own - mean).powi(2)).sum::<f64>();
    let between = raters * squares(&row_means) / (photos - 1.0);
    let of_raters = photos * squares(&column_means) / (raters - 1.0);
    let residual = |photo: usize, rater: usize| rows[photo][rater] - row_means[photo] - column_means[rater] + mean;
    let rest: f64 = (0..n).flat_map(|photo| (0..k).map(move |rater| residual(photo, rater).powi(2))).sum();
    let error = rest / ((photos - 1.0) * (raters - 1.0));
    let single = between + (raters - 1.0) * error + raters * (of_raters - error) / photos;
    let average = between + (of_raters - error) / photos;
    let found = Icc { single: (between - error) / single, mean: (between - error) / average, photos: n, raters: k };
    (found.single.is_finite() && found.mean.is_finite()).then_some(found)
}

/// The table for [`icc`] from scores with gaps: the raters, most diligent first, that leave the most scores on photos
/// which all of them have.
pub fn complete(rated: &[Rated]) -> Vec<Vec<f64>> {
    let mut by_rater: BTreeMap<usize, BTreeMap<usize, f64>> = BTreeMap::new();
    for rated in rated {
        by_rater.entry(rated.rater).or_default().insert(rated.photo, rated.score);
    }
    let mut raters: Vec<_> = by_rater.into_values().collect();
    raters.sort_by_key(|scores| std::cmp::Reverse(scores.len()));
    let mut best: Vec<Vec<f64>> = Vec::new();
    for count in 2..=raters.len() {
        let some = &raters[..count];
        let photos = some[0].keys().filter(|photo| some.iter().all(|scores| scores.contains_key(photo)));
        let rows: Vec<Vec<f64>> = photos.map(|photo| some.iter().map(|scores| scores[photo]).collect()).collect();
        if rows.len() > 1 && rows.len() * count > best.len() * best.first().map_or(0, Vec::len) {
            best = rows;
        }
    }
    best
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Equal or not.
    Nominal,
    /// By rank.
    Ordinal,
    /// By difference.
    Interval,
}

/// Krippendorff's α of scores with gaps: 1 is perfect agreement, 0 is chance; nothing when no photo has two scores or no
/// score differs.
pub fn alpha(rated: &[Rated], level: Level) -> Option<f64> {
    let mut units: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    rated.iter().for_each(|rated| units.entry(rated.photo).or_default().push(rated.score));
    units.retain(|_, scores| scores.len() > 1);
    let mut all: Vec<f64> = units.values().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let mut values = all.clone();
    values.dedup();
    let counts: Vec<f64> = values.iter().map(|value| all.iter().filter(|one| *one == value).count() as f64).collect();
    let distance = Distance::new(level, &values, &counts);
    let place = |value: f64| values.partition_point(|known| *known < value);
    let mut observed = 0.0;
    for scores in units.values() {
        let places: Vec<usize> = scores.iter().map(|score| place(*score)).collect();
        let pairs = places.iter().enumerate().flat_map(|(at, one)| places[..at].iter().map(move |two| (*one, *two)));
        observed += 2.0 * pairs.map(|(one, two)| distance.between(one, two)).sum::<f64>() / (scores.len() as f64 - 1.0);
    }
    let n = all.len() as f64;
    let mut expected = 0.0;
    for one in 0..values.len() {
        expected += 2.0 * (0..one).map(|two| counts[one] * counts[two] * distance.between(one, two)).sum::<f64>();
    }
    (expected > 0.0).then(|| 1.0 - observed * (n - 1.0) / expected)
}

/// Squared distances between values, by their places.
enum Distance {
    Nominal,
    /// Places on a line.
    Line(Vec<f64>),
}

impl Distance {
    fn new(level: Level, values: &[f64], counts: &[f64]) -> Self {
        match level {
            Level::Nominal => Self::Nominal,
            Level::Interval => Self::Line(values.to_vec()),
            // The ranks between two values, half of their own counted: the middle rank of each.
            Level::Ordinal => {
                let mut before = 0.0;
                let middle = |count: &f64| {
                    before += count;
                    before - count / 2.0
                };
                Self::Line(counts.iter().map(middle).collect())
            }
        }
    }

    fn between(&self, one: usize, two: usize) -> f64 {
        match self {
            Self::Nominal => f64::from(u8::from(one != two)),
            Self::Line(places) => (places[one] - places[two]).powi(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 5e-7), "{found:?} is not {expected}");
    }

    fn rated(rows: &[&[i32]]) -> Vec<Rated> {
        let all = rows.iter().enumerate();
        let all = all.flat_map(|(photo, row)| row.iter().enumerate().map(move |(rater, score)| (photo, rater, *score)));
        let all = all.filter(|(.., score)| *score >= 0);
        all.map(|(photo, rater, score)| Rated { photo, rater, score: f64::from(score) }).collect()
    }

    /// Shrout and Fleiss 1979, table 2: ICC(2,1) is .29, ICC(2,4) is .62; the digits beyond are pingouin's (0.7).
    #[test]
    fn the_published_table_has_the_published_correlations() {
        let table = [
            [9., 2., 5., 8.],
            [6., 1., 3., 2.],
            [8., 4., 6., 8.],
            [7., 1., 2., 6.],
            [10., 5., 6., 9.],
            [6., 2., 4., 7.],
        ];
        let found = icc(&table.map(|row| row.to_vec())).expect("correlations");
        near(Some(found.single), 0.289_764);
        near(Some(found.mean), 0.620_051);
        assert_eq!((found.photos, found.raters), (6, 4));
        assert_eq!(icc(&[vec![1.0, 1.0], vec![1.0, 1.0]]), None, "no score differs");
    }

    /// Krippendorff 2011, section C: four observers, twelve units, gaps; α nominal is .743, ordinal .815, interval .849.
    #[test]
    fn the_published_data_have_the_published_alpha() {
        let units: [&[i32]; 12] = [
            &[1, 1, -1, 1],
            &[2, 2, 3, 2],
            &[3, 3, 3, 3],
            &[3, 3, 3, 3],
            &[2, 2, 2, 2],
            &[1, 2, 3, 4],
            &[4, 4, 4, 4],
            &[1, 1, 2, 1],
            &[2, 2, 2, 2],
            &[-1, 5, 5, 5],
            &[-1, -1, 1, 1],
            &[-1, 3, -1, -1],
        ];
        let rated = rated(&units);
        near(alpha(&rated, Level::Nominal), 0.743_421_052);
        near(alpha(&rated, Level::Ordinal), 0.815_387_503);
        near(alpha(&rated, Level::Interval), 0.849_107_142);
    }

    /// Computed by the packages krippendorff 0.9 and pingouin 0.7.
    #[test]
    fn scores_from_0_to_100_agree_with_other_programmes() {
        let full: [[i32; 3]; 12] = [
            [67, 66, 40],
            [81, 81, 73],
            [63, 61, 54],
            [5, 16, 0],
            [57, 61, 33],
            [4, 3, 0],
            [15, 24, 0],
            [65, 78, 37],
            [28, 17, 23],
            [98, 100, 73],
            [80, 75, 90],
            [39, 42, 42],
        ];
        let rows: Vec<Vec<f64>> = full.iter().map(|row| row.iter().map(|score| f64::from(*score)).collect()).collect();
        let found = icc(&rows).expect("correlations");
        near(Some(found.single), 0.875_966);
        near(Some(found.mean), 0.954_929);
        let mut gaps = full;
        for (photo, rater) in [(2, 1), (5, 0), (7, 2), (9, 0), (9, 1)] {
            gaps[photo][rater] = -1;
        }
        let rated = rated(&gaps.iter().map(<[_; 3]>::as_slice).collect::<Vec<_>>());
        near(alpha(&rated, Level::Interval), 0.894_520_816);
        near(alpha(&rated, Level::Ordinal), 0.882_208_361);
        assert_eq!(complete(&rated).len(), 8, "the photos that all three scored");
    }

    #[test]
    fn nothing_in_common_agrees_on_nothing() {
        let lone = rated(&[&[4, -1], &[-1, 7]]);
        assert_eq!((alpha(&lone, Level::Interval), complete(&lone).len()), (None, 0));
    }
}
