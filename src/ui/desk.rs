//! The desk: one thread that reads and writes the project for the window, so that a frame never waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::catalogue::{Audit, Catalogue};
use super::ledger::Ledger;
use super::message::{Effect, LabelData, Message, Receipt};
use super::numbers::counted;
use crate::api::{self, AuditRow, Project, Taken};
use crate::domain::{ImageId, Photo, Run, RunId, ScoreRow, VoteKind};
use crate::error::Result;
use crate::jobs::{self, JobHandle, Outcome, Wake};

/// Recent votes shown as a film strip.
const RECENT: u32 = 12;

/// The window's end of the desk.
pub struct Desk {
    errands: Sender<Effect>,
    answers: Receiver<Vec<Message>>,
    taken: VecDeque<Message>,
    waiting: usize,
    // Dropped last: ends the thread.
    _thread: JobHandle<()>,
}

impl Desk {
    /// Starts the thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(project: Project, wake: Wake) -> Result<Self> {
        Self::staffed("packshot-desk", wake, move |errand| answers_to(&project, errand))
    }

    /// Starts a thread of that name where `clerk` does the errands.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn staffed(
        name: &str,
        wake: Wake,
        mut clerk: impl FnMut(Effect) -> Vec<Message> + Send + 'static,
    ) -> Result<Self> {
        let (errands, todo) = channel();
        let (answer, answers) = channel();
        let notify = wake.clone();
        let thread = jobs::spawn(name, wake, move |reporter| {
            loop {
                match todo.recv_timeout(Duration::from_millis(100)) {
                    Ok(errand) => {
                        // A closed window needs no answers.
                        let _closed = answer.send(clerk(errand));
                        notify();
                    }
                    Err(RecvTimeoutError::Timeout) if !reporter.control.is_cancelled() => {}
                    Err(_) => return Ok(Outcome::Completed(())),
                }
            }
        })?;
        Ok(Self { errands, answers, taken: VecDeque::new(), waiting: 0, _thread: thread })
    }

    /// Hands an errand over.
    pub fn send(&mut self, errand: Effect) {
        // The thread only ends with this value.
        if self.errands.send(errand).is_ok() {
            self.waiting += 1;
        }
    }

    /// The next answer, when there is one.
    pub fn answer(&mut self) -> Option<Message> {
        while self.taken.is_empty() {
            self.taken.extend(self.answers.try_recv().ok()?);
            self.waiting -= 1;
        }
        self.taken.pop_front()
    }

    /// Nothing is under way and every answer has been taken.
    pub fn is_idle(&self) -> bool {
        self.waiting == 0 && self.taken.is_empty()
    }
}

/// Does an errand; its failure is an answer too.
fn answers_to(project: &Project, errand: Effect) -> Vec<Message> {
    let is_vote = matches!(errand, Effect::SaveVotes(..) | Effect::UndoVote(..) | Effect::RedoVote(..));
    let is_audit = matches!(errand, Effect::LoadAudit(..) | Effect::JudgeAudit(..));
    match errands(project, errand) {
        Ok(messages) => messages,
        Err(error) if is_vote => vec![Message::VoteFailed(error)],
        Err(error) if is_audit => vec![Message::JudgingFailed(error)],
        Err(error) => vec![Message::Failed(error)],
    }
}

/// Does a long errand on a thread of its own, so that no vote waits behind it.
///
/// # Errors
/// When no thread can be started.
pub fn aside(project: &Project, errand: Effect, answer: Sender<Message>, wake: &Wake) -> Result<JobHandle<()>> {
    let (project, notify) = (project.clone(), wake.clone());
    jobs::spawn("packshot-writer", wake.clone(), move |_| {
        for message in answers_to(&project, errand) {
            // A closed window needs no answers.
            let _closed = answer.send(message);
        }
        notify();
        Ok(Outcome::Completed(()))
    })
}

