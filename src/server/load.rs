//! Load for a scoring server, ours or another with `POST /predict` for raw photos: what `packshot bench serve` measures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use ureq::Agent;

use crate::error::{Code, Error, Result};
use crate::jobs::Control;

/// How far two answers for the same photo may be apart, in points.
const SAME: f64 = 1e-3;

/// What is sent.
#[derive(Debug, Clone)]
pub struct LoadRequest {
    /// The server's address.
    pub url: String,
    /// Photos, sent in turn.
    pub photos: Vec<PathBuf>,
    /// Requests in all.
    pub requests: u64,
    /// Requests under way at a time.
    pub concurrency: usize,
    /// Share of the requests whose photo is cut short, 0-1.
    pub corrupt: f64,
    /// API key.
    pub key: Option<String>,
}

/// What came back.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// Requests under way at a time.
    pub concurrency: usize,
    /// Answers.
    pub answers: u64,
    /// How long it took in all.
    pub seconds: f64,
    /// Photos answered a second: scored, or refused as unreadable. Refusals for want of room are no work done.
    pub per_second: f64,
    /// Half of those answers took no longer.
    pub p50_ms: f64,
    /// 95 % took no longer.
    pub p95_ms: f64,
    /// 99 % took no longer.
    pub p99_ms: f64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub lost: u64,
    /// Answers that are not as they must be: a whole photo without a score or with another score than before, a cut one
    /// with another status than 422. Refusals for want of room (503) do not count.
    pub wrong: u64,
}

/// A photo as it is sent, whole and cut.
struct Photo {
    whole: Vec<u8>,
    cut: Vec<u8>,
    kind: &'static str,
    /// The first score it got.
    score: Mutex<Option<f64>>,
}

/// What a worker has seen.
#[derive(Default)]
struct Seen {
    took: Vec<Duration>,
    statuses: BTreeMap<u16, u64>,
    lost: u64,
    wrong: u64,
}

/// Sends requests and waits for their answers.
///
/// # Errors
/// When a photo cannot be read, or the server gave no answer at all.
pub fn load(request: &LoadRequest, control: &Control) -> Result<LoadReport> {
    let photos = request.photos.iter().map(|path| {
        let whole = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
        let kind = if whole.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
        Ok(Photo { cut: whole[..whole.len() * 2 / 3].to_vec(), whole, kind, score: Mutex::default() })
    });
    let photos = photos.collect::<Result<Vec<_>>>()?;
    if photos.is_empty() {
        return Err(Error::usage("there are no photos to send"));
    }
    let next = AtomicU64::new(0);
    let all = Mutex::new(Seen::default());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..request.concurrency.max(1) {
            scope.spawn(|| {
                let seen = work(request, &photos, &next, control);
                all.lock().unwrap_or_else(PoisonError::into_inner).add(seen);
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let mut seen = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.took.sort();
    if seen.took.is_empty() {
        let what = format!("{} scored nothing (answers by status: {:?})", request.url, seen.statuses);
        return Err(Error::new(Code::Busy, what).hint("Is the server running, and is the key right?"));
    }
    let at = |share: f64| {
        let index = ((seen.took.len() as f64 * share).ceil() as usize).clamp(1, seen.took.len()) - 1;
        seen.took[index].as_secs_f64() * 1e3
    };
    Ok(LoadReport {
        concurrency: request.concurrency,
        answers: seen.statuses.values().sum(),
        seconds,
        per_second: seen.took.len() as f64 / seconds,
        p50_ms: at(0.5),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
        statuses: seen.statuses,
        lost: seen.lost,
        wrong: seen.wrong,
    })
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.took.extend(other.took);
        other.statuses.into_iter().for_each(|(status, count)| *self.statuses.entry(status).or_default() += count);
        self.lost += other.lost;
        self.wrong += other.wrong;
    }
}

fn work(request: &LoadRequest, photos: &[Photo], next: &AtomicU64, control: &Control) -> Seen {
    let config =
        Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(Duration::from_secs(120)));
    let agent: Agent = config.build().into();
    let url = format!("{}/predict", request.url.trim_end_matches('/'));
    let mut seen = Seen::default();
    while !control.is_cancelled() {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= request.requests {
            break;
        }
        // Spread evenly: the n-th of them goes where n / share is reached.
        let is_cut = ((index + 1) as f64 * request.corrupt).floor() > (index as f64 * request.corrupt).floor();
        let photo = &photos[index as usize % photos.len()];
        let body = if is_cut { &photo.cut } else { &photo.whole };
        let mut post = agent.post(&url).content_type(photo.kind);
        if let Some(key) = &request.key {
            post = post.header("authorization", format!("Bearer {key}"));
        }
        let sent = Instant::now();
        let answer = post.send(body.as_slice()).and_then(|mut answer| {
            let status = answer.status().as_u16();
            Ok((status, answer.body_mut().read_to_string()?))
        });
        match answer {
            Ok((status, text)) => {
                if matches!(status, 200 | 422) {
                    seen.took.push(sent.elapsed());
                }
                *seen.statuses.entry(status).or_default() += 1;
                seen.wrong += u64::from(!is_right(photo, is_cut, status, &text));
            }
            Err(error) => {
                tracing::info!("no answer: {error}");
                seen.lost += 1;
            }
        }
    }
    seen
}

fn is_right(photo: &Photo, is_cut: bool, status: u16, text: &str) -> bool {
    if status == 503 {
        return true;
    }
    if is_cut {
        return status == 422;
    }
    let body: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let Some(score) = body["score"].as_f64().filter(|_| status == 200) else { return false };
    let mut first = photo.score.lock().unwrap_or_else(PoisonError::into_inner);
    (*first.get_or_insert(score) - score).abs() <= SAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_when_it_is_the_same_again_and_a_cut_photo_is_refused() {
        let photo = Photo { whole: Vec::new(), cut: Vec::new(), kind: "image/png", score: Mutex::default() };
        let right = |is_cut, status, text: &str| is_right(&photo, is_cut, status, text);
        assert!(right(false, 200, r#"{"score": 50.0}"#) && right(false, 200, r#"{"score": 50.0005}"#));
        assert!(!right(false, 200, r#"{"score": 51.0}"#), "another score than before");
        assert!(!right(false, 200, "{}") && !right(false, 422, r#"{"score": 50.0}"#));
        assert!(right(true, 422, "") && !right(true, 200, r#"{"score": 50.0}"#) && !right(true, 500, ""));
        assert!(right(false, 503, "") && right(true, 503, ""), "no room is an answer");
    }
}
