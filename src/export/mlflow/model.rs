//! A network as an MLflow model: ONNX and `python_function` flavours that score a photo's bytes.

use serde_json::{Value, json};

use super::plan::{ModelPlan, PlannedFile};
use crate::domain::ModelCard;
use crate::export::base64;

/// Loads and scores; MLflow imports it by name.
const PYFUNC: &str = include_str!("../../../assets/mlflow/packshot_pyfunc.py");

/// Prepares photos: the script that lies beside exported ONNX files, as a module.
const VIEWS: &str = include_str!("../../../assets/onnx/score.py");

/// The versions that the flavours were tested with; what runs the model may be newer.
const REQUIREMENTS: &str = "mlflow-skinny>=2.20\nnumpy>=1.26\nonnxruntime>=1.17\npandas>=2\npillow>=10\n";

const PYTHON: &str = "3.11.7";

/// How far scores after Pillow's decoding may be from Packshot's own, in points.
const TOLERANCE: f64 = 1.0;

/// What is known of a model.
pub struct ModelFacts<'a> {
    /// Its card.
    pub card: &'a ModelCard,
    /// SHA-256 of its weights.
    pub sha256: &'a str,
    /// The network with its calibration.
    pub onnx: &'a [u8],
    /// A photo with the score that Packshot gives it.
    pub example: (&'a [u8], f64),
    /// Name of the registered model.
    pub registered: &'a str,
    /// The alias that shall point to it.
    pub alias: Option<&'a str>,
}

/// What MLflow is to hold of a model.
pub fn plan_model(facts: &ModelFacts<'_>) -> ModelPlan {
    let card = facts.card;
    let (photo, score) = facts.example;
    let content = base64::encode(photo);
    let example = json!({"columns": ["content"], "data": [[content]]});
    let preprocess =
        json!({"version": card.preprocess, "input": "views", "shape": [-1, 2, 3, 192, 192], "range": [0, 1]});
    let golden = json!({"photo": content, "score": score, "tolerance": TOLERANCE});
    let conda = format!(
        "channels: [conda-forge]\ndependencies:\n- python={PYTHON}\n- pip\n- pip:\n{}name: mlflow-env\n",
        REQUIREMENTS.lines().map(|line| format!("  - {line}\n")).collect::<String>()
    );
    let python = format!(
        "python: {PYTHON}\nbuild_dependencies: [pip, setuptools, wheel]\ndependencies: [\"-r requirements.txt\"]\n"
    );
    let files = vec![
        PlannedFile::new("code/packshot_pyfunc.py", PYFUNC),
        PlannedFile::new("code/packshot_views.py", VIEWS),
        PlannedFile::new("data/model.onnx", facts.onnx),
        PlannedFile::new("data/preprocess.json", pretty(&preprocess)),
        PlannedFile::new("data/golden.json", pretty(&golden)),
        PlannedFile::new("data/model.json", serde_json::to_string_pretty(card).unwrap_or_default()),
        PlannedFile::new("requirements.txt", REQUIREMENTS),
        PlannedFile::new("conda.yaml", conda),
        PlannedFile::new("python_env.yaml", python),
        PlannedFile::new("input_example.json", example.to_string()),
        PlannedFile::new("serving_input_example.json", json!({"dataframe_split": example}).to_string()),
        // The last one: a folder without it is no model yet.
        PlannedFile::new("MLmodel", mlmodel(card)),
    ];
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    ModelPlan {
        id: card.id.0.clone(),
        registered: facts.registered.to_owned(),
        alias: facts.alias.map(str::to_owned),
        params: vec![
            tag("architecture", &card.architecture),
            ("half_width".to_owned(), card.reach.half_width.to_string()),
            ("calibrated_on".to_owned(), card.reach.n.to_string()),
        ],
        tags: vec![
            tag("packshot.model_id", &card.id.0),
            tag("packshot.model_sha256", facts.sha256),
            tag("packshot.code_version", &card.code_version),
        ],
        files,
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The description of the model; `{{…}}` stands where the server's ids belong.
fn mlmodel(card: &ModelCard) -> String {
    let made = jiff::Timestamp::from_millisecond(card.created_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let made = made.strftime("%Y-%m-%d %H:%M:%S.%6f");
    let inputs = json!([{"type": "binary", "name": "content", "required": true}]);
    let outputs = json!([
        {"type": "double", "name": "score", "required": true},
        {"type": "double", "name": "low", "required": true},
        {"type": "double", "name": "high", "required": true},
        {"type": "string", "name": "error", "required": true}
    ]);
    format!(
        "artifact_path: {{{{ARTIFACT_URI}}}}
flavors:
  onnx:
    code: code
    data: data/model.onnx
    onnx_session_options: null
    onnx_version: 1.19.0
    providers: [CPUExecutionProvider]
  python_function:
    code: code
    config: {{threads: 1}}
    data: data
    env: {{conda: conda.yaml, virtualenv: python_env.yaml}}
    loader_module: packshot_pyfunc
    python_version: {PYTHON}
is_signature_from_type_hint: false
metadata:
  packshot: {{format: {}, model: {}, preprocess: data/preprocess.json}}
mlflow_version: 3.17.2
model_id: {{{{MODEL_ID}}}}
model_size_bytes: {{{{SIZE}}}}
model_uuid: {{{{MODEL_ID}}}}
prompts: null
run_id: {{{{RUN_ID}}}}
saved_input_example_info: {{artifact_path: input_example.json, pandas_orient: split, serving_input_path: serving_input_example.json, type: dataframe}}
signature:
  inputs: '{inputs}'
  outputs: '{outputs}'
  params: null
type_hint_from_example: false
utc_time_created: '{made}'
",
        card.format, card.id
    )
}
