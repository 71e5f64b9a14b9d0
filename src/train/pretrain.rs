//! Pre-training without human labels: ladders of spoilt photos, made on the fly, judged against their originals.
//!
//! A step is a function of (seed, step): a resumed run repeats what an uninterrupted one does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use burn::tensor::Device;

use super::checkpoint::{Best, Checkpoint, Position};
use super::fit::{Ending, Watcher, model_path};
use super::learner::{Descent, Learner};
use super::pretrain_losses::{self as losses, Targets};
use super::refit::{self, Refit};
use super::reuse::{Made, Reuse};
use super::{Schedule, metrics};
use crate::config::OptimiserKind;
use crate::data::{CleanPhotos, PseudoLabel, RUNGS, SAME_FLAW};
use crate::domain::{MetricPoint, ModelCard, Reach};
use crate::error::{Error, Result};
use crate::nn::{self, DEFECTS, Network};
use crate::preprocess::{self, Views};
use crate::{jobs, kernels, model_folder};

/// Longest time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(180);
/// Steps between two looks at the held-out photos.
const STEPS_A_LOOK: u64 = 250;
/// Ladders of held-out photos that are looked at, and at the end.
const LADDERS_A_LOOK: u64 = 64;
const LADDERS_AT_THE_END: u64 = 512;
/// What the names of points begin with that come after the last step.
pub const AT_THE_END: &str = "final";
/// Common length to which longer gradients are shortened.
const LONGEST_GRADIENT: f64 = 5.0;
/// The slow average of the weights looks back over about this share of the run.
const AVERAGED_SHARE: f64 = 0.1;
/// Held-out photos draw from another stream of random numbers.
const HELD_OUT_SEED: u64 = 0x6865_6c64;

/// What a pre-training learns from and with.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Registry name of the network.
    pub architecture: &'a str,
    /// Seed of weights and photos.
    pub seed: u64,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Clean photos a step; each comes in [`RUNGS`] versions.
    pub ladders: usize,
    /// How often, and how long, spoilt photos are learnt from.
    pub reuse: Reuse,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Decay of weights a step, decoupled.
    pub weight_decay: f64,
    /// Photos to learn from.
    pub clean: &'a CleanPhotos,
    /// Photos that are only looked at; no photo of theirs is among the others.
    pub held_out: &'a CleanPhotos,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// `checkpoint` and `model` are made in it.
    pub folder: &'a Path,
    /// The model card to fill in.
    pub card: &'a ModelCard,
}

/// What held-out photos say.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct HeldOut {
    /// SRCC of score and pseudo-MOS.
    pub srcc: f64,
    /// Share of the pairs of one photo with the same flaw at two strengths, both visible in the pixels, that are in the
    /// right order.
    pub strengths: f64,
    /// Share of all pairs of one photo whose labels differ, whatever their flaws, that are in the right order.
    pub pairs: f64,
    /// Mean absolute error in points of 100.
    pub mae: f64,
    /// [`Self::strengths`] of each flaw of the menu, as far as there were such pairs.
    pub by_flaw: [Option<f64>; DEFECTS],
}

/// Pseudo-MOS further apart than this (of 1) must be in order.
const TELLABLE: f64 = 0.02;

/// A pre-training under way.
pub struct Pretrain<'a, W> {
    plan: Plan<'a>,
    watcher: &'a mut W,
    learner: Learner,
    position: Position,
    made: Made,
    saved_at: Instant,
}

