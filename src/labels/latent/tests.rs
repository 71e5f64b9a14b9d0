//! The fusion against SciPy's optimiser and against simulated panels whose truth is known.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;
use Preference::{Better, Tie, Worse};

fn duel(first: usize, second: usize, preference: Preference) -> Duel {
    Duel { first, second, preference }
}

/// Expected values: the same posterior maximised by SciPy 1.17 (BFGS), its curvature by central differences, the mutual
/// information by integration over 20,001 points.
#[test]
fn it_agrees_with_another_optimiser() {
    let known = [(60.0, 20.0), (50.0, 20.0), (40.0, 20.0), (70.0, 10.0), (30.0, 25.0)];
    let evidence = Evidence {
        beliefs: known.iter().map(|(mean, deviation)| Belief::new(*mean, *deviation)).collect(),
        duels: vec![
            duel(0, 1, Better),
            duel(0, 1, Better),
            duel(0, 1, Tie),
            duel(1, 2, Worse),
            duel(1, 2, Better),
            duel(3, 0, Tie),
            duel(3, 0, Better),
            duel(4, 2, Worse),
            duel(4, 3, Worse),
            duel(2, 0, Better),
            duel(1, 3, Tie),
        ],
        noise: Noise::default(),
    };
    let found = Posterior::new(evidence);
    for (quality, expected) in found.means.iter().zip([57.180_324, 49.461_333, 55.697_497, 68.133_086, 22.387_686]) {
        assert!((quality - expected).abs() < 1e-4, "{:?}", found.means);
    }
    for (photo, expected) in [10.979_508, 11.409_226, 12.613_385, 8.799_990, 20.860_725].into_iter().enumerate() {
        assert!((found.deviation(photo) - expected).abs() < 1e-3, "{photo}: {}", found.deviation(photo));
    }
    assert!((found.difference(0, 1).1 - 10.303_489).abs() < 1e-3);
    assert!((found.gain(0, 1) - 0.119_194).abs() < 2e-4, "{}", found.gain(0, 1));
    // Both integrate numerically, by other rules.
    assert!((found.gain(3, 4) - 0.134_556).abs() < 5e-4, "{}", found.gain(3, 4));
}

#[test]
fn chances_are_chances_however_far_apart() {
    for difference in [-2000.0, -3.0, 0.0, 0.7, 500.0] {
        let [better, tie, worse] = chances(difference, 0.5);
        assert!((better + tie + worse - 1.0).abs() < 1e-12 && better >= 0.0 && worse >= 0.0);
        assert!(if difference > 0.0 { better > worse } else { better <= worse });
    }
    assert!((chances(0.0, 0.5)[1] - 0.2).abs() < 1e-12, "equals tie one time in five");
}

/// A world whose qualities are known.
struct World {
    rng: ChaCha8Rng,
    truth: Vec<f64>,
    noise: Noise,
}

impl World {
    fn new(seed: u64, photos: usize) -> Self {
        let mut world = Self { rng: ChaCha8Rng::seed_from_u64(seed), truth: Vec::new(), noise: Noise::default() };
        world.truth = (0..photos).map(|_| 50.0 + 18.0 * world.normal()).collect();
        world
    }

    fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, turn) = ((-2.0 * (1.0 - self.uniform()).ln()).sqrt(), std::f64::consts::TAU * self.uniform());
        radius * turn.cos()
    }

    /// A score on five levels, in points.
    fn score(&mut self, photo: usize) -> f64 {
        let felt = self.truth[photo] + self.noise.score * self.normal();
        (felt / 25.0).round().clamp(0.0, 4.0) * 25.0
    }

    fn compare(&mut self, first: usize, second: usize) -> Preference {
        let difference = (self.truth[first] - self.truth[second]) / self.noise.pair_scale();
        let [better, tie, _] = chances(difference, self.noise.ties);
        let drawn = self.uniform();
        if drawn < better {
            Better
        } else if drawn < better + tie {
            Tie
        } else {
            Worse
        }
    }

    fn any_two(&mut self) -> (usize, usize) {
        let n = self.truth.len();
        let first = (self.uniform() * n as f64) as usize;
        let second = (first + 1 + (self.uniform() * (n - 1) as f64) as usize) % n;
        (first, second)
    }

    fn error(&self, qualities: &[f64]) -> f64 {
        let squares: f64 = self.truth.iter().zip(qualities).map(|(truth, found)| (truth - found).powi(2)).sum();
        (squares / self.truth.len() as f64).sqrt()
    }

    /// The share of pairs in the right order.
    fn in_order(&self, qualities: &[f64]) -> f64 {
        let n = self.truth.len();
        let pairs = (0..n).flat_map(|a| (0..a).map(move |b| (a, b)));
        let right = pairs.filter(|&(a, b)| (self.truth[a] - self.truth[b]) * (qualities[a] - qualities[b]) > 0.0);
        right.count() as f64 / (n * (n - 1) / 2) as f64
    }
}