pub(super) fn errands(project: &Project, errand: Effect) -> Result<Vec<Message>> {
    Ok(match errand {
        Effect::LoadLabelling(rater) => vec![Message::Labelling(label_data(project, &rater)?)],
        Effect::SaveVotes(ballot) => {
            api::cast_votes(project, &ballot)?;
            vec![Message::Voted(receipt(project, &ballot.rater, ballot.votes)?)]
        }
        Effect::UndoVote(rater) => {
            let taken = api::undo_votes(project, &rater)?;
            let receipt = receipt(project, &rater, of(taken.as_ref()))?;
            vec![Message::Undone(taken, receipt, label_data(project, &rater)?)]
        }
        Effect::RedoVote(rater) => {
            let again = api::redo_votes(project, &rater)?;
            let receipt = receipt(project, &rater, of(again.as_ref()))?;
            vec![Message::Redone(again, receipt, label_data(project, &rater)?)]
        }
        Effect::AddTag(name, rater) => {
            api::add_tag(project, &name)?;
            vec![Message::Labelling(label_data(project, &rater)?)]
        }
        Effect::LookAtArena(request) => {
            vec![Message::ArenaSeen(Box::new(api::look_at_arena(project, &request)?))]
        }
        Effect::SavePlace(rater, place) => {
            if let Some(text) = place.to_text() {
                api::save_place(project, &rater, &text)?;
            }
            Vec::new()
        }
        Effect::LoadDevices => vec![Message::Devices(api::describe_devices())],
        Effect::LoadArchitectures => vec![Message::Architectures(api::list_architectures())],
        Effect::LoadHistory => history(project)?,
        Effect::LoadRun(id) => vec![Message::RunLoaded(Box::new(api::run_view(project, &id)?))],
        Effect::HoldModels(models) => {
            let found = api::side_by_side(project, &models[0], &models[1])?;
            vec![Message::ModelsHeld(models, Box::new(found))]
        }
        Effect::ExportRuns(runs, file) => {
            let runs: Vec<&Run> = runs.iter().map(|line| &***line).collect();
            // The save dialog has asked about an existing file.
            api::export_runs(&runs, &file, true)?;
            vec![Message::Written(
                format!("{} written to {}", counted(runs.len(), "run", "runs"), file.display()),
                file,
            )]
        }
        Effect::Rename(id, name) => {
            api::rename_run(project, &id, &name)?;
            // Models go by their run's name.
            vec![changed(project, &id)?, Message::Models(api::list_models(project)?)]
        }
        Effect::Note(id, note) => {
            api::set_run_note(project, &id, &note)?;
            vec![changed(project, &id)?]
        }
        Effect::Star(id, starred) => {
            api::star_run(project, &id, starred)?;
            vec![changed(project, &id)?]
        }
        Effect::Tag(id, tag, on) => {
            let (add, remove) = if on { (vec![tag], Vec::new()) } else { (Vec::new(), vec![tag]) };
            api::tag_run(project, &id, &add, &remove)?;
            vec![changed(project, &id)?]
        }
        Effect::Promote(id) => {
            let entry = api::promote_model(project, &id.0)?;
            let mut messages = history(project)?;
            messages.push(Message::PhotosOutdated);
            messages.push(Message::Told(format!("Scores come from {} now", entry.name)));
            messages
        }
        Effect::Delete(id) => {
            api::delete_run(project, &id)?;
            history(project)?
        }
        Effect::Restore(id) => {
            api::restore_run(project, &id)?;
            history(project)?
        }
        Effect::LoadPacks => vec![Message::Packs(api::list_rule_packs(&project.config))],
        Effect::LoadAudit(pack, now_ms) => {
            let catalogue = Catalogue::new(&api::list_files(project)?, api::known_attributes(project)?);
            judged(project, Arc::new(catalogue), &pack, now_ms)
        }
        Effect::JudgeAudit(catalogue, pack, now_ms) => judged(project, catalogue, &pack, now_ms),
        Effect::PlanTriage(request, turn) => vec![Message::SortOutPlanned(api::plan_triage(&request), turn)],
        Effect::ExportDuplicates(groups, file) => {
            api::export_duplicates(&groups, &file, true)?;
            vec![Message::Written(format!("{} groups written to {}", groups.len(), file.display()), file)]
        }
        Effect::ExportAudit(catalogue, pack, today, file) => {
            let rows = audit_rows(project, &catalogue)?;
            // The save dialog has asked about an existing file.
            api::export_audit(project, &rows, &pack, today, &file, true)?;
            vec![Message::Written(format!("{} photos written to {}", rows.len(), file.display()), file)]
        }
        Effect::Export(rows, file) => {
            // The save dialog has asked about an existing file.
            api::export_scores(&owned(&rows), &file, true)?;
            vec![Message::Told(format!("{} rows written to {}", rows.len(), file.display()))]
        }
        Effect::Report(rows, run, file) => {
            api::write_report(project, run.as_ref(), &owned(&rows), &file, true)?;
            vec![Message::ReportWritten(file)]
        }
        _ => Vec::new(),
    })
}

