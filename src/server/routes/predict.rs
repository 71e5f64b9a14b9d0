//! `POST /predict` and `POST /predict/batch`.

use axum::Json;
use axum::extract::{Request, State};

use super::super::body;
use super::super::dto::{BatchAnswer, BatchItem, Detail, PhotoForm, PhotosForm, Prediction, RawPhoto};
use super::super::error::Refusal;
use super::super::state::ServerState;
use crate::error::Error;

/// Scores one photo.
#[utoipa::path(post, path = "/predict", tag = "predict", security(("key" = [])),
    request_body(description = "The photo, as it is or in a form.", content(
        (PhotoForm = "multipart/form-data"), (RawPhoto = "image/*"), (RawPhoto = "application/octet-stream"),
    )),
    responses(
        (status = 200, description = "Its score.", body = Prediction),
        (status = 400, description = "The form is damaged.", body = Detail),
        (status = 401, description = "No key, or one that is not known.", body = Detail),
        (status = 408, description = "The body did not come in time.", body = Detail),
        (status = 413, description = "More bytes or pixels than the server takes.", body = Detail),
        (status = 415, description = "Neither a form nor an image.", body = Detail),
        (status = 422, description = "No sound photo, or the field `file` is missing.", body = Detail),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = Detail),
        (status = 500, description = "Something went wrong in the server.", body = Detail),
        (status = 503, description = "Too many photos are waiting, or the server is stopping; see retry-after.", body = Detail),
        (status = 504, description = "No score in time.", body = Detail),
    ))]
pub(super) async fn one(State(state): State<ServerState>, request: Request) -> Result<Json<Prediction>, Refusal> {
    let photo = body::in_time(&state, body::photo(request)).await?;
    let row = state.score(vec![photo]).await?.into_iter().next();
    Ok(Json(row.unwrap_or_else(|| Err(Error::internal("a photo has no answer")))?.into()))
}

/// Scores several photos; one that cannot be scored has an `error` and no score.
#[utoipa::path(post, path = "/predict/batch", tag = "predict", security(("key" = [])),
    request_body(content = PhotosForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "One row a photo, in their order.", body = BatchAnswer),
        (status = 400, description = "The form is damaged.", body = Detail),
        (status = 401, description = "No key, or one that is not known.", body = Detail),
        (status = 408, description = "The body did not come in time.", body = Detail),
        (status = 413, description = "More bytes or photos than the server takes.", body = Detail),
        (status = 415, description = "No form.", body = Detail),
        (status = 422, description = "The field `files` is missing.", body = Detail),
        (status = 429, description = "The client's quota is spent; see retry-after.", body = Detail),
        (status = 503, description = "Too many photos are waiting, or the server is stopping; see retry-after.", body = Detail),
        (status = 504, description = "No score in time.", body = Detail),
    ))]
pub(super) async fn batch(State(state): State<ServerState>, request: Request) -> Result<Json<BatchAnswer>, Refusal> {
    let most = state.config().max_photos.min(state.queue().size());
    let photos = body::in_time(&state, body::photos(request, most)).await?;
    let names: Vec<String> = photos.iter().map(|photo| photo.0.clone()).collect();
    let model = state.card()?.id.clone();
    let results = state.score(photos).await?;
    let items = names.into_iter().zip(results).map(|(name, result)| BatchItem::new(name, result, &model));
    Ok(Json(BatchAnswer { predictions: items.collect() }))
}
