//! Whether the server lives and is ready, its version and its counters.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::error::Refusal;
use super::super::metrics::Now;
use super::super::state::ServerState;
use crate::api::CODE_VERSION;

/// The server lives.
#[utoipa::path(get, path = "/ping", tag = "about", responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")))]
pub(super) async fn ping() -> &'static str {
    "ok"
}

/// The server lives.
#[utoipa::path(get, path = "/health", tag = "about", responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")))]
pub(super) async fn health() -> &'static str {
    "ok"
}

/// Packshot's version as plain text.
#[utoipa::path(get, path = "/version", tag = "about", responses((status = 200, description = "Packshot's version.", body = String, content_type = "text/plain")))]
pub(super) async fn version() -> &'static str {
    CODE_VERSION
}

/// Whether new photos are taken.
#[utoipa::path(get, path = "/ready", tag = "about", responses(
    (status = 200, description = "A model is loaded; its id.", body = String, content_type = "text/plain"),
    (status = 503, description = "No model is loaded yet, or the server is stopping.", body = super::super::dto::Detail),
))]
pub(super) async fn ready(State(state): State<ServerState>) -> Result<String, Refusal> {
    if state.is_draining() {
        return Err(Refusal::draining());
    }
    Ok(format!("model {}", state.card()?.id))
}

/// Counters in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "about", security(("key" = [])), responses(
    (status = 200, description = "Counters.", body = String, content_type = "text/plain"),
    (status = 401, description = "No key, or one that is not known.", body = super::super::dto::Detail),
    (status = 429, description = "The client's quota is spent.", body = super::super::dto::Detail),
))]
pub(super) async fn metrics(State(state): State<ServerState>) -> Response {
    let card = state.card().ok();
    let now = Now {
        model: card.as_ref().map_or("", |card| card.id.0.as_str()),
        version: CODE_VERSION,
        taken: state.queue().taken(),
        room: state.queue().size(),
        ready: card.is_some() && !state.is_draining(),
    };
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], state.metrics().text(&now)).into_response()
}
