//! The open inference protocol, version 2, as KServe and Triton clients speak it: one model, `packshot`, photos in,
//! scores out.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Buf as _, Bytes};
use serde_json::{Value, json};

use super::super::body;
use super::super::dto::{
    InferAnswer, InferRequest, InferenceError, InputTensor, Live, ModelAbout, ModelName, OutputTensor, ReadyAbout,
    ServerAbout, TensorAbout,
};
use super::super::error::{Family, Refusal};
use super::super::state::{Photo, ServerState};
use crate::api::CODE_VERSION;
use crate::domain::ScoreRow;

/// The model's name in the protocol.
const MODEL: &str = "packshot";

/// Says how long the JSON is that photos follow.
const JSON_LENGTH: &str = "inference-header-content-length";

/// Outputs with their types.
const OUTPUTS: [(&str, &str); 4] = [("score", "FP32"), ("low", "FP32"), ("high", "FP32"), ("error", "BYTES")];

/// The server.
#[utoipa::path(get, path = "/v2", tag = "open inference", responses((status = 200, description = "Name, version, extensions.", body = ServerAbout)))]
pub(super) async fn server() -> Json<ServerAbout> {
    Json(ServerAbout { name: MODEL, version: CODE_VERSION, extensions: vec!["binary_tensor_data"] })
}

/// The server lives.
#[utoipa::path(get, path = "/v2/health/live", tag = "open inference", responses((status = 200, description = "It lives.", body = Live)))]
pub(super) async fn live() -> Json<Live> {
    Json(Live { live: true })
}

/// The server takes photos.
#[utoipa::path(get, path = "/v2/health/ready", tag = "open inference", responses(
    (status = 200, description = "It does.", body = ReadyAbout),
    (status = 503, description = "No model is loaded yet, or the server is stopping.", body = InferenceError),
))]
pub(super) async fn ready(State(state): State<ServerState>) -> Result<Json<ReadyAbout>, Refusal> {
    is_ready(&state, None).map_err(|refusal| refusal.of(Family::Inference))
}

/// The model.
#[utoipa::path(get, path = "/v2/models/{model}", tag = "open inference", security(("key" = [])),
    params(("model" = ModelName, Path, description = "`packshot`")),
    responses(
        (status = 200, description = "Its inputs and outputs.", body = ModelAbout),
        (status = 401, description = "No key, or one that is not known.", body = InferenceError),
        (status = 404, description = "No such model.", body = InferenceError),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = InferenceError),
    ))]
pub(super) async fn model(
    State(state): State<ServerState>,
    Path(model): Path<String>,
) -> Result<Json<ModelAbout>, Refusal> {
    about(&state, &model, None).map_err(|refusal| refusal.of(Family::Inference))
}

/// A version of the model: the one that serves, by its id.
pub(super) async fn model_version(
    State(state): State<ServerState>,
    Path((model, version)): Path<(String, String)>,
) -> Result<Json<ModelAbout>, Refusal> {
    about(&state, &model, Some(&version)).map_err(|refusal| refusal.of(Family::Inference))
}

/// The model takes photos.
#[utoipa::path(get, path = "/v2/models/{model}/ready", tag = "open inference", security(("key" = [])),
    params(("model" = ModelName, Path, description = "`packshot`")),
    responses(
        (status = 200, description = "It does.", body = ReadyAbout),
        (status = 401, description = "No key, or one that is not known.", body = InferenceError),
        (status = 404, description = "No such model.", body = InferenceError),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = InferenceError),
        (status = 503, description = "No model is loaded yet, or the server is stopping.", body = InferenceError),
    ))]
pub(super) async fn model_ready(
    State(state): State<ServerState>,
    Path(model): Path<String>,
) -> Result<Json<ReadyAbout>, Refusal> {
    let ready = check_name(&state, &model, None).and_then(|()| is_ready(&state, Some(MODEL)));
    ready.map_err(|refusal| refusal.of(Family::Inference))
}

/// A version of the model takes photos.
pub(super) async fn version_ready(
    State(state): State<ServerState>,
    Path((model, version)): Path<(String, String)>,
) -> Result<Json<ReadyAbout>, Refusal> {
    let ready = check_name(&state, &model, Some(&version)).and_then(|()| is_ready(&state, Some(MODEL)));
    ready.map_err(|refusal| refusal.of(Family::Inference))
}

/// Scores photos.
#[utoipa::path(post, path = "/v2/models/{model}/infer", tag = "open inference", security(("key" = [])),
    params(("model" = ModelName, Path, description = "`packshot`")),
    request_body(content = InferRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "One number an output and photo.", body = InferAnswer),
        (status = 400, description = "The body does not follow the protocol.", body = InferenceError),
        (status = 401, description = "No key, or one that is not known.", body = InferenceError),
        (status = 404, description = "No such model.", body = InferenceError),
        (status = 408, description = "The body did not come in time.", body = InferenceError),
        (status = 413, description = "More bytes or photos than the server takes.", body = InferenceError),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = InferenceError),
        (status = 503, description = "Too many photos are waiting, or the server is stopping; see retry-after.", body = InferenceError),
        (status = 504, description = "No score in time.", body = InferenceError),
    ))]
