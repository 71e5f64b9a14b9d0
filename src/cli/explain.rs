//! `packshot explain`: why a photo has its score.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::table::{Side, layout};
use super::watch::{finish, stopped, wake};
use crate::api::{self, ExplainRequest};
use crate::domain::{Explanation, QualityMap};
use crate::error::Result;

/// Flaws less likely than this are not shown.
const LIKELY: f64 = 0.5;

pub(super) fn run(context: &Context, args: args::Explain) -> Result<Done> {
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
        context.say(&format!("written to  {}", file.display()));
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
    let map = explanation.occlusion.as_ref().unwrap_or(&explanation.cells);
    if let Some((value, place)) = worst(map) {
        lines.push(format!("loses most  {place} ({value:.1} points)"));
    }
    let likely: Vec<Vec<String>> = explanation
        .flaws
        .iter()
        .filter(|flaw| flaw.probability >= LIKELY)
        .map(|flaw| {
            let share = |value: f64| format!("{:.0} %", 100.0 * value);
            vec![flaw.name.replace('_', " "), share(flaw.probability), share(flaw.strength)]
        })
        .collect();
    if !likely.is_empty() {
        let columns = [("FLAW", Side::Left), ("LIKELY", Side::Right), ("STRENGTH", Side::Right)];
        lines.push(format!("\n{}", layout(&columns, &likely)));
    }
    lines.join("\n")
}

/// The cell that takes most, and where it lies in words.
fn worst(map: &QualityMap) -> Option<(f32, String)> {
    let (index, value) = map.points.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
    let third = |place: usize, count: usize, names: [&'static str; 3]| names[place * 3 / count];
    let down = third(index / map.columns, map.rows, ["upper", "middle", "lower"]);
    let across = third(index % map.columns, map.columns, ["left", "centre", "right"]);
    (*value < 0.0).then(|| (*value, format!("{down} {across}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_place_is_named() {
        let mut map = QualityMap { columns: 6, rows: 6, points: vec![0.5; 36] };
        assert_eq!(worst(&map), None);
        map.points[35] = -2.0;
        assert_eq!(worst(&map), Some((-2.0, "lower right".to_owned())));
        map.points[14] = -3.0;
        assert_eq!(worst(&map), Some((-3.0, "middle centre".to_owned())));
    }
}
