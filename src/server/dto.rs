//! What goes over the wire; these types never leave the server.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{Attributes, ModelId, ScoreRow};
use crate::error::Result;

/// The answer for one photo.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Prediction {
    /// The name the client gave the photo.
    #[schema(example = "mug.jpg")]
    pub(super) filename: String,
    /// 0-100, higher is better.
    #[schema(minimum = 0, maximum = 100, example = 71.3)]
    pub(super) score: Option<f64>,
    /// The ends of the 90 % interval.
    #[schema(value_type = Option<Vec<f64>>, min_items = 2, max_items = 2, example = json!([58.1, 84.5]))]
    pub(super) interval: Option<[f64; 2]>,
    /// Measured attributes by name; absent when the server gives scores alone.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub(super) attributes: Option<Attributes>,
    /// The main rule the photo breaks.
    pub(super) reason: Option<String>,
    /// The model's id: the start of the SHA-256 of its weights.
    #[schema(example = "0123456789abcdef")]
    pub(super) model_version: String,
}

impl From<ScoreRow> for Prediction {
    fn from(row: ScoreRow) -> Self {
        Self {
            filename: row.path.to_string_lossy().into_owned(),
            score: row.score.map(|score| score.value),
            interval: row.score.map(|score| [score.low, score.high]),
            attributes: row.attributes,
            reason: row.reason,
            model_version: row.model.0,
        }
    }
}

/// The answer for one photo of several.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchItem {
    #[serde(flatten)]
    prediction: Prediction,
    /// Why there is no score.
    error: Option<String>,
}

impl BatchItem {
    pub(super) fn new(filename: String, result: Result<ScoreRow>, model: &ModelId) -> Self {
        match result {
            Ok(row) => Self { prediction: row.into(), error: None },
            Err(error) => {
                let prediction = Prediction {
                    filename,
                    score: None,
                    interval: None,
                    attributes: None,
                    reason: None,
                    model_version: model.0.clone(),
                };
                Self { prediction, error: Some(error.chain()) }
            }
        }
    }
}

/// The answer for several photos, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchAnswer {
    /// One a photo.
    pub(super) predictions: Vec<BatchItem>,
}

/// A form with one photo.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form to the OpenAPI document")]
pub(super) struct PhotoForm {
    /// The photo's file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A form with several photos.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form to the OpenAPI document")]
pub(super) struct PhotosForm {
    /// The photos' files.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1)]
    files: Vec<Vec<u8>>,
}

/// What is wrong with a request.
#[derive(Serialize, ToSchema)]
pub(super) struct Detail {
    /// In words.
    detail: String,
}

/// What is wrong with a request to `/invocations`.
#[derive(Serialize, ToSchema)]
pub(super) struct MlflowError {
    /// MLflow's name for it.
    #[schema(example = "BAD_REQUEST")]
    error_code: String,
    /// In words.
    message: String,
}

/// What is wrong with a request of the open inference protocol.
#[derive(Serialize, ToSchema)]
pub(super) struct InferenceError {
    /// In words.
    error: String,
}

/// A photo as it is.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body to the OpenAPI document")]
pub(super) struct RawPhoto(Vec<u8>);

/// Columns and rows.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the request to the OpenAPI document")]
pub(super) struct Frame {
    /// The names of the columns, one of them `content`.
    #[schema(example = json!(["content"]))]
    columns: Vec<String>,
    /// The rows; under `content` a photo in base64.
    #[schema(value_type = Vec<Vec<Value>>, min_items = 1)]
    data: Vec<Vec<Value>>,
}

/// A row.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the request to the OpenAPI document")]
pub(super) struct Record {
    /// A photo in base64.
    content: String,
}

/// Photos for `/invocations`: exactly one of the four ways. `params` may stand beside it; Packshot has none.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the request to the OpenAPI document; the body is taken apart by hand")]
pub(super) enum Invocation {
    /// A table.
    DataframeSplit(Frame),
    /// Rows.
    DataframeRecords(Vec<Record>),
    /// Photos in base64.
    Instances(Vec<String>),
    /// Photos in base64.
    Inputs(Vec<String>),
}

/// The name of the model in the open inference protocol.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the path to the OpenAPI document")]
pub(super) enum ModelName {
    /// The only one.
    Packshot,
}

/// One row of an answer to `/invocations`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Invoked {
    /// 0-100, higher is better; null where there is none.
    pub(super) score: Option<f64>,
    /// Lower end of the 90 % interval.
    pub(super) low: Option<f64>,
    /// Upper end of the 90 % interval.
    pub(super) high: Option<f64>,
    /// Why there is no score.
    pub(super) error: Option<String>,
}

