//! The tutor's desk: one thread that fits the personal model after every vote, so that neither a frame nor a vote waits.

use super::desk::Desk;
use super::message::{Effect, Message};
use crate::api::{self, FEWEST_FOR_PERSONAL, Lesson, Project, Tutor};
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
        _ => Vec::new(),
    })
}

fn learn(project: &Project, tutor: &mut Option<Tutor>, anew: bool) -> Result<Lesson> {
    let labels = api::label_progress(project)?.labelled as usize;
    if labels < FEWEST_FOR_PERSONAL {
        return Ok(Lesson { labels, ..Lesson::default() });
    }
    let tutor = opened(project, tutor)?;
    if anew {
        tutor.forget();
    }
    tutor.learn(false)
}

fn opened<'a>(project: &Project, tutor: &'a mut Option<Tutor>) -> Result<&'a mut Tutor> {
    Ok(match tutor {
        Some(tutor) => tutor,
        None => tutor.insert(Tutor::open(project)?),
    })
}

fn find_similar(project: &Project, tutor: &mut Option<Tutor>, id: ImageId) -> Result<Option<Vec<(ImageId, f64)>>> {
    opened(project, tutor)?.similar(id, SIMILAR)
}

fn look_alike(tutor: Option<&mut Tutor>, id: ImageId) -> Result<Option<api::Alike>> {
    tutor.map_or(Ok(None), |tutor| tutor.look_alike(id))
}