impl<'a, W: Watcher> Pretrain<'a, W> {
    /// Prepares a pre-training: fresh, or from its checkpoint when there is one.
    ///
    /// # Errors
    /// When the architecture is unknown, there are no photos, or the checkpoint is damaged.
    pub fn new(plan: Plan<'a>, watcher: &'a mut W) -> Result<Self> {
        if plan.clean.is_empty() || plan.held_out.is_empty() {
            return Err(Error::bad_data("too few photos to learn from and to hold out")
                .hint("Name a folder with at least some hundred clean photos."));
        }
        let descent = Descent {
            optimiser: OptimiserKind::Adamw,
            weight_decay: plan.weight_decay,
            clip: LONGEST_GRADIENT,
            average: 1.0 - 1.0 / (AVERAGED_SHARE * plan.steps as f64).max(10.0),
            schedule: Schedule { peak: plan.learning_rate, steps: plan.steps, warmup: 0.05 },
        };
        let folder = plan.folder.join("checkpoint");
        let checkpoint = Checkpoint { folder: &folder };
        let network = nn::fresh(plan.architecture, plan.seed, &plan.device.clone().autodiff())?;
        let (learner, position) = Learner::new(network, descent, checkpoint)?;
        Ok(Self { plan, watcher, learner, position, made: Made::default(), saved_at: Instant::now() })
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Learns until the last step or a request to stop; the state is saved then, and the model at every look at the
    /// held-out photos.
    ///
    /// # Errors
    /// When photos, the disk or the watcher fail, or the loss stops being a number.
    pub fn run(mut self) -> Result<(Ending, HeldOut)> {
        let (reuse, ladders, seed) = (self.plan.reuse, self.plan.ladders as u64, self.plan.seed);
        let known = reuse.made_before(self.position.step, ladders);
        let last = reuse.made_before(self.plan.steps, ladders);
        // A resumed run makes those again that it may still learn from.
        let first = if known == last { last } else { known.saturating_sub(reuse.keep) };
        self.made = Made::from(first);
        let (clean, learns_on_cpu) = (self.plan.clean, kernels::serves(self.plan.device));
        let make = |index| {
            // What learns has gaps on the same cores, which making photos fills.
            if learns_on_cpu {
                jobs::step_back();
            }
            clean.ladder(seed, index)
        };
        let mut stopped = false;
        in_order(first..last, &make, &mut |ladder| {
            if self.watcher.control().checkpoint().is_err() {
                stopped = true;
                return Ok(false);
            }
            self.made.push(ladder, reuse.keep);
            if self.made.end() > known && self.made.end() == reuse.made_before(self.position.step + 1, ladders) {
                self.step()?;
            }
            Ok(true)
        })?;
        self.save()?;
        // A gigabyte that nothing reads any more.
        self.made = Made::default();
        let refitted = if stopped { None } else { self.refit(last)? };
        let held_out = match &refitted {
            Some(network) => self.look(network, LADDERS_AT_THE_END, AT_THE_END)?,
            None => None,
        };
        let ending = Ending { stopped: held_out.is_none(), epochs: 0, best: self.position.best };
        Ok((ending, held_out.unwrap_or_default()))
    }

    fn step(&mut self) -> Result<()> {
        let device = self.plan.device.clone().autodiff();
        let batch = self.made.batch(self.plan.reuse, self.plan.seed, self.plan.ladders as u64, self.position.step);
        let input = preprocess::batch(batch.iter().map(|made| &made.views), batch.len(), &device);
        let labels: Vec<PseudoLabel> = batch.iter().map(|made| made.label).collect();
        let targets = Targets::of(&labels, self.plan.card.calibration, &device);
        drop(batch);
        let of = |network: &Network| losses::loss(network.outputs(input), &targets, RUNGS);
        let rate = self.learner.schedule().rate(self.position.step);
        let loss = self.learner.step(self.position.step, std::iter::once((1.0, of)))?;
        self.position.step += 1;
        let step = self.position.step;
        self.watcher.stepped(0, step, self.plan.steps, loss);
        if step.is_multiple_of(10) {
            self.watcher.points(&[point("train_loss", step, loss), point("learning_rate", step, rate)])?;
        }
        if step.is_multiple_of(STEPS_A_LOOK) {
            self.look(&self.learner.scoring(), LADDERS_A_LOOK, "held_out")?;
        }
        if self.saved_at.elapsed() >= CHECKPOINT_EVERY { self.save() } else { Ok(()) }
    }

    /// The learnt network with a head that learnt again, from photos after the first `learnt_from` ones; nothing after a stop.
    fn refit(&mut self, learnt_from: u64) -> Result<Option<Network>> {
        let (plan, network) = (&self.plan, self.learner.scoring());
        let refit = Refit { seed: plan.seed, calibration: plan.card.calibration, device: plan.device };
        let count = refit::ladders(learnt_from);
        let (mut seen, mut stopped) = (refit::Seen::default(), false);
        let (clean, seed) = (plan.clean, plan.seed);
        in_order(learnt_from..learnt_from + count, &|index| clean.ladder(seed, index), &mut |ladder| {
            seen.push(&network, &ladder, plan.device);
            self.watcher.refitting(seen.ladders(), count);
            stopped = self.watcher.control().checkpoint().is_err();
            Ok(!stopped)
        })?;
        if stopped {
            return Ok(None);
        }
        refit.network(network, seen, self.watcher.control())
    }

    /// Measures held-out photos, whose curves are called after `look`, and keeps the model; neither after a stop.
    fn look(&mut self, network: &Network, ladders: u64, look: &str) -> Result<Option<HeldOut>> {
        let (held_out, calibration) = (self.plan.held_out, self.plan.card.calibration);
        let (mut labels, mut scores, mut stopped) = (Vec::new(), Vec::new(), false);
        let (mut all, mut by_flaw) = (Order::default(), [Order::default(); DEFECTS]);
        in_order(0..ladders, &|index| held_out.ladder(HELD_OUT_SEED, index), &mut |ladder| {
            let views: Vec<&Views> = ladder.iter().map(|made| &made.views).collect();
            let raw = network.raw_scores(preprocess::batch(views.into_iter(), RUNGS, self.plan.device), RUNGS);
            for (a, b) in (0..RUNGS).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let apart = ladder[a].label.quality - ladder[b].label.quality;
                if apart.abs() > TELLABLE {
                    all.count((raw[a] - raw[b]) * apart > 0.0);
                }
            }
            let [weak, strong] = SAME_FLAW;
            if ladder[weak].views != ladder[strong].views {
                by_flaw[ladder[strong].label.strongest()].count(raw[weak] > raw[strong]);
            }
            labels.extend(ladder.iter().map(|made| 100.0 * made.label.quality));
            scores.extend(raw.into_iter().map(|raw| calibration.score(raw)));
            stopped = self.watcher.control().checkpoint().is_err();
            Ok(!stopped)
        })?;
        if stopped {
            return Ok(None);
        }
        let seen = HeldOut {
            srcc: metrics::srcc(&scores, &labels).unwrap_or(0.0),
            strengths: by_flaw.into_iter().fold(Order::default(), Order::and).share(),
            pairs: all.share(),
            mae: metrics::mae(&scores, &labels).unwrap_or(0.0),
            by_flaw: by_flaw.map(|order| (order.pairs > 0).then(|| order.share())),
        };
        let step = self.position.step;
        let values = [("srcc", seen.srcc), ("strengths", seen.strengths), ("pairs", seen.pairs), ("mae", seen.mae)];
        self.watcher.points(&values.map(|(measure, value)| point(&format!("{look}_{measure}"), step, value)))?;
        self.position.best = Some(Best { epoch: 0, value: seen.srcc, loss: 0.0 });
        // Pseudo-labels tell nothing about how far off people's are.
        let card = ModelCard { reach: Reach::UNKNOWN, ..self.plan.card.clone() };
        model_folder::save(&model_path(self.plan.folder), network, &card, &[])?;
        Ok(Some(seen))
    }

