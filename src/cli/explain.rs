//! `packshot explain`: why a photo has its score.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::table::{Side, layout};
use super::watch::{finish, stopped, wake};
use crate::api::{self, ExplainRequest};
use crate::domain::Explanation;
use crate::error::Result;

pub(super) fn run(context: &Context, args: args::Explain) -> Result<Done> {
    refuse_missing([&args.path])?;
    let (project, _log) = context.project()?;
    let request = ExplainRequest {
        path: args.path,
        model: args.model,
        occlusion: args.occlusion,
        picture: args.output,
        overwrite: args.overwrite,
    };
    if let Some(file) = &request.picture {
        api::check_picture_file(file, request.overwrite)?;
    }
    let (file, handle) = (request.picture.clone(), api::start_explaining(&project, request, wake())?);
    let explanation = finish(context, handle, "Leave out --occlusion if it takes too long.")?;
    let explanation = explanation.ok_or_else(|| stopped("Run the same command again."))?;
    context.say(&describe(&explanation));
    if let Some(file) = &file {
        let full = explanation.map().full_colour();
        context.say(&format!(
            "written to  {}: orange where the score loses, blue where it gains; full colour is {full:.1} points",
            file.display()
        ));
    }
    let mut body = json!(explanation);
    if let Some(file) = file {
        body["file"] = json!(file);
    }
    Ok(Done::ok(body))
}

fn describe(explanation: &Explanation) -> String {
    let score = explanation.score;
    let mut lines = vec![
        format!("score       {:.0}, 90 % interval {:.0} to {:.0}", score.value, score.low, score.high),
        format!("model       {}", explanation.model),
    ];
    if explanation.unfamiliar {
        lines.push("unfamiliar  unlike the photos it learnt from: do not rely on this score".to_owned());
    }
    lines.extend(explanation.nearest.iter().enumerate().map(|(index, other)| {
        let title = if index == 0 { "labelled    " } else { "            " };
        format!("{title}{:.0}  {}", other.label, other.path.display())
    }));
    lines.extend(explanation.base.as_ref().map(|base| format!("map         of the network it is based on, {base}")));
    lines.extend(explanation.reason.as_ref().map(|reason| format!("rule        {reason}")));
    if let Some((value, place)) = explanation.map().worst() {
        lines.push(format!("loses most  {place} ({value:.1} points)"));
    }
    let likely: Vec<Vec<String>> = explanation
        .likely_flaws()
        .map(|flaw| vec![flaw.text(), format!("{:.0} %", 100.0 * flaw.probability), flaw.strength_text().to_owned()])
        .collect();
    if likely.is_empty() && !explanation.flaws.is_empty() {
        lines.push("flaws       none is likely".to_owned());
    }
    if !likely.is_empty() {
        let columns = [("FLAW", Side::Left), ("LIKELY", Side::Right), ("STRENGTH", Side::Left)];
        lines.push(format!("\n{}", layout(&columns, &likely)));
    }
    lines.join("\n")
}
