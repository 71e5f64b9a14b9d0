//! `POST /invocations`: MLflow's scoring protocol, with photos in base64.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::super::body;
use super::super::dto::{Invocation, InvocationAnswer, Invoked, MlflowError};
use super::super::error::{Family, Refusal};
use super::super::state::{Photo, ServerState};

/// The column that holds the photos.
const COLUMN: &str = "content";

/// The four ways to send rows.
const WAYS: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

/// Scores photos as an MLflow model server does.
#[utoipa::path(post, path = "/invocations", tag = "mlflow", security(("key" = [])),
    request_body(content = Invocation, content_type = "application/json"),
    responses(
        (status = 200, description = "One row a photo, in their order.", body = InvocationAnswer),
        (status = 400, description = "The body is not one of the four ways.", body = MlflowError),
        (status = 401, description = "No key, or one that is not known.", body = MlflowError),
        (status = 408, description = "The body did not come in time.", body = MlflowError),
        (status = 413, description = "More bytes or photos than the server takes.", body = MlflowError),
        (status = 415, description = "Not JSON.", body = MlflowError),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = MlflowError),
        (status = 503, description = "Too many photos are waiting, or the server is stopping; see retry-after.", body = MlflowError),
        (status = 504, description = "No score in time.", body = MlflowError),
    ))]
pub(super) async fn invoke(
    State(state): State<ServerState>,
    request: Request,
) -> Result<Json<InvocationAnswer>, Refusal> {
    answer(&state, request).await.map(Json).map_err(|refusal| refusal.of(Family::Mlflow))
}

async fn answer(state: &ServerState, request: Request) -> Result<InvocationAnswer, Refusal> {
    if body::content_type(request.headers()) != "application/json" {
        let detail = "send JSON with the content type application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let bytes = body::in_time(state, body::whole(request)).await?;
    let most = state.config().max_photos;
    // Megabytes of base64: not on a thread that answers others meanwhile.
    let photos = tokio::task::spawn_blocking(move || photos(&bytes, most))
        .await
        .map_err(|_| bad("the body is unreadable"))??;
    let results = state.score(photos).await?;
    Ok(InvocationAnswer { predictions: results.into_iter().map(Invoked::from).collect() })
}

fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, detail)
}

fn photos(bytes: &Bytes, most: usize) -> Result<Vec<Photo>, Refusal> {
    body::few_parts(bytes, most)?;
    let body: Value = serde_json::from_slice(bytes).map_err(|error| bad(format!("the body is not JSON: {error}")))?;
    let Value::Object(mut body) = body else { return Err(bad("the body is not an object")) };
    if body.get("params").is_some_and(|params| !params.is_object() && !params.is_null()) {
        return Err(bad("`params` is not an object"));
    }
    let given: Vec<&str> = WAYS.into_iter().filter(|way| body.contains_key(*way)).collect();
    let [way] = given.as_slice() else {
        return Err(bad(format!("send exactly one of {}", WAYS.join(", "))));
    };
    let rows = body.remove(*way).unwrap_or_default();
    let cells = match *way {
        "dataframe_split" => split(rows)?,
        _ => list(rows, way)?,
    };
    if cells.is_empty() {
        return Err(bad(format!("`{way}` holds no photo")));
    }
    let cells = cells.into_iter().enumerate();
    cells
        .map(|(index, cell)| {
            let name = format!("photo {}", index + 1);
            let text = text(cell).ok_or_else(|| bad(format!("{name} is not base64 text under `{COLUMN}`")))?;
            Ok((name.clone(), body::from_base64(&text, &name)?))
        })
        .collect()
}

