//! The head of a pre-trained network learns again: on the finished trunk, from new copies of the photos.
//!
//! While the trunk moves, the head follows in small steps, and hardly at all along what hardly varies in its thousand and
//! more features, many of which say nearly the same. Here the features stand still (representation first, decision
//! afterwards: Kang et al. 2020, "Decoupling representation and classifier"), and are turned and stretched until they vary
//! alike in every direction (ZCA whitening: Bell and Sejnowski 1997), less so where they hardly vary at all. The turn is
//! folded into the weights of the hidden layer: the network stays as it was built.

use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::Schedule;
use super::linear::{Matrix, product, product_transposed, symmetric_eigen, transposed_product};
use super::pretrain_losses::{self, Targets};
use super::replay::Ladder;
use super::shuffle::shuffle;
use super::{learner, losses};
use crate::data::{PseudoLabel, RUNGS};
use crate::domain::Calibration;
use crate::error::Result;
use crate::jobs::{self, Control};
use crate::nn::{Head, Network};
use crate::preprocess;

/// The head learns from one new ladder for so many that the trunk has learnt from, and from at most so many.
const LEARNT_FOR_ONE: u64 = 6;
const MOST_LADDERS: u64 = 4096;
/// How often each is learnt from, and how many a step.
const EPOCHS: u64 = 6;
const LADDERS_A_STEP: usize = 32;
const LEARNING_RATE: f64 = 1e-3;
const WEIGHT_DECAY: f32 = 0.01;
/// What the error of the strengths of visible flaws counts.
const STRENGTHS_WEIGHT: f64 = 0.3;
/// Added to the variance of every direction, features having one of 1: what varies less is noise for the most part.
/// Chosen on 350 ladders of held-out photos in the middle of a run, where .01, .1 and 1 gave an SRCC of .798, .801 and .796
/// (.745 before).
const VARIANCE_FLOOR: f64 = 0.1;
/// Added to the deviation of every feature.
const DEVIATION_FLOOR: f64 = 1e-3;
/// The order of the photos draws from another stream of random numbers than anything else.
const SEED: u64 = 0x0072_6566_6974;

/// Ladders that a head learns from behind a trunk that has learnt from so many.
pub(super) fn ladders(learnt: u64) -> u64 {
    (learnt / LEARNT_FOR_ONE).clamp(1, MOST_LADDERS)
}

/// What a finished trunk says of photos, ladder after ladder.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What the head reads, row after row.
    rows: Vec<f32>,
    /// What the cells add to the score.
    cells: Vec<f32>,
    labels: Vec<PseudoLabel>,
}

impl Seen {
    pub(super) fn push(&mut self, network: &Network, ladder: &Ladder, device: &Device) {
        let views = preprocess::batch(ladder.iter().map(|made| &made.views), RUNGS, device);
        let (rows, cells) = network.read(views);
        self.rows.extend(rows.into_data().iter::<f32>());
        self.cells.extend(cells.into_data().iter::<f32>());
        self.labels.extend(ladder.iter().map(|made| made.label));
    }

    pub(super) fn ladders(&self) -> u64 {
        (self.labels.len() / RUNGS) as u64
    }
}

/// How a head learns again.
pub(super) struct Refit<'a> {
    pub(super) seed: u64,
    /// Standardises the labels.
    pub(super) calibration: Calibration,
    /// Without autodiff.
    pub(super) device: &'a Device,
}