impl From<Result<ScoreRow>> for Invoked {
    fn from(result: Result<ScoreRow>) -> Self {
        match result {
            Ok(row) => Self {
                score: row.score.map(|score| score.value),
                low: row.score.map(|score| score.low),
                high: row.score.map(|score| score.high),
                error: None,
            },
            Err(error) => Self { score: None, low: None, high: None, error: Some(error.chain()) },
        }
    }
}

/// The answer to `/invocations`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvocationAnswer {
    /// One a photo, in their order.
    pub(super) predictions: Vec<Invoked>,
}

/// What a tensor is called, holds and how long it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TensorAbout {
    #[schema(example = "content")]
    pub(super) name: &'static str,
    /// `BYTES` or `FP32`.
    #[schema(example = "BYTES")]
    pub(super) datatype: &'static str,
    /// −1 stands for any number of photos.
    pub(super) shape: [i64; 1],
}

/// A model as the open inference protocol describes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelAbout {
    #[schema(example = "packshot")]
    pub(super) name: &'static str,
    /// The id of the model that serves.
    pub(super) versions: Vec<String>,
    pub(super) platform: &'static str,
    pub(super) inputs: Vec<TensorAbout>,
    pub(super) outputs: Vec<TensorAbout>,
}

/// A server as the open inference protocol describes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServerAbout {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// `binary_tensor_data`: photos may follow the JSON as they are.
    pub(super) extensions: Vec<&'static str>,
}

/// Whether the server lives or is ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Live {
    pub(super) live: bool,
}

/// Whether the server or a model is ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadyAbout {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'static str>,
    pub(super) ready: bool,
}

/// A request of the open inference protocol.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct InferRequest {
    /// Comes back with the answer.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// One tensor, `content`.
    pub(super) inputs: Vec<InputTensor>,
    /// The outputs wanted, by name; all when absent.
    #[serde(default)]
    pub(super) outputs: Option<Vec<OutputWanted>>,
}

/// A tensor of a request.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct InputTensor {
    /// `content`.
    #[schema(example = "content")]
    pub(super) name: String,
    /// `BYTES`.
    #[schema(example = "BYTES")]
    pub(super) datatype: String,
    /// The number of photos, as `[n]` or `[n, 1]`.
    #[schema(example = json!([1]))]
    pub(super) shape: Vec<i64>,
    /// `content_type`: `base64`; `binary_data_size`: the photos follow the JSON, each after its length (4 bytes, little-endian).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Option<InputParameters>,
    /// The photos in base64.
    #[serde(default)]
    pub(super) data: Option<Vec<Value>>,
}

/// What a tensor's data is.
#[derive(Debug, Deserialize)]
pub(super) struct InputParameters {
    #[serde(default)]
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) binary_data_size: Option<usize>,
}

/// An output that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OutputWanted {
    /// `score`, `low`, `high` or `error`.
    #[schema(example = "score")]
    pub(super) name: String,
}

/// A tensor of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutputTensor {
    pub(super) name: &'static str,
    /// `FP32`, or `BYTES` for `error`.
    pub(super) datatype: &'static str,
    pub(super) shape: Vec<usize>,
    /// Numbers, null where there is no score; for `error` texts, empty where there is one.
    #[schema(value_type = Vec<Value>)]
    pub(super) data: Vec<Value>,
}

/// An answer of the open inference protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InferAnswer {
    pub(super) model_name: &'static str,
    /// The model's id.
    pub(super) model_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) outputs: Vec<OutputTensor>,
}