/// The cells of `{"columns": […], "data": [[…]]}` under the photos' column.
fn split(rows: Value) -> Result<Vec<Value>, Refusal> {
    let shape = || bad("`dataframe_split` is not {\"columns\": [\"content\"], \"data\": [[\"<base64>\"]]}");
    let Value::Object(mut frame) = rows else { return Err(shape()) };
    let columns = frame.get("columns").and_then(Value::as_array).ok_or_else(shape)?;
    let column = columns.iter().position(|name| name == COLUMN).ok_or_else(shape)?;
    let Some(Value::Array(data)) = frame.remove("data") else { return Err(shape()) };
    let cell = |row: Value| match row {
        Value::Array(mut row) if column < row.len() => Ok(row.swap_remove(column)),
        _ => Err(shape()),
    };
    data.into_iter().map(cell).collect()
}

/// The cells of a list of rows, or of `{"content": […]}`.
fn list(rows: Value, way: &str) -> Result<Vec<Value>, Refusal> {
    match rows {
        Value::Array(rows) => Ok(rows),
        Value::Object(mut columns) => match columns.remove(COLUMN) {
            Some(Value::Array(cells)) => Ok(cells),
            Some(cell @ Value::String(_)) => Ok(vec![cell]),
            _ => Err(bad(format!("`{way}` has no column `{COLUMN}`"))),
        },
        cell @ Value::String(_) => Ok(vec![cell]),
        _ => Err(bad(format!("`{way}` is not a list"))),
    }
}

/// The text of a cell: itself, under the photos' column, under TensorFlow's `b64`, or alone in a list.
fn text(cell: Value) -> Option<String> {
    let of = |mut object: Map<String, Value>| object.remove(COLUMN).or_else(|| object.remove("b64"));
    match cell {
        Value::String(text) => Some(text),
        Value::Object(object) => text(of(object)?),
        Value::Array(cells) if cells.len() == 1 => text(cells.into_iter().next()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_every_way_that_mlflow_knows() {
        let two = [
            r#"{"dataframe_split": {"index": [0, 1], "columns": ["id", "content"], "data": [[1, "YQ=="], [2, "Yg=="]]}}"#,
            r#"{"dataframe_records": [{"content": "YQ=="}, {"content": "Yg=="}], "params": {}}"#,
            r#"{"instances": ["YQ==", "Yg=="]}"#,
            r#"{"instances": [{"content": "YQ=="}, {"b64": "Yg=="}], "params": null}"#,
            r#"{"instances": [{"content": {"b64": "YQ=="}}, ["Yg=="]]}"#,
            r#"{"inputs": {"content": ["YQ==", "Yg=="]}}"#,
            r#"{"inputs": ["YQ==", "Yg=="]}"#,
        ];
        for body in two {
            let photos =
                photos(&Bytes::from_static(body.as_bytes()), 64).unwrap_or_else(|error| panic!("{body}: {error:?}"));
            let bytes: Vec<&[u8]> = photos.iter().map(|photo| photo.1.as_ref()).collect();
            assert_eq!(bytes, [b"a".as_slice(), b"b"], "{body}");
        }
    }

    #[test]
    fn what_is_none_of_them_says_what_to_send() {
        for (body, part) in [
            ("[]", "not an object"),
            ("{", "not JSON"),
            ("{}", "exactly one of"),
            (r#"{"instances": [], "inputs": []}"#, "exactly one of"),
            (r#"{"instances": []}"#, "no photo"),
            (r#"{"instances": [7]}"#, "photo 1"),
            (r#"{"instances": ["YQ==", "?"]}"#, "photo 2 is not base64"),
            (r#"{"inputs": {"image": ["YQ=="]}}"#, "no column `content`"),
            (r#"{"dataframe_split": {"columns": ["image"], "data": [["YQ=="]]}}"#, "\"columns\""),
            (r#"{"dataframe_split": {"columns": ["content"], "data": [[]]}}"#, "\"columns\""),
            (r#"{"instances": ["YQ=="], "params": 3}"#, "`params`"),
        ] {
            let refusal = photos(&Bytes::from_static(body.as_bytes()), 64).expect_err(body);
            assert!(refusal.detail.contains(part) && refusal.status == 400, "{body}: {}", refusal.detail);
        }
    }
}
