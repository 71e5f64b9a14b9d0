//! Measures that look at the order alone: ranks, pairs, thresholds.

use super::plcc_counted;

/// Values in order with their ties, worked out once.
#[derive(Debug, Clone)]
pub struct Order {
    /// Positions by rising value.
    sorted: Vec<usize>,
    /// Where each run of equal values ends in `sorted`.
    ends: Vec<usize>,
    /// The run that each value lies in.
    run: Vec<usize>,
}

impl Order {
    /// The order of values that are all finite.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted: Vec<usize> = (0..values.len()).collect();
        sorted.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut ends = Vec::new();
        let mut run = vec![0; values.len()];
        for (place, &index) in sorted.iter().enumerate() {
            run[index] = ends.len();
            let same = |&next: &usize| values[next] == values[index];
            if !sorted.get(place + 1).is_some_and(same) {
                ends.push(place + 1);
            }
        }
        Self { sorted, ends, run }
    }

    /// The runs of equal values, by rising value.
    fn runs(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| &self.sorted[start..end])
    }

    /// Ranks from 1 of values that count so often; equal values share the mean of their ranks.
    fn ranks(&self, counts: &[f64]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.sorted.len()];
        let mut before = 0.0;
        for run in self.runs() {
            let size: f64 = run.iter().map(|&index| counts[index]).sum();
            let shared = before + (size + 1.0) / 2.0;
            run.iter().for_each(|&index| ranks[index] = shared);
            before += size;
        }
        ranks
    }

    /// Pairs of equal values.
    fn tied_pairs(&self, counts: &[f64]) -> f64 {
        self.runs().map(|run| pairs(run.iter().map(|&index| counts[index]).sum())).sum()
    }
}

fn pairs(n: f64) -> f64 {
    n * (n - 1.0) / 2.0
}

/// [`super::srcc`] of pairs that count so often.
pub fn srcc_counted(x: &Order, y: &Order, counts: &[f64]) -> Option<f64> {
    if counts.iter().sum::<f64>() < 2.0 {
        return None;
    }
    plcc_counted(&x.ranks(counts), &y.ranks(counts), counts)
}

/// [`super::krcc`] of pairs that count so often, in `n·log n` steps: photos enter by rising x, and a Fenwick tree over
/// y tells how many earlier ones lie below and above.
pub fn krcc_counted(x: &Order, y: &Order, counts: &[f64]) -> Option<f64> {
    let mut below = Fenwick::new(y.ends.len());
    let (mut agreement, mut entered) = (0.0, 0.0);
    for run in x.runs() {
        for &index in run.iter().filter(|&&index| counts[index] > 0.0) {
            let less = below.sum(y.run[index]);
            let more = entered - below.sum(y.run[index] + 1);
            agreement += counts[index] * (less - more);
        }
        for &index in run.iter().filter(|&&index| counts[index] > 0.0) {
            below.add(y.run[index], counts[index]);
            entered += counts[index];
        }
    }
    let all = pairs(entered);
    let value = agreement / ((all - x.tied_pairs(counts)) * (all - y.tied_pairs(counts))).sqrt();
    value.is_finite().then(|| value.clamp(-1.0, 1.0))
}

/// [`super::auc`] of photos that count so often.
pub fn auc_counted(scores: &Order, good: &[bool], counts: &[f64]) -> Option<f64> {
    let (mut wins, mut bad_below, mut all_good) = (0.0, 0.0, 0.0);
    for run in scores.runs() {
        let (mut goods, mut bads) = (0.0, 0.0);
        run.iter().for_each(|&index| *if good[index] { &mut goods } else { &mut bads } += counts[index]);
        wins += goods * (bad_below + bads / 2.0);
        bad_below += bads;
        all_good += goods;
    }
    let pairs = all_good * bad_below;
    (pairs > 0.0).then(|| wins / pairs)
}

/// Among the pairs of these photos whose labels differ: how many the scores order as the labels do (equal scores count
/// half), and how many there are.
pub fn pairs_in_order(scores: &[f64], labels: &[f64], members: &[usize]) -> (f64, f64) {
    let (mut right, mut pairs) = (0.0, 0.0);
    for (place, &a) in members.iter().enumerate() {
        for &b in members[..place].iter().filter(|&&b| labels[a] != labels[b]) {
            let (label, score) = (labels[a] > labels[b], scores[a] - scores[b]);
            right += if score == 0.0 { 0.5 } else { f64::from((score > 0.0) == label) };
            pairs += 1.0;
        }
    }
    (right, pairs)
}

/// Prefix sums that can change (Fenwick 1994).
struct Fenwick {
    nodes: Vec<f64>,
}

impl Fenwick {
    fn new(size: usize) -> Self {
        Self { nodes: vec![0.0; size + 1] }
    }

    fn add(&mut self, place: usize, value: f64) {
        let mut node = place + 1;
        while node < self.nodes.len() {
            self.nodes[node] += value;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum of the first `places`.
    fn sum(&self, places: usize) -> f64 {
        let (mut node, mut sum) = (places, 0.0);
        while node > 0 {
            sum += self.nodes[node];
            node -= node & node.wrapping_neg();
        }
        sum
    }
}
