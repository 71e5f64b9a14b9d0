//! The routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::dto::Prediction;
use super::error::Refusal;
use super::worker::{Queue, Refused};
use crate::api::CODE_VERSION;
use crate::domain::ModelCard;

/// What the routes share.
#[derive(Clone)]
pub(super) struct ServerState {
    queue: Queue,
    card: Arc<ModelCard>,
    draining: Arc<AtomicBool>,
}

impl ServerState {
    pub(super) fn new(queue: Queue, card: ModelCard) -> Self {
        Self { queue, card: Arc::new(card), draining: Arc::default() }
    }

    /// Set when the server no longer wants requests.
    pub(super) fn draining(&self) -> Arc<AtomicBool> {
        self.draining.clone()
    }
}

pub(super) fn router(state: ServerState, max_body_bytes: usize) -> Router {
    Router::new()
        .route("/ping", get(|| async { "ok" }))
        .route("/health", get(|| async { "ok" }))
        .route("/version", get(|| async { CODE_VERSION }))
        .route("/ready", get(ready))
        .route("/predict", post(predict))
        .layer(DefaultBodyLimit::max(max_body_bytes))
        .with_state(state)
}

async fn ready(State(state): State<ServerState>) -> impl IntoResponse {
    if state.draining.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining".to_owned());
    }
    (StatusCode::OK, format!("model {}", state.card.id))
}

async fn predict(State(state): State<ServerState>, request: Request) -> Result<Json<Prediction>, Refusal> {
    let (name, bytes) = photo(request).await?;
    let waiting = state.queue.push(name, bytes).map_err(|refused| match refused {
        Refused::Full => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many photos are waiting"),
        Refused::Closed => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"),
    })?;
    let gone = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping");
    let row = waiting.await.map_err(gone)??;
    Ok(Json(Prediction::from(row)))
}

/// The photo of a request: a raw image body, or the multipart field `file`.
async fn photo(request: Request) -> Result<(String, Vec<u8>), Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_lowercase();
    if content_type.starts_with("image/") || content_type == "application/octet-stream" {
        let bytes = Bytes::from_request(request, &()).await;
        let bytes = bytes.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
        return Ok(("photo".to_owned(), bytes.to_vec()));
    }
    if !content_type.starts_with("multipart/form-data") {
        let detail = "send the photo as an image/* body or as the multipart field `file`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
    loop {
        let field = form.next_field().await.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
        let Some(field) = field else {
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "the multipart field `file` is missing"));
        };
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("photo").to_owned();
            let bytes = field.bytes().await.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
            return Ok((name, bytes.to_vec()));
        }
    }
}