impl Refit<'_> {
    /// `network` with a head that has learnt from `seen`, or as it was when there are fewer photos than features; nothing when
    /// a stop was asked for.
    ///
    /// # Errors
    /// When a feature or the loss is not a number.
    pub(super) fn network(&self, network: Network, seen: Seen, control: &Control) -> Result<Option<Network>> {
        let Seen { rows, cells, labels } = seen;
        let width = rows.len() / labels.len().max(1);
        if labels.len() < width {
            return Ok(Some(network));
        }
        let Ok(found) = jobs::aside(control, move || Coordinates::of(rows, width))? else { return Ok(None) };
        let (coordinates, rows) = found?;
        let [there, back] = [&coordinates.there, &coordinates.back].map(|matrix| {
            Tensor::<2>::from_data(TensorData::new(single(matrix.values()), [width, width]), self.device)
        });
        let means = Tensor::<1>::from_data(single(&coordinates.means).as_slice(), self.device);
        let away = (means.clone().unsqueeze::<2>().matmul(there.clone()) * -1.0).squeeze_dim::<1>(0);
        let head = network.head().turned(back, means);
        let Some(head) = self.learn(head, &Seen { rows, cells, labels }, control)? else { return Ok(None) };
        Ok(Some(network.with_head(head.turned(there, away))))
    }

    /// The head after it has learnt from what was seen; nothing when a stop was asked for.
    fn learn(&self, head: Head, seen: &Seen, control: &Control) -> Result<Option<Head>> {
        let mut order: Vec<usize> = (0..seen.labels.len() / RUNGS).collect();
        let steps = EPOCHS * order.len().div_ceil(LADDERS_A_STEP) as u64;
        let schedule = Schedule { peak: LEARNING_RATE, steps, warmup: 0.05 };
        let mut optimiser = AdamWConfig::new().with_weight_decay(WEIGHT_DECAY).init();
        let (mut head, mut rng, mut step) = (head.train(), ChaCha8Rng::seed_from_u64(self.seed ^ SEED), 0);
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut rng);
            for ladders in order.chunks(LADDERS_A_STEP) {
                if control.checkpoint().is_err() {
                    return Ok(None);
                }
                let loss = self.loss(&head, seen, ladders);
                let gradients = GradientsParams::from_grads(loss.backward(), &head);
                learner::finite(f64::from(loss.into_scalar::<f32>()), step)?;
                head = optimiser.step(schedule.rate(step), head, gradients);
                step += 1;
            }
        }
        Ok(Some(head.valid()))
    }

    /// The loss of some ladders, as `[1]`.
    fn loss(&self, head: &Head, seen: &Seen, ladders: &[usize]) -> Tensor<1> {
        let device = self.device.clone().autodiff();
        let width = seen.rows.len() / seen.labels.len().max(1);
        let places = || ladders.iter().flat_map(|ladder| ladder * RUNGS..(ladder + 1) * RUNGS);
        let rows: Vec<f32> =
            places().flat_map(|place| &seen.rows[place * width..(place + 1) * width]).copied().collect();
        let cells: Vec<f32> = places().map(|place| seen.cells[place]).collect();
        let labels: Vec<PseudoLabel> = places().map(|place| seen.labels[place]).collect();
        let rows = Tensor::from_data(TensorData::new(rows, [labels.len(), width]), &device);
        let outputs = head.outputs(rows, Tensor::from_data(cells.as_slice(), &device));
        let targets = Targets::of(&labels, self.calibration, &device);
        let (strengths, present) = (targets.strengths.clone(), targets.present.clone());
        losses::where_present(outputs.severities.clone(), strengths, present) * STRENGTHS_WEIGHT
            + pretrain_losses::loss(outputs, &targets, RUNGS)
    }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Coordinates in which rows vary about alike in every direction: `(row − means) · there`, and `· back + means` again.
#[derive(Debug)]
struct Coordinates {
    means: Vec<f64>,
    there: Matrix,
    back: Matrix,
}