pub(super) async fn infer(
    State(state): State<ServerState>,
    Path(model): Path<String>,
    request: Request,
) -> Result<Json<InferAnswer>, Refusal> {
    answer(&state, &model, None, request).await.map(Json).map_err(|refusal| refusal.of(Family::Inference))
}

/// Scores photos with the version that serves, by its id.
pub(super) async fn infer_version(
    State(state): State<ServerState>,
    Path((model, version)): Path<(String, String)>,
    request: Request,
) -> Result<Json<InferAnswer>, Refusal> {
    answer(&state, &model, Some(&version), request).await.map(Json).map_err(|refusal| refusal.of(Family::Inference))
}

fn is_ready(state: &ServerState, name: Option<&'static str>) -> Result<Json<ReadyAbout>, Refusal> {
    if state.is_draining() {
        return Err(Refusal::draining());
    }
    state.card().map(|_| Json(ReadyAbout { name, ready: true }))
}

fn check_name(state: &ServerState, model: &str, version: Option<&str>) -> Result<(), Refusal> {
    if model != MODEL {
        return Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is no model {model:?}; it is called {MODEL}")));
    }
    let serving = state.card()?.id.0.clone();
    match version.filter(|version| *version != serving) {
        Some(other) => {
            Err(Refusal::new(StatusCode::NOT_FOUND, format!("version {other:?} does not serve; {serving} does")))
        }
        None => Ok(()),
    }
}

fn about(state: &ServerState, model: &str, version: Option<&str>) -> Result<Json<ModelAbout>, Refusal> {
    check_name(state, model, version)?;
    let tensor = |name, datatype| TensorAbout { name, datatype, shape: [-1] };
    Ok(Json(ModelAbout {
        name: MODEL,
        versions: vec![state.card()?.id.0.clone()],
        platform: "packshot",
        inputs: vec![tensor("content", "BYTES")],
        outputs: OUTPUTS.iter().map(|&(name, datatype)| tensor(name, datatype)).collect(),
    }))
}

async fn answer(
    state: &ServerState,
    model: &str,
    version: Option<&str>,
    request: Request,
) -> Result<InferAnswer, Refusal> {
    check_name(state, model, version)?;
    let json_length = json_length(request.headers())?;
    let bytes = body::in_time(state, body::whole(request)).await?;
    let most = state.config().max_photos;
    let parsed = tokio::task::spawn_blocking(move || parse(&bytes, json_length, most)).await;
    let Asked { id, wanted, photos } = parsed.map_err(|_| bad("the body is unreadable"))??;
    let before = state.card()?.id.clone();
    let results = state.score(photos).await?;
    let scored: Option<&ScoreRow> = results.iter().find_map(|result| result.as_ref().ok());
    let model_version = scored.map_or(before, |row| row.model.clone()).0;
    let value = |name: &str, result: &crate::error::Result<ScoreRow>| {
        let score = result.as_ref().ok().and_then(|row| row.score);
        match (name, score) {
            ("error", _) => json!(result.as_ref().err().map(crate::error::Error::chain).unwrap_or_default()),
            (_, None) => Value::Null,
            ("low", Some(score)) => json!(score.low),
            ("high", Some(score)) => json!(score.high),
            (_, Some(score)) => json!(score.value),
        }
    };
    let outputs = OUTPUTS.iter().filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(*name)));
    let outputs = outputs.map(|&(name, datatype)| OutputTensor {
        name,
        datatype,
        shape: vec![results.len()],
        data: results.iter().map(|result| value(name, result)).collect(),
    });
    Ok(InferAnswer { model_name: MODEL, model_version, id, outputs: outputs.collect() })
}

/// A request taken apart.
#[derive(Debug)]
struct Asked {
    id: Option<String>,
    wanted: Option<HashSet<String>>,
    photos: Vec<Photo>,
}

fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, detail)
}

