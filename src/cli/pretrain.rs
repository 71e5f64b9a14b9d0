//! `packshot pretrain`: learns quality from clean photos alone, or goes on with it.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, PretrainRequest};
use crate::degrade::MENU;
use crate::error::Result;

pub(super) fn run(mut context: Context, args: args::Pretrain) -> Result<Done> {
    refuse_missing(&args.paths)?;
    context.set("train.device", args.device);
    let (project, _log) = context.project()?;
    let request = PretrainRequest {
        paths: args.paths,
        folder: args.output,
        architecture: args.architecture,
        seed: args.seed,
        steps: args.steps,
        ladders: args.photos_a_step,
        reuse: args.reuse,
        keep: args.keep,
        learning_rate: args.learning_rate,
        weight_decay: args.weight_decay,
    };
    let folder = request.folder.display().to_string();
    let handle = api::start_pretraining(&project, request, project.config.train.device, wake())?;
    match watch(&context, handle)? {
        Ended::Completed(summary) => {
            let [learnt, held_out] = summary.photos;
            context.say(&format!("device        {}", summary.device));
            context.say(&format!("photos        {learnt} learnt from, {held_out} held out"));
            let seen = summary.held_out;
            context.say(&format!(
                "held out      SRCC {:.3}, in order: {:.1} % of the pairs with one flaw at two strengths, {:.1} % of all pairs; \
                 mean error {:.1} points",
                seen.srcc,
                100.0 * seen.strengths,
                100.0 * seen.pairs,
                seen.mae
            ));
            context.say(&format!("by flaw       {}", by_flaw(&seen.by_flaw)));
            context.say(&format!("model         {}", summary.model.display()));
            Ok(Done { summary: json!(summary), partial: false })
        }
        Ended::Cancelled(_) => Err(stopped(&format!("Everything so far is in {folder}; the same command goes on."))),
    }
}

/// How well each flaw's strengths are told, the worst first.
fn by_flaw(shares: &[Option<f64>]) -> String {
    let mut found: Vec<(f64, &str)> =
        shares.iter().zip(MENU).filter_map(|(share, flaw)| Some(((*share)?, flaw.name()))).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.iter().map(|(share, name)| format!("{name} {:.0} %", 100.0 * share)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_listed_from_the_worst_on_and_only_those_seen() {
        assert_eq!(
            by_flaw(&[Some(0.96), Some(0.6), None, Some(1.0)]),
            "overexposed 60 %, underexposed 96 %, warm_cast 100 %"
        );
    }
}