/// The rows themselves: a table is written from a slice.
fn owned(rows: &[Arc<ScoreRow>]) -> Vec<ScoreRow> {
    rows.iter().map(|row| row.as_ref().clone()).collect()
}

/// The catalogue as an audit would report it.
fn audit_rows(project: &Project, catalogue: &Catalogue) -> Result<Vec<AuditRow>> {
    let row = |photo: Photo| {
        let entry = catalogue.entry(photo.id)?;
        let attributes = entry.attributes.as_deref().copied();
        let error = match &entry.error {
            Some(error) => Some(error.to_string()),
            None => attributes.is_none().then(|| "not measured yet".to_owned()),
        };
        Some(AuditRow { path: photo.path, sha256: photo.sha256, attributes, error })
    };
    Ok(api::list_files(project)?.into_iter().filter_map(row).collect())
}

fn judged(project: &Project, catalogue: Arc<Catalogue>, pack: &str, now_ms: i64) -> Vec<Message> {
    let pack = api::find_rule_pack(&project.config, pack);
    vec![Message::Judged(Box::new(Audit::new(catalogue, pack, now_ms)))]
}

/// Which photos were voted on, and how.
fn of(taken: Option<&Taken>) -> Vec<(ImageId, VoteKind)> {
    taken.map_or_else(Vec::new, |taken| taken.votes.iter().map(|vote| (vote.image, vote.kind)).collect())
}

fn receipt(project: &Project, rater: &str, votes: Vec<(ImageId, VoteKind)>) -> Result<Receipt> {
    let mut images: Vec<ImageId> = votes.iter().map(|vote| vote.0).collect();
    let others = votes.iter().filter_map(|vote| match vote.1 {
        VoteKind::Pair { other, .. } => Some(other),
        _ => None,
    });
    images.extend(others);
    let mut labels = api::labels_of(project, &images)?;
    // A score, too, moves the photos that its photo was compared with.
    labels.extend(api::labels_of_compared(project)?);
    Ok(Receipt { labels, recent: api::recent_votes(project, rater, RECENT)?, votes })
}

fn label_data(project: &Project, rater: &str) -> Result<LabelData> {
    let (opinions, repeats) = api::repeatable(project, rater)?;
    Ok(LabelData {
        opinions,
        repeats,
        untagged: api::tag_queue(project, rater)?,
        tags: api::list_tags(project)?,
        tagged: api::tags_of(project, rater)?,
        queue: api::label_queue(project, rater)?,
        recent: api::recent_votes(project, rater, RECENT)?,
        progress: api::label_progress(project, rater)?,
    })
}

/// What people may change about a run was changed: nothing else is read anew.
fn changed(project: &Project, id: &RunId) -> Result<Message> {
    Ok(Message::RunChanged(Box::new(api::read_run(project, id)?)))
}

fn history(project: &Project) -> Result<Vec<Message>> {
    Ok(vec![Message::Models(api::list_models(project)?), Message::Runs(Ledger::new(api::list_runs(project, false)?))])
}
