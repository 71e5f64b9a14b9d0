//! `packshot personal`: fits the personal model now, and says how good it is.

use std::path::Path;

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, PersonalRequest, PersonalSummary};
use crate::error::Result;

pub(super) fn run(mut context: Context, args: args::Personal) -> Result<Done> {
    if let Some(file) = args.backbone.as_ref().filter(|file| *file != api::NO_BACKBONE) {
        refuse_missing([Path::new(file)])?;
    }
    context.set("score.device", args.device);
    context.set("personal.backbone", args.backbone);
    let (project, _log) = context.existing_project()?;
    let handle = api::start_personal(&project, PersonalRequest { all: args.all }, wake())?;
    match watch(&context, handle)? {
        Ended::Completed(summary) => {
            context.say(&describe(&summary));
            show_failed(&context, &summary.failed, summary.failed.len() as u64);
            let partial = !summary.failed.is_empty();
            Ok(Done { summary: json!(summary), partial })
        }
        Ended::Cancelled(summary) => {
            let kept = format!("{} photos were described now; the same command goes on.", summary.described);
            Err(stopped(&kept))
        }
    }
}

fn describe(summary: &PersonalSummary) -> String {
    let mut lines = vec![
        format!("device       {}", summary.device),
        format!("photos       {} described now, {} have a score", summary.described, summary.scored),
        format!("labels       {} of {} groups", summary.labels, summary.groups),
    ];
    if let Some(srcc) = summary.srcc {
        let interval = summary.srcc_interval.map_or_else(
            || " (too few groups for an interval)".to_owned(),
            |(low, high)| format!(" (95 % interval {low:.3} to {high:.3})"),
        );
        let base = summary.base_srcc.map_or_else(String::new, |base| format!("; {} alone {base:.3}", summary.base));
        lines.push(format!("SRCC         {srcc:.3} on left-out groups{interval}{base}"));
    }
    lines.extend(summary.mae.map(|mae| format!("MAE          {mae:.1} points on left-out groups")));
    lines.push(match summary.coverage {
        Some(coverage) => format!("coverage     {:.0} % of labels within their 90 % interval", 100.0 * coverage),
        None => "coverage     unknown: more labels are needed to measure it".to_owned(),
    });
    lines.extend(summary.forecast.as_ref().map(|forecast| format!("forecast     {forecast} SRCC")));
    if summary.features != summary.base {
        lines.insert(1, format!("features     {}", summary.features));
    }
    let own = (100.0 * summary.own_share).round();
    lines.push(format!("score        {own:.0} % from your labels, {:.0} % from {}", 100.0 - own, summary.base));
    lines.extend(summary.model.as_ref().map(|model| format!("model        personal ({model}), now the newest")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ModelId;

    #[test]
    fn the_report_says_what_is_known_and_what_is_not() {
        let mut summary = PersonalSummary {
            model: Some(ModelId("3f2a".to_owned())),
            base: "default".to_owned(),
            labels: 57,
            groups: 19,
            srcc: Some(0.8123),
            base_srcc: Some(0.6),
            mae: Some(9.14),
            coverage: Some(0.912),
            own_share: 0.64,
            forecast: Some("≈20 more labels → +0.03 ± 0.01".to_owned()),
            ..PersonalSummary::default()
        };
        let text = describe(&summary);
        assert!(
            text.contains(
                "SRCC         0.812 on left-out groups (too few groups for an interval); default alone 0.600"
            )
        );
        assert!(text.contains("91 % of labels within their 90 % interval"), "{text}");
        assert!(text.contains("≈20 more labels → +0.03 ± 0.01 SRCC"), "{text}");
        assert!(text.contains("64 % from your labels, 36 % from default"), "{text}");
        summary.srcc_interval = Some((0.7, 0.9));
        summary.coverage = None;
        let text = describe(&summary);
        assert!(text.contains("(95 % interval 0.700 to 0.900)") && text.contains("coverage     unknown"), "{text}");
    }
}
