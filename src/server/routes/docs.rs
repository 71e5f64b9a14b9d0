//! The OpenAPI document, its page, and the page to drop a photo on; all of it lies in the binary.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use utoipa::openapi::OpenApi as Written;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerFile;

use super::super::dto;
use super::super::error::Refusal;
use super::{about, inference, invocations, predict};

const PAGE: &str = include_str!("../../../assets/server/page.html");

/// The pages load nothing from elsewhere, and nobody may frame them.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; \
     script-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Packshot",
        description = "Scores the quality of product photos: 0-100 with a 90 % interval, measured attributes and the main reason."
    ),
    paths(
        predict::one, predict::batch, invocations::invoke,
        inference::server, inference::live, inference::ready, inference::model, inference::model_ready, inference::infer,
        about::ping, about::health, about::ready, about::version, about::metrics,
    ),
    components(schemas(dto::Detail, dto::MlflowError, dto::InferenceError, dto::ModelName)),
    modifiers(&Keys)
)]
struct Document;

/// The document of a server that asks for keys, or does not.
pub(super) fn written(with_keys: bool) -> Written {
    let mut document = Document::openapi();
    if !with_keys {
        for item in document.paths.paths.values_mut() {
            [&mut item.get, &mut item.post].into_iter().flatten().for_each(|operation| operation.security = None);
        }
    }
    document
}

/// Says how a key is sent.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Written) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("key", scheme);
    }
}

pub(super) async fn document(Extension(document): Extension<Arc<Written>>) -> Response {
    Json(document.as_ref()).into_response()
}

/// Drop a photo, see its score.
pub(super) async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))], Html(PAGE))
}

/// The page of the document; its files lie below it.
pub(super) async fn swagger_start() -> Result<Response, Refusal> {
    let page = swagger_file("index.html")?;
    let text = String::from_utf8_lossy(&page.bytes).replacen("<head>", "<head><base href=\"/docs/\">", 1);
    Ok(([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))], Html(text)).into_response())
}

/// The files of Swagger UI.
pub(super) async fn swagger(Path(file): Path<String>) -> Result<Response, Refusal> {
    let found = swagger_file(&file)?;
    let kind = HeaderValue::from_str(&found.content_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    Ok((headers, found.bytes.into_owned()).into_response())
}

fn swagger_file(file: &str) -> Result<SwaggerFile<'static>, Refusal> {
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    utoipa_swagger_ui::serve(file, config)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, format!("the docs have no {file}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_openapi_3_1_and_names_every_endpoint_with_its_key() {
        let document = serde_json::to_value(written(true)).expect("JSON");
        let open = serde_json::to_value(written(false)).expect("JSON");
        assert!(open["paths"]["/predict"]["post"]["security"].is_null(), "no key is needed where there are none");
        assert!(document["openapi"].as_str().expect("version").starts_with("3.1"), "{}", document["openapi"]);
        for path in ["/predict", "/predict/batch", "/invocations", "/v2/models/{model}/infer"] {
            let asked = &document["paths"][path]["post"];
            assert!(asked["requestBody"].is_object() && asked["security"][0]["key"].is_array(), "{path}: {asked}");
        }
        for path in ["/ready", "/health", "/ping", "/version", "/metrics", "/v2", "/v2/health/ready"] {
            assert!(document["paths"][path]["get"].is_object(), "{path}");
        }
        assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    }

    #[test]
    fn the_page_of_the_document_needs_no_network() {
        let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
        for file in ["index.html", "swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
            assert!(utoipa_swagger_ui::serve(file, config.clone()).expect("serves").is_some(), "{file}");
        }
        assert!(!PAGE.contains("http://") && !PAGE.contains("https://"), "the page loads nothing from elsewhere");
    }
}
