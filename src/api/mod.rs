//! The use cases: what the window, the command line and the HTTP API all call.
//!
//! Every function takes a [`Project`] and plain values; long work returns a [`crate::jobs::JobHandle`]. Must not know
//! egui, clap or axum.

pub mod clock;

mod arena;
mod audit;
mod compare;
mod crash;
mod demo;
mod doctor;
mod duplicates;
mod each;
mod evaluate;
mod explain;
mod export;
mod features;
mod feed;
mod finetune;
mod fused;
mod labels;
mod lineage;
mod mirror;
mod mlflow;
mod mlflow_import;
mod models;
mod onnx;
mod personal;
mod photos;
mod predict;
mod pretrain;
mod project;
mod raters;
mod rehearsal;
mod rules;
mod run_lock;
mod run_watcher;
mod runs;
mod score;
mod scorer;
mod series;
mod shard;
mod side_by_side;
mod train;
mod train_photos;
mod triage;
pub mod usage;
mod voting;
mod watched;

pub use crate::data::FEWEST_LABELS;
pub use crate::export::{Audited, Broken, count_broken};
pub use crate::train::personal::{Estimate, FEWEST_LABELS as FEWEST_FOR_PERSONAL, FitReport};
pub use arena::{Arena, ArenaRequest, Ranked, SETTLED, TELLING, look_at_arena};
pub use audit::{AuditJob, AuditRequest, AuditRow, AuditSummary, known_attributes, load_evidence, start_audit};
pub use compare::{
    CompareRequest, CompareRow, CompareSummary, check_comparison_file, export_comparison, start_comparing,
};
pub use crash::{newest_crash_report, report_crashes};
pub use demo::{DemoSummary, draw_demo, start_demo};
pub use doctor::{Finding, describe_devices, examine};
pub use duplicates::{
    DuplicateGroup, DuplicatePhoto, DuplicatesRequest, DuplicatesSummary, check_duplicates_file, export_duplicates,
    start_duplicates,
};
pub use evaluate::{
    EvaluateRequest, EvaluateSummary, EvaluatedModel, SeenPhotos, check_evaluation_file, export_evaluation,
    start_evaluation,
};
pub use explain::{ExplainRequest, PhotoExplainer, check_picture_file, start_explaining};
pub use export::{check_audit_file, check_score_file, export_audit, export_runs, export_scores, judge, write_report};
pub use features::{FeaturesRequest, FeaturesSummary, check_features_file, features_list_file, start_features};
pub use feed::Feed;
pub use finetune::{HEAD_FROM, LAST_FROM, finetune_config};
pub use labels::{ImportSummary, LabelImport, export_labels, import_labels};
pub use mlflow::{
    MlflowExported, MlflowRequest, MlflowRuns, MlflowSummary, MlflowTarget, account_name, start_mlflow_export,
};
pub use mlflow_import::{
    MlflowImportRequest, MlflowImportState, MlflowImportSummary, MlflowImported, start_mlflow_import,
};
use models::find_network;
pub use models::{
    ArchitectureEntry, CHAMPION, ModelEntry, Standing, archive_model, find_model, list_all_models, list_architectures,
    list_models, models_mark, promote_model, roll_back_champion,
};
pub use onnx::{OnnxSummary, check_onnx_export, export_onnx};
pub use personal::{
    Alike, DescribeSummary, LabelForecast, Lesson, Likeness, NO_BACKBONE, PersonalRequest, PersonalSummary, QueueKind,
    Suspect, Tutor, start_describing, start_forecast, start_personal,
};
use photos::newest_scores_by_image;
pub use photos::{
    FailedPhoto, OpenSummary, PhotoRow, PhotoScore, Picture, list_files, list_photos, list_scores, load_picture,
    load_thumbnail, open_folders,
};
pub use predict::{Predictor, PreparedPhoto, Preparer};
pub use pretrain::{PretrainRequest, PretrainSummary, start_pretraining};
pub use project::{CODE_VERSION, Project};
pub use raters::{Consistency, Drift, RaterReport, RaterRow, report_raters};
pub use rehearsal::{HistorySize, make_history, make_rehearsal};
pub use rules::{copy_rule_pack, find_rule_pack, list_rule_packs, rule_library};
pub use runs::{
    RunView, SampleTrail, delete_run, find_run, list_runs, read_run, rename_run, restore_run, run_view, set_run_note,
    star_run, tag_run,
};
pub use score::{ScoreJob, ScoreRequest, ScoreSummary, start_scoring};
pub use series::{SeriesPlan, SeriesRequest, SeriesSummary, Trial, start_series};
pub use side_by_side::{PhotoPair, SideBySide, side_by_side};
pub use train::{Fate, TrainRequest, TrainSummary, start_training};
pub use triage::{TriageLine, TriageOutput, TriagePlan, TriageRequest, TriageSummary, plan_triage, start_triage};
pub use voting::{
    Ballot, LabelProgress, Occasion, RATER, Taken, add_tag, cast_vote, cast_votes, label_progress, label_queue,
    labels_of, labels_of_compared, list_tags, load_place, recent_votes, redo_votes, repeatable, save_place, tag_queue,
    tags_of, undo_votes,
};
