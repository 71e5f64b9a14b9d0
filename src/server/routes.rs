//! The routes and the layers around them.

mod about;
mod docs;
mod inference;
mod invocations;
mod predict;

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

use super::error::{Family, Refusal};
use super::state::ServerState;

/// What everyone may ask, key or not: whether the server lives, and pages that hold nothing of anyone's.
const OPEN: &[&str] = &[
    "/",
    "/ping",
    "/health",
    "/ready",
    "/version",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/openapi.json",
    "/docs",
    "/docs/{*file}",
];

pub(super) fn router(state: ServerState) -> Router {
    let config = state.config();
    let bytes = |megabytes: usize| megabytes.saturating_mul(1_000_000);
    let (one, many) = (bytes(config.max_body_mb), bytes(config.max_batch_mb));
    // A body is held room for before it is read, and refused when it is longer than it may be.
    let taking = |route: MethodRouter<ServerState>, most: usize| -> MethodRouter<ServerState> {
        route.layer(DefaultBodyLimit::max(most)).layer(from_fn_with_state((state.clone(), most), hold))
    };
    Router::new()
        .route("/", get(docs::page))
        .route("/ping", get(about::ping))
        .route("/health", get(about::health))
        .route("/version", get(about::version))
        .route("/ready", get(about::ready))
        .route("/metrics", get(about::metrics))
        .route("/openapi.json", get(docs::document))
        .route("/docs", get(docs::swagger_start))
        .route("/docs/{*file}", get(docs::swagger))
        .route("/predict", taking(post(predict::one), one))
        .route("/predict/batch", taking(post(predict::batch), many))
        .route("/invocations", taking(post(invocations::invoke), many))
        .route("/v2", get(inference::server))
        .route("/v2/health/live", get(inference::live))
        .route("/v2/health/ready", get(inference::ready))
        .route("/v2/models/{model}", get(inference::model))
        .route("/v2/models/{model}/ready", get(inference::model_ready))
        .route("/v2/models/{model}/infer", taking(post(inference::infer), many))
        .route("/v2/models/{model}/versions/{version}", get(inference::model_version))
        .route("/v2/models/{model}/versions/{version}/ready", get(inference::version_ready))
        .route("/v2/models/{model}/versions/{version}/infer", taking(post(inference::infer_version), many))
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(state.clone(), admit))
        .layer(from_fn_with_state(state.clone(), share))
        .layer(from_fn_with_state(state.clone(), observe))
        .layer(Extension(std::sync::Arc::new(docs::written(!state.config().keys.is_empty()))))
        .with_state(state)
}

async fn nothing_here(request: Request) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing here; /docs lists what there is")
        .of(Family::of(request.uri().path()))
}

async fn other_method(request: Request) -> Refusal {
    let detail = format!("{} is not for {}", request.uri().path(), request.method());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail).of(Family::of(request.uri().path()))
}

/// The pattern that a request matched; never its path, which a client makes up.
fn route(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned()
}

/// Who a request comes from, for the access log.
#[derive(Clone)]
struct Client(String);

/// Counts requests and writes the access log: no photo, no name of one, no key.
async fn observe(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let (method, route) = (request.method().clone(), route(&request));
    let header_number = |headers: &HeaderMap, name| {
        headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let bytes = header_number(request.headers(), header::CONTENT_LENGTH);
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    state.metrics().request(&route, status, took);
    if state.config().access_log {
        let client = response.extensions().get::<Client>().map(|client| client.0.clone()).or(address);
        tracing::info!(
            target: "packshot::access",
            method = method.as_str(),
            route,
            status,
            ms = took.as_secs_f64() * 1e3,
            bytes,
            client = client.unwrap_or_default(),
            "request"
        );
    }
    response
}

/// Lets in who may ask, within the quota.
async fn admit(
    State(state): State<ServerState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if OPEN.contains(&route(&request).as_str()) {
        return next.run(request).await;
    }
    let family = Family::of(request.uri().path());
    let admitted = state.gate().admit(request.headers(), address.ip());
    let client = match admitted.and_then(|client| state.gate().spend(&client, Instant::now()).map(|()| client)) {
        Ok(client) => client,
        Err(refusal) => return refusal.of(family).into_response(),
    };
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Client(client));
    response
}

/// Holds room for a body until its request is answered: as much as it says that it is long, else the most it may be.
async fn hold(State((state, most)): State<(ServerState, usize)>, request: Request, next: Next) -> Response {
    let stated = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let family = Family::of(request.uri().path());
    match state.room(stated.unwrap_or(most).min(most)) {
        Ok(_held) => next.run(request).await,
        Err(refusal) => refusal.of(family).into_response(),
    }
}

/// Lets web pages of configured origins in (CORS); by default none.
async fn share(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let origins = &state.config().cors_origins;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed =
        origin.filter(|origin| origins.iter().any(|known| known == "*" || known.as_bytes() == origin.as_bytes()));
    let Some(origin) = allowed else { return next.run(request).await };
    let asks_first =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    if asks_first {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        let allowed =
            HeaderValue::from_static("authorization, content-type, x-api-key, inference-header-content-length");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}