impl Coordinates {
    /// Those for these rows of `width` values, and the rows in them.
    fn of(rows: Vec<f32>, width: usize) -> Result<(Self, Vec<f32>)> {
        let count = rows.len() / width;
        let mut centred = Matrix::from_fn(count, width, |row, column| f64::from(rows[row * width + column]));
        drop(rows);
        let means = centred.means();
        centred.centre(&means);
        let covariance = transposed_product(&centred, &centred);
        let variance = |column: usize| covariance.row(column)[column] / count as f64;
        let scales: Vec<f64> = (0..width).map(|column| variance(column).sqrt() + DEVIATION_FLOOR).collect();
        let scaled =
            |row: usize, column: usize| covariance.row(row)[column] / (count as f64 * scales[row] * scales[column]);
        let eigen = symmetric_eigen(&Matrix::from_fn(width, width, scaled))?;
        let stretch: Vec<f64> = eigen.values.iter().map(|value| (value.max(0.0) + VARIANCE_FLOOR).sqrt()).collect();
        // U · diag(stretch^power) · Uᵀ
        let turned = |power: i32| {
            let left = Matrix::from_fn(width, width, |row, column| {
                eigen.vectors.row(row)[column] * stretch[column].powi(power)
            });
            product_transposed(&left, &eigen.vectors)
        };
        let (narrow, wide) = (turned(-1), turned(1));
        let there = Matrix::from_fn(width, width, |row, column| narrow.row(row)[column] / scales[row]);
        let back = Matrix::from_fn(width, width, |row, column| wide.row(row)[column] * scales[column]);
        let rows = single(product(&centred, &there).values());
        Ok((Self { means, there, back }, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{self, DEFECTS, VIEW_EDGE, VIEWS};

    /// Ladders of features that say how good a photo is in a direction that hardly varies.
    fn seen(network: &Network, ladders: usize, salt: f32) -> Seen {
        let width = network.read(Tensor::zeros([1, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], &Device::flex())).0.dims()[1];
        let count = ladders * RUNGS;
        let wave = |place: usize, at: usize| ((place * 31 + at * 17) as f32 * 0.71 + salt).sin();
        let quality = |place: usize| f64::from(0.5 + 0.45 * wave(place, 5));
        let row = |place: usize| {
            (0..width).map(move |at| {
                let shared = wave(place, 1) + 0.02 * wave(place, at + 40);
                if at % 7 == 0 { shared + 0.1 * quality(place) as f32 } else { shared }
            })
        };
        let label = |place: usize| PseudoLabel {
            quality: quality(place),
            strengths: std::array::from_fn(|kind| if kind == place % DEFECTS { 0.6 } else { 0.0 }),
        };
        Seen {
            rows: (0..count).flat_map(row).collect(),
            cells: (0..count).map(|place| 0.1 * wave(place, 9)).collect(),
            labels: (0..count).map(label).collect(),
        }
    }

    fn scores(network: &Network, seen: &Seen) -> Vec<f64> {
        let width = seen.rows.len() / seen.labels.len();
        let data = TensorData::new(seen.rows.clone(), [seen.labels.len(), width]);
        let rows = Tensor::<2>::from_data(data, &Device::flex());
        let cells = Tensor::<1>::from_data(seen.cells.as_slice(), &Device::flex());
        network.head().outputs(rows, cells).score.into_data().iter::<f32>().map(f64::from).collect()
    }

    fn refit(seed: u64, device: &Device) -> Refit<'_> {
        Refit { seed, calibration: Calibration { mean: 50.0, std: 25.0 }, device }
    }

    #[test]
    fn a_head_learns_what_hardly_varies_and_repeats_with_its_seed() {
        let device = Device::flex();
        let network = || nn::fresh("cnn-xs", 1, &device).expect("known");
        let control = Control::default();
        let learn = |seed| {
            let seen = seen(&network(), 600, 0.0);
            refit(seed, &device).network(network(), seen, &control).expect("learns").expect("to its end")
        };
        let others = seen(&network(), 40, 0.3);
        let labels: Vec<f64> = others.labels.iter().map(|label| label.quality).collect();
        let srcc = |network: &Network| crate::train::metrics::srcc(&scores(network, &others), &labels).unwrap_or(0.0);
        let learnt = learn(4);
        assert!(srcc(&learnt) > srcc(&network()) + 0.3, "{} {}", srcc(&network()), srcc(&learnt));
        assert_eq!(scores(&learn(4), &others), scores(&learnt, &others));
        assert_ne!(scores(&learn(5), &others), scores(&learnt, &others));
        control.cancel();
        assert!(refit(4, &device).network(network(), seen(&network(), 120, 0.0), &control).expect("stops").is_none());
    }

    #[test]
    fn coordinates_lead_there_and_back_and_their_rows_vary_alike() {
        let (count, width) = (400, 6);
        let value = |row: usize, column: usize| {
            let wave = |at: usize| ((row * row + 3) as f32 * (at as f32 * 0.37 + 0.11)).sin();
            3.0 + (wave(0) + 0.5 * wave(column + 1)) * 10.0_f32.powi(column as i32 % 3 - 1)
        };
        let rows: Vec<f32> = (0..count * width).map(|at| value(at / width, at % width)).collect();
        let (found, turned) = Coordinates::of(rows.clone(), width).expect("finds");
        let row = |at: usize| Matrix::from_fn(1, width, |_, column| f64::from(turned[at * width + column]));
        for at in [0, 17, 399] {
            let back = product(&row(at), &found.back);
            for column in 0..width {
                let there = back.row(0)[column] + found.means[column];
                assert!((there - f64::from(rows[at * width + column])).abs() < 1e-4, "row {at}, column {column}");
            }
        }
        for column in 0..width {
            let square: f32 = (0..count).map(|at| turned[at * width + column].powi(2)).sum();
            let variance = square / count as f32;
            assert!((0.4..1.1).contains(&variance), "column {column}: {variance}");
        }
    }

    #[test]
    fn a_turned_head_says_the_same_of_turned_rows() {
        let device = Device::flex();
        let network = nn::fresh("cnn-xs", 3, &device).expect("known");
        let mut seen = seen(&network, 8, 0.0);
        let (count, width) = (seen.labels.len(), seen.rows.len() / seen.labels.len());
        let numbers = |count: usize, salt: f32| -> Vec<f32> {
            (0..count).map(|at| 0.05 * ((at as f32 + salt) * 0.77).sin()).collect()
        };
        let turn = Tensor::<2>::from_data(TensorData::new(numbers(width * width, 0.0), [width, width]), &device);
        let shift = Tensor::<1>::from_data(numbers(width, 5.0).as_slice(), &device);
        let turned = network.clone().with_head(network.head().turned(turn.clone(), shift.clone()));
        let found = scores(&turned, &seen);
        let rows = Tensor::<2>::from_data(TensorData::new(seen.rows, [count, width]), &device);
        seen.rows = (rows.matmul(turn) + shift.unsqueeze::<2>()).into_data().iter::<f32>().collect();
        for (found, expected) in found.iter().zip(scores(&network, &seen)) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn few_photos_leave_a_head_as_it_is_and_numbers_that_are_none_are_an_error() {
        let device = Device::flex();
        let network = || nn::fresh("cnn-xs", 1, &device).expect("known");
        let control = Control::default();
        let few = seen(&network(), 3, 0.0);
        let kept = refit(1, &device).network(network(), seen(&network(), 3, 0.0), &control).expect("keeps");
        assert_eq!(scores(&kept.expect("a network"), &few), scores(&network(), &few));
        let mut broken = seen(&network(), 120, 0.0);
        broken.cells[7] = f32::NAN;
        let error = refit(1, &device).network(network(), broken, &control).expect_err("refuses");
        assert!(error.summary.contains("NaN"), "{error}");
    }
}
