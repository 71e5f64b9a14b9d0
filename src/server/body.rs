//! Photos out of request bodies: raw, forms, base64.

use std::future::Future;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::error::Refusal;
use super::state::{Photo, ServerState};

/// What a photo is called that has no name.
const NAMELESS: &str = "photo";

/// Padding may be missing: some clients leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Waits for a body, at most as long as the configuration says.
///
/// # Errors
/// 408 when it did not come in time.
pub(super) async fn in_time<T>(
    state: &ServerState,
    body: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request's body did not come in time");
    tokio::time::timeout(state.timeout(), body).await.map_err(late)?
}

/// The content type in lower case, without its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// A whole body.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub(super) async fn whole(request: Request) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, &()).await.map_err(|error| Refusal::new(error.status(), error.body_text()))
}

/// The one photo of a request: a raw image body, or the multipart field `file`.
///
/// # Errors
/// 415 for another type, 422 when the field is missing, as [`whole`] otherwise.
pub(super) async fn photo(request: Request) -> Result<Photo, Refusal> {
    let kind = content_type(request.headers());
    if kind.starts_with("image/") || kind == "application/octet-stream" {
        return Ok((NAMELESS.to_owned(), whole(request).await?));
    }
    let mut photos = form(request, &kind, "file", 1).await?;
    photos.pop().ok_or_else(|| missing("file"))
}

/// The photos of a form's fields `files`.
///
/// # Errors
/// As [`photo`].
pub(super) async fn photos(request: Request, most: usize) -> Result<Vec<Photo>, Refusal> {
    let kind = content_type(request.headers());
    let photos = form(request, &kind, "files", most).await?;
    if photos.is_empty() { Err(missing("files")) } else { Ok(photos) }
}

fn missing(field: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the multipart field `{field}` is missing"))
}

/// The photos of a form's fields by that name.
async fn form(request: Request, kind: &str, name: &str, most: usize) -> Result<Vec<Photo>, Refusal> {
    if kind != "multipart/form-data" {
        let or = if most == 1 { "the photo as an image/* body or as the multipart field" } else { "multipart fields" };
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("send {or} `{name}`")));
    }
    let bad = |error: axum::extract::multipart::MultipartError| Refusal::new(error.status(), error.body_text());
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
    let mut photos = Vec::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        if field.name() != Some(name) {
            continue;
        }
        if photos.len() == most {
            let detail = format!("more than {most} fields `{name}`");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let file = field.file_name().unwrap_or(NAMELESS).to_owned();
        photos.push((file, field.bytes().await.map_err(bad)?));
    }
    Ok(photos)
}

/// Refuses JSON of so many parts that it takes far more memory than its bytes: a number of one digit becomes a value of 32
/// bytes. Each photo may have some parts beside it, such as other columns.
///
/// # Errors
/// 413 with the limit.
pub(super) fn few_parts(json: &[u8], photos: usize) -> Result<(), Refusal> {
    let most = 1_000 + 64 * photos;
    let (mut parts, mut in_text, mut escaped) = (0_usize, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => parts += 1,
            _ => {}
        }
    }
    if parts <= most {
        return Ok(());
    }
    let detail = format!("the JSON has {parts} parts, more than {most}");
    Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail))
}

/// A photo in base64, also as a data URL, also broken into lines.
///
/// # Errors
/// 400 when it is not base64; `name` says which one.
pub(super) fn from_base64(text: &str, name: &str) -> Result<Bytes, Refusal> {
    let text = match text.strip_prefix("data:").and_then(|url| url.split_once(";base64,")) {
        Some((_, content)) => content,
        None => text,
    };
    let decoded = if text.contains(char::is_whitespace) {
        BASE64.decode(text.split_whitespace().collect::<String>())
    } else {
        BASE64.decode(text)
    };
    decoded
        .map(Bytes::from)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, format!("{name} is not base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{few_parts, from_base64};

    #[test]
    fn json_of_many_small_parts_is_refused_and_long_text_is_not() {
        let numbers = format!("[{}1]", "7,".repeat(5_000));
        assert_eq!(few_parts(numbers.as_bytes(), 4).expect_err("many").status, 413);
        assert!(few_parts(numbers.as_bytes(), 100).is_ok(), "as many photos may have them");
        let text = format!(r#"["{}\"{}"]"#, "[{,".repeat(5_000), ",".repeat(5_000));
        assert!(few_parts(text.as_bytes(), 1).is_ok());
    }

    #[test]
    fn base64_comes_in_the_ways_clients_write_it() {
        for text in ["Zm9vYg==", "Zm9vYg", "Zm9v\nYg==\n", "data:image/png;base64,Zm9vYg=="] {
            assert_eq!(from_base64(text, "x").expect(text), "foob");
        }
        let refusal = from_base64("not base64!", "photo 3").expect_err("an exclamation mark");
        assert!(refusal.detail.contains("photo 3"), "{}", refusal.detail);
    }
}
