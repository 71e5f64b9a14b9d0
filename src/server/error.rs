//! Errors as HTTP: the status that fits the code, in the shape that each family of endpoints promises.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::{Code, Error};

/// Which promise an endpoint follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `{"detail": …}`, as FastAPI.
    Plain,
    /// `{"error_code": …, "message": …}`, as MLflow.
    Mlflow,
    /// `{"error": …}`, as the open inference protocol.
    Inference,
}

impl Family {
    /// The family of a path.
    pub(super) fn of(path: &str) -> Self {
        if path == "/v2" || path.starts_with("/v2/") {
            Self::Inference
        } else if path == "/invocations" {
            Self::Mlflow
        } else {
            Self::Plain
        }
    }
}

/// A refusal with its status.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status.
    pub(super) status: StatusCode,
    /// What is wrong, in words.
    pub(super) detail: String,
    retry_after_s: Option<u64>,
    family: Family,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let retry_after_s = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self { status, detail: detail.into(), retry_after_s, family: Family::Plain }
    }

    /// In the shape of another family.
    #[must_use]
    pub(super) fn of(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// With the number of seconds after which to ask again.
    #[must_use]
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A new request while the server stops.
    pub(super) fn draining() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
    }
}

/// The status of a photo's or a model's error.
pub(super) fn status(code: Code) -> StatusCode {
    match code {
        Code::BadData => StatusCode::UNPROCESSABLE_ENTITY,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Usage => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Busy | Code::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        Code::Io | Code::Store | Code::StoreNewer | Code::Device | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::new(status(error.code), error.chain())
    }
}

/// MLflow's name for a status.
fn error_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::NOT_FOUND => "RESOURCE_DOES_NOT_EXIST",
        StatusCode::TOO_MANY_REQUESTS => "REQUEST_LIMIT_EXCEEDED",
        StatusCode::SERVICE_UNAVAILABLE => "TEMPORARILY_UNAVAILABLE",
        StatusCode::GATEWAY_TIMEOUT => "DEADLINE_EXCEEDED",
        status if status.is_server_error() => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = match self.family {
            Family::Plain => json!({ "detail": self.detail }),
            Family::Mlflow => json!({ "error_code": error_code(self.status), "message": self.detail }),
            Family::Inference => json!({ "error": self.detail }),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