    fn save(&mut self) -> Result<()> {
        let folder = self.plan.folder.join("checkpoint");
        self.learner.save(Checkpoint { folder: &folder }, &self.position)?;
        self.saved_at = Instant::now();
        Ok(())
    }
}

fn point(name: &str, step: u64, value: f64) -> MetricPoint {
    MetricPoint { name: name.to_owned(), step, value }
}

/// How many pairs are in the right order.
#[derive(Debug, Clone, Copy, Default)]
struct Order {
    right: u32,
    pairs: u32,
}

impl Order {
    fn count(&mut self, right: bool) {
        self.right += u32::from(right);
        self.pairs += 1;
    }

    fn and(self, other: Self) -> Self {
        Self { right: self.right + other.right, pairs: self.pairs + other.pairs }
    }

    fn share(self) -> f64 {
        f64::from(self.right) / f64::from(self.pairs.max(1))
    }
}

/// Makes things on every core and hands them over in order, a few ahead; stops when `take` says false.
pub(super) fn in_order<T: Send>(
    range: std::ops::Range<u64>,
    make: &(dyn Fn(u64) -> Result<T> + Sync),
    take: &mut dyn FnMut(T) -> Result<bool>,
) -> Result<()> {
    let makers = jobs::worker_count() as u64;
    let (next, stop) = (AtomicU64::new(range.start), AtomicBool::new(false));
    let (sender, receiver) = sync_channel(2 * makers as usize);
    std::thread::scope(|scope| {
        for _ in 0..makers {
            let (sender, next, stop, end) = (sender.clone(), &next, &stop, range.end);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= end || sender.send((index, make(index))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // Dropped with this closure, which ends makers that wait for room.
        let receiver = receiver;
        let mut early = BTreeMap::new();
        let mut wanted = range.start;
        let mut hand_over = || -> Result<()> {
            for (index, made) in &receiver {
                early.insert(index, made);
                while let Some(made) = early.remove(&wanted) {
                    wanted += 1;
                    if !take(made?)? {
                        return Ok(());
                    }
                }
            }
            Ok(())
        };
        let result = hand_over();
        stop.store(true, Ordering::Relaxed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_arrive_in_order_and_a_stop_or_an_error_ends_it() {
        let slow_first = |index: u64| {
            if index.is_multiple_of(3) {
                std::thread::sleep(Duration::from_millis(3));
            }
            if index == 17 { Err(Error::bad_data("seventeen")) } else { Ok(index) }
        };
        let mut seen = Vec::new();
        let error = in_order(5..40, &slow_first, &mut |index| {
            seen.push(index);
            Ok(true)
        });
        assert!(error.is_err());
        assert_eq!(seen, (5..17).collect::<Vec<_>>());
        seen.clear();
        in_order(0..1000, &|index| Ok(index), &mut |index| {
            seen.push(index);
            Ok(index < 9)
        })
        .expect("stops");
        assert_eq!(seen.len(), 10);
    }
}