/// Scores and pairs together come closer to the truth than either alone, and where they say they do.
#[test]
fn the_fusion_recovers_a_simulated_truth() {
    let (mut alone, mut fused, mut of_pairs) = (0.0, 0.0, 0.0);
    let (mut inside, mut photos, mut bias) = (0, 0, 0.0);
    for seed in 0..12 {
        let mut world = World::new(seed, 40);
        let scores: Vec<f64> = (0..40).map(|photo| world.score(photo)).collect();
        let duels: Vec<Duel> = (0..240)
            .map(|_| {
                let (first, second) = world.any_two();
                Duel { first, second, preference: world.compare(first, second) }
            })
            .collect();
        // Rounding to five levels adds the deviation of a uniform distribution of 25 points.
        let deviation = (world.noise.score.powi(2) + 25.0_f64.powi(2) / 12.0).sqrt();
        let vague = Belief::new(50.0, 18.0);
        let scored: Vec<Belief> = scores.iter().map(|score| Belief::new(*score, deviation).and(vague)).collect();
        let evidence = |beliefs, duels| Evidence { beliefs, duels, noise: Noise::default() };
        let posterior = Posterior::new(evidence(scored.clone(), duels.clone()));
        alone += world.error(&evidence(scored, Vec::new()).fit().0);
        of_pairs += world.error(&evidence(vec![vague; 40], duels).fit().0);
        fused += world.error(&posterior.means);
        for (photo, truth) in world.truth.iter().enumerate() {
            let off = truth - posterior.means[photo];
            inside += usize::from(off.abs() < 1.645 * posterior.deviation(photo));
            bias += off;
            photos += 1;
        }
    }
    let [alone, fused, of_pairs] = [alone, fused, of_pairs].map(|sum| sum / 12.0);
    let coverage = inside as f64 / photos as f64;
    assert!(fused < 0.75 * alone && fused < of_pairs, "scores {alone}, pairs {of_pairs}, both {fused}");
    assert!((0.86..0.94).contains(&coverage), "90 % intervals hold {coverage}");
    assert!((bias / photos as f64).abs() < 1.0, "{bias}");
}

/// Pairs that are chosen order photos with fewer votes than random ones; and what is said about the order is true.
#[test]
fn chosen_pairs_tell_more_and_the_order_is_as_settled_as_it_is_said_to_be() {
    let (mut chosen, mut random, mut said, mut true_share) = (0.0, 0.0, 0.0, 0.0);
    let worlds = 24;
    for seed in 100..100 + worlds {
        let photos = 16;
        let mut world = World::new(seed, photos);
        // What a model predicts whose intervals hold what they promise.
        let predicted: Vec<f64> = (0..photos).map(|_| 50.0 + 12.0 * world.normal()).collect();
        let truth = predicted.iter().map(|mean| mean + 14.0 * world.normal()).collect();
        world.truth = truth;
        let beliefs: Vec<Belief> = predicted.iter().map(|mean| Belief::new(*mean, 14.0)).collect();
        for active in [true, false] {
            let mut evidence = Evidence { beliefs: beliefs.clone(), duels: Vec::new(), noise: Noise::default() };
            for _ in 0..60 {
                let (first, second) = if active {
                    let (a, b, _) = Posterior::new(evidence.clone()).best_pairs(1, |_, _| false)[0];
                    (a, b)
                } else {
                    world.any_two()
                };
                evidence.duels.push(Duel { first, second, preference: world.compare(first, second) });
            }
            let posterior = Posterior::new(evidence);
            let right = world.in_order(&posterior.means);
            if active {
                chosen += right;
                said += posterior.settled();
                true_share += right;
            } else {
                random += right;
            }
        }
    }
    let [chosen, random, said, true_share] = [chosen, random, said, true_share].map(|sum| sum / worlds as f64);
    assert!(chosen > random, "chosen {chosen}, random {random}");
    assert!((said - true_share).abs() < 0.02, "said {said}, is {true_share}");
}

#[test]
fn many_photos_with_few_pairs_each_are_quick_and_exact() {
    let mut world = World::new(7, 3000);
    let duels: Vec<Duel> = (0..9000)
        .map(|_| {
            let (first, second) = world.any_two();
            Duel { first, second, preference: world.compare(first, second) }
        })
        .collect();
    let evidence = Evidence { beliefs: vec![Belief::new(50.0, 18.0); 3000], duels, noise: Noise::default() };
    let (qualities, evidence) = evidence.fit();
    let curve = solve::Curve::at(&evidence, &qualities);
    assert!(curve.gradient.iter().all(|slope| slope.abs() < 1e-6), "the maximum");
    assert!((evidence.noise.ties - TIES).abs() < 0.1, "ν is found: {}", evidence.noise.ties);
    assert!(world.in_order(&qualities) > 0.75);
}

#[test]
fn noise_is_learnt_from_repeated_scores() {
    let differences = [30.0, -20.0].repeat(200);
    let noise = Noise::of_differences(&differences);
    assert!((noise.score - 18.0).abs() < 0.4, "{}", noise.score);
    assert_eq!(Noise::of_differences(&[]).score, NOISE);
}