fn json_length(headers: &HeaderMap) -> Result<Option<usize>, Refusal> {
    let Some(value) = headers.get(JSON_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    length.map(Some).ok_or_else(|| bad(format!("{JSON_LENGTH} is not a number")))
}

fn parse(bytes: &Bytes, json_length: Option<usize>, most: usize) -> Result<Asked, Refusal> {
    let length = json_length.unwrap_or(bytes.len());
    if length > bytes.len() {
        return Err(bad(format!("{JSON_LENGTH} is longer than the body")));
    }
    body::few_parts(&bytes[..length], most)?;
    let request: InferRequest = serde_json::from_slice(&bytes[..length])
        .map_err(|error| bad(format!("the body does not follow the protocol: {error}")))?;
    let wanted: Option<HashSet<String>> =
        request.outputs.map(|outputs| outputs.into_iter().map(|output| output.name).collect());
    if let Some(unknown) = wanted.iter().flatten().find(|name| !OUTPUTS.iter().any(|known| known.0 == **name)) {
        return Err(bad(format!("there is no output {unknown:?}")));
    }
    let Ok([tensor]) = <[InputTensor; 1]>::try_from(request.inputs) else {
        return Err(bad("send one input, `content`"));
    };
    let photos = photos(tensor, bytes.slice(length..))?;
    Ok(Asked { id: request.id, wanted, photos })
}

fn photos(tensor: InputTensor, rest: Bytes) -> Result<Vec<Photo>, Refusal> {
    if tensor.name != "content" || tensor.datatype != "BYTES" {
        return Err(bad("the input is `content` with the datatype BYTES"));
    }
    let count = match tensor.shape.as_slice() {
        [count] | [count, 1] => usize::try_from(*count).ok().filter(|count| *count > 0),
        _ => None,
    };
    let count = count.ok_or_else(|| bad("the shape of `content` is the number of photos, [n] or [n, 1]"))?;
    let (kind, binary) = tensor.parameters.map_or((None, None), |given| (given.content_type, given.binary_data_size));
    let photos = match (binary, tensor.data) {
        (Some(size), None) if size == rest.len() => raw(rest)?,
        (Some(size), None) => {
            return Err(bad(format!("binary_data_size is {size}, and {} bytes follow the JSON", rest.len())));
        }
        (None, Some(data)) => {
            if let Some(other) = kind.filter(|kind| kind != "base64") {
                return Err(bad(format!("content_type {other:?} is not base64")));
            }
            let photo = |(index, cell): (usize, &Value)| {
                let name = format!("photo {}", index + 1);
                // [n, 1] may come as lists of one.
                let cell = cell.as_array().and_then(|cells| cells.first()).unwrap_or(cell);
                let text = cell.as_str().ok_or_else(|| bad(format!("{name} is not text")))?;
                body::from_base64(text, &name)
            };
            data.iter().enumerate().map(photo).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(bad("send photos as `data`, or after the JSON with binary_data_size")),
    };
    if photos.len() != count {
        return Err(bad(format!("the shape says {count} photos, and {} were sent", photos.len())));
    }
    Ok(photos.into_iter().enumerate().map(|(index, bytes)| (format!("photo {}", index + 1), bytes)).collect())
}

/// Photos one after the other, each after its length in 4 bytes, little-endian.
fn raw(mut rest: Bytes) -> Result<Vec<Bytes>, Refusal> {
    let mut photos = Vec::new();
    while !rest.is_empty() {
        let cut = || bad("the binary data is cut short");
        let length = rest.try_get_u32_le().map_err(|_| cut())? as usize;
        if length > rest.len() {
            return Err(cut());
        }
        photos.push(rest.split_to(length));
    }
    Ok(photos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(json: &str, rest: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let body = Bytes::from([json.as_bytes(), rest].concat());
        let asked = parse(&body, Some(json.len()), 64)?;
        Ok(asked.photos.into_iter().map(|photo| photo.1.to_vec()).collect())
    }

    #[test]
    fn photos_come_in_base64_or_as_they_are() {
        let input = |shape: &str, more: &str| {
            format!(r#"{{"inputs": [{{"name": "content", "datatype": "BYTES", "shape": {shape}, {more}}}]}}"#)
        };
        let two = vec![b"a".to_vec(), b"bc".to_vec()];
        let base64 = r#""parameters": {"content_type": "base64"}, "data": ["YQ==", "YmM="]"#;
        assert_eq!(contents(&input("[2]", base64), b"").expect("base64"), two);
        assert_eq!(contents(&input("[2, 1]", r#""data": [["YQ=="], ["YmM="]]"#), b"").expect("columns"), two);
        let binary = input("[2]", r#""parameters": {"binary_data_size": 11}"#);
        assert_eq!(contents(&binary, b"\x01\0\0\0a\x02\0\0\0bc").expect("binary"), two);
        for (json, rest, part) in [
            (input("[3]", base64), b"".as_slice(), "says 3 photos, and 2"),
            (input("[-1]", base64), b"", "number of photos"),
            (input("[1]", r#""data": ["?"]"#), b"", "not base64"),
            (input("[1]", r#""parameters": {"content_type": "jpeg"}, "data": ["YQ=="]"#), b"", "is not base64"),
            (input("[1]", r#""parameters": {"binary_data_size": 4}"#), b"\x09\0\0\0", "cut short"),
            (input("[1]", r#""parameters": {"binary_data_size": 5}"#), b"\x01\0\0\0", "4 bytes follow"),
            (input("[1]", r#""parameters": {}"#), b"", "`data`"),
            (r#"{"inputs": []}"#.to_owned(), b"", "one input"),
            ("{}".to_owned(), b"", "protocol"),
            (input("[1]", base64).replace("BYTES", "FP32"), b"", "datatype BYTES"),
        ] {
            let refusal = contents(&json, rest).expect_err(&json);
            assert!(refusal.detail.contains(part), "{json}: {}", refusal.detail);
        }
    }
}
