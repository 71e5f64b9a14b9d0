//! A network that learns: its weights, their slow average, the optimiser and the schedule, one step at a time.
//!
//! Shared by training on labels and pre-training. Must not know where photos and targets come from.

use burn::module::{Module as _, ModuleVisitor, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;

use super::Schedule;
use super::average::moved;
use super::checkpoint::{Checkpoint, Position};
use crate::config::{Learns, OptimiserKind};
use crate::error::{Code, Error, Result};
use crate::nn::Network;

/// How weights move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// The rule.
    pub optimiser: OptimiserKind,
    /// Decay of the weights a step, decoupled; AdamW's alone.
    pub weight_decay: f64,
    /// Gradients longer than this, over all weights together, are shortened to it; 0 leaves them.
    pub clip: f64,
    /// Decay of the slow average a step; 0 keeps none.
    pub average: f64,
    /// The learning rate.
    pub schedule: Schedule,
}

impl Descent {
    fn init(&self) -> ModuleOptimizer {
        match self.optimiser {
            OptimiserKind::Adamw => AdamWConfig::new().with_weight_decay(self.weight_decay as f32).init(),
            OptimiserKind::Sgd => {
                let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0).with_nesterov(true);
                SgdConfig::new().with_momentum(Some(momentum)).init()
            }
        }
    }
}

/// A network that learns.
pub struct Learner {
    network: Network,
    average: Network,
    optimiser: ModuleOptimizer,
    descent: Descent,
}

impl Learner {
    /// Begins with `network` (with autodiff), or goes on with the checkpoint when there is one; and where it stands.
    ///
    /// # Errors
    /// When the checkpoint is damaged.
    pub fn new(network: Network, descent: Descent, checkpoint: Checkpoint<'_>) -> Result<(Self, Position)> {
        let average = network.valid();
        let fresh = Self { network, average, optimiser: descent.init(), descent };
        if !checkpoint.exists()? {
            return Ok((fresh, Position::default()));
        }
        let (network, average, optimiser, position) = checkpoint.load(fresh.network, fresh.average, fresh.optimiser)?;
        Ok((Self { network, average, optimiser, descent }, position))
    }

    /// The same, but only the named part of the network learns.
    pub(super) fn learning(self, part: Learns) -> Self {
        Self { network: self.network.learning(part), ..self }
    }

    /// The rates of the steps.
    pub(super) fn schedule(&self) -> &Schedule {
        &self.descent.schedule
    }

    /// One step (`step` is 0-based) down the sum of `parts`: each a share and a loss of the network, computed one after
    /// the other so that only one part is in memory at a time. Returns the loss.
    ///
    /// # Errors
    /// When the loss is not a number.
    pub fn step<L: FnOnce(&Network) -> Tensor<1>>(
        &mut self,
        step: u64,
        parts: impl Iterator<Item = (f64, L)>,
    ) -> Result<f64> {
        let (mut gradients, mut sum) = (GradientsAccumulator::new(), 0.0);
        for (share, loss) in parts {
            let loss = loss(&self.network) * share;
            gradients.accumulate(&self.network, GradientsParams::from_grads(loss.backward(), &self.network));
            // The CPU waits for the device here.
            sum += f64::from(loss.into_scalar::<f32>());
        }
        finite(sum, step)?;
        let mut gradients = gradients.grads();
        if self.descent.clip > 0.0 {
            shorten(&self.network, &mut gradients, self.descent.clip);
        }
        let rate = self.descent.schedule.rate(step);
        self.network = self.optimiser.step(rate, self.network.clone(), gradients);
        if self.descent.average > 0.0 {
            // Early weights are far off: the average forgets them quickly at first.
            let decay = self.descent.average.min((1.0 + step as f64) / (10.0 + step as f64));
            self.average = moved(self.average.clone(), &self.network.valid(), decay);
        }
        Ok(sum)
    }

    /// The network to score with: the slow average, or the last weights when none is kept.
    pub(super) fn scoring(&self) -> Network {
        if self.descent.average > 0.0 { self.average.clone() } else { self.network.valid() }
    }

    /// Writes everything that is needed to go on.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn save(&self, checkpoint: Checkpoint<'_>, position: &Position) -> Result<()> {
        checkpoint.save(&self.network, &self.average, &self.optimiser, position)
    }
}

/// Refuses a loss that is not a number.
pub(super) fn finite(loss: f64, step: u64) -> Result<()> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(Error::new(Code::BadData, format!("the loss became {loss} at step {step}"))
        .hint("Try a lower learning rate, for example a fifth of this one."))
}

