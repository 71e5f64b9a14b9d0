//! The tutor's desk: one thread that fits the personal model after every vote, so that neither a frame nor a vote waits.

use super::desk::Desk;
use super::message::{Effect, Message};
use crate::api::{self, FEWEST_FOR_PERSONAL, Lesson, Project, QueueKind, Tutor};
use crate::domain::ImageId;
use crate::error::Result;
use crate::jobs::Wake;

/// Most similar photos that are shown.
const SIMILAR: usize = 200;

/// Starts the thread.
///
/// # Errors
/// When no thread can be started.
pub fn open(project: Project, wake: Wake) -> Result<Desk> {
    let mut tutor = None;
    Desk::staffed("packshot-tutor", wake, move |errand| match errand {
        Effect::Learn(anew) => {
            let learnt = learn(&project, &mut tutor, anew);
            vec![learnt.map_or_else(Message::LearningFailed, |lesson| Message::Learnt(Box::new(lesson)))]
        }
        Effect::LookAlike(id) => match look_alike(tutor.as_mut(), id) {
            Ok(found) => found.into_iter().map(Message::LookedAlike).collect(),
            Err(error) => vec![Message::LearningFailed(error)],
        },
        Effect::FindSimilar(id) => match find_similar(&project, &mut tutor, id) {
            Ok(found) => vec![Message::Similar(id, found)],
            Err(error) => vec![Message::Failed(error)],
        },
        Effect::FillQueue(kind, rater) => {
            let filled = fill_queue(&project, &mut tutor, kind, &rater);
            vec![filled.unwrap_or_else(Message::Failed)]
        }
        Effect::LoadRaters(rater) => {
            let report = api::report_raters(&project, &rater);
            vec![report.map_or_else(Message::Failed, |report| Message::RatersSeen(Box::new(report)))]
        }
        _ => Vec::new(),
    })
}

fn learn(project: &Project, tutor: &mut Option<Tutor>, anew: bool) -> Result<Lesson> {
    let labels = api::label_progress(project, api::RATER)?.labelled as usize;
    if labels < FEWEST_FOR_PERSONAL {
        return Ok(Lesson { labels, ..Lesson::default() });
    }
    let tutor = present(project, tutor)?;
    if anew {
        tutor.forget();
    }
    tutor.learn(false)
}

/// The tutor, opened when it is needed for the first time.
fn present<'a>(project: &Project, tutor: &'a mut Option<Tutor>) -> Result<&'a mut Tutor> {
    Ok(match tutor {
        Some(tutor) => tutor,
        None => tutor.insert(Tutor::open(project)?),
    })
}

fn find_similar(project: &Project, tutor: &mut Option<Tutor>, id: ImageId) -> Result<Option<Vec<(ImageId, f64)>>> {
    present(project, tutor)?.similar(id, SIMILAR)
}

fn fill_queue(project: &Project, tutor: &mut Option<Tutor>, kind: QueueKind, rater: &str) -> Result<Message> {
    let tutor = present(project, tutor)?;
    let suspects = if kind == QueueKind::Suspect { tutor.suspects(rater)? } else { Vec::new() };
    let photos = match kind {
        QueueKind::Suspect => suspects.iter().map(|suspect| suspect.image).collect(),
        _ => tutor.choose(kind, rater)?,
    };
    Ok(Message::QueueFilled(kind, photos, suspects))
}

fn look_alike(tutor: Option<&mut Tutor>, id: ImageId) -> Result<Option<api::Alike>> {
    tutor.map_or(Ok(None), |tutor| tutor.look_alike(id))
}