/// Scales gradients so that their common length is at most `longest` (Pascanu, Mikolov and Bengio 2013).
fn shorten(network: &Network, gradients: &mut GradientsParams, longest: f64) {
    let mut squares = Squares { gradients, sum: None };
    network.visit(&mut squares);
    let Some(sum) = squares.sum else { return };
    let scale = (sum.sqrt() + 1e-12).recip().mul_scalar(longest).clamp_max(1.0);
    network.visit(&mut Scale { gradients, scale });
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let square = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    scale: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register::<D>(param.id, gradient * self.scale.clone().unsqueeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::nn::{self, VIEW_EDGE, VIEWS};

    fn learner(optimiser: OptimiserKind, clip: f64) -> Learner {
        learner_of("cnn-xs", optimiser, clip)
    }

    fn learner_of(architecture: &str, optimiser: OptimiserKind, clip: f64) -> Learner {
        let folder = tempfile::tempdir().expect("temp dir");
        let checkpoint = folder.path().join("none");
        let schedule = Schedule { peak: 1e-3, steps: 10, warmup: 0.0 };
        let descent = Descent { optimiser, weight_decay: 0.0, clip, average: 0.5, schedule };
        let network = nn::fresh(architecture, 1, &Device::flex().autodiff()).expect("known");
        Learner::new(network, descent, Checkpoint { folder: &checkpoint }).expect("builds").0
    }

    fn views(brightness: f32) -> Tensor<5> {
        Tensor::full([2, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], brightness, &Device::flex().autodiff())
    }

    fn loss(network: &Network) -> Tensor<1> {
        (network.forward(views(0.2)) - 3.0).square().mean()
    }

    #[test]
    fn parts_add_up_to_the_whole_and_both_rules_go_downhill() {
        for optimiser in [OptimiserKind::Adamw, OptimiserKind::Sgd] {
            let (mut whole, mut parts) = (learner(optimiser, 0.0), learner(optimiser, 0.0));
            let first = whole.step(0, [(1.0, loss)].into_iter()).expect("steps");
            let halves = parts.step(0, [(0.5, loss), (0.5, loss)].into_iter()).expect("steps");
            assert!((first - halves).abs() < 1e-4 * first, "{first} {halves}");
            let second = whole.step(1, [(1.0, loss)].into_iter()).expect("steps");
            let again = parts.step(1, [(1.0, loss)].into_iter()).expect("steps");
            assert!(second < first, "{optimiser:?}: {first} {second}");
            assert!((second - again).abs() < 1e-3 * first, "{optimiser:?}: {second} {again}");
        }
    }

    #[test]
    fn frozen_parts_stay_and_the_head_learns() {
        for architecture in ["cnn-xs", "vit-ti"] {
            let mut learner = learner_of(architecture, OptimiserKind::Adamw, 0.0);
            let features = |learner: &Learner| {
                learner.network.valid().features(views(0.3).inner()).into_data().iter::<f32>().collect::<Vec<_>>()
            };
            let before = features(&learner);
            learner = learner.learning(Learns::Head);
            let first = learner.step(0, [(1.0, loss)].into_iter()).expect("steps");
            let second = learner.step(1, [(1.0, loss)].into_iter()).expect("steps");
            assert!(second < first, "{architecture}: {first} {second}");
            assert_eq!(features(&learner), before, "{architecture}");
            learner = learner.learning(Learns::Last);
            learner.step(2, [(1.0, loss)].into_iter()).expect("steps");
            assert_ne!(features(&learner), before, "{architecture}");
        }
    }

    #[test]
    fn long_gradients_are_shortened_together_and_short_ones_left() {
        let network = learner(OptimiserKind::Sgd, 0.0).network;
        let length = |longest: f64| {
            let mut gradients = GradientsParams::from_grads(loss(&network).backward(), &network);
            shorten(&network, &mut gradients, longest);
            let mut squares = Squares { gradients: &gradients, sum: None };
            network.visit(&mut squares);
            f64::from(squares.sum.expect("gradients").into_scalar::<f32>()).sqrt()
        };
        let own = length(1e9);
        assert!(own > 0.1);
        assert!((length(own / 3.0) - own / 3.0).abs() < 1e-3 * own);
        assert!((length(own * 3.0) - own).abs() < 1e-6 * own);
    }

    #[test]
    fn a_loss_that_is_no_number_changes_nothing() {
        let mut learner = learner(OptimiserKind::Adamw, 1.0);
        let before = learner.scoring().raw_scores(views(0.5).inner(), 2);
        let error = learner.step(0, [(f64::NAN, loss)].into_iter()).expect_err("refuses");
        assert!(error.summary.contains("NaN at step 0"), "{error}");
        assert_eq!(learner.scoring().raw_scores(views(0.5).inner(), 2), before);
        learner.step(0, [(1.0, loss)].into_iter()).expect("steps");
        assert_ne!(learner.scoring().raw_scores(views(0.5).inner(), 2), before);
    }
}
