//! Plain values every room speaks in: photos, votes, scores, splits, runs, models.
//!
//! No I/O, no clocks, no randomness; imports nothing of ours.

mod attribute;
mod band;
mod evaluation;
mod evidence;
mod explanation;
mod histogram;
mod model;
mod photo;
mod run;
mod score;
mod split;
mod vote;

pub use attribute::{Attribute, Attributes, ColourMode, FileFacts, PhotoFormat, Unit};
pub use band::{Band, Edges};
pub use evaluation::{
    CalibrationBin, Ceiling, CeilingSource, Comparison, Difference, EvaluatedPhoto, Evaluation, GroupLine, Interval,
    Measure, Measured, Rating, Residuals, Subset, Summary, Verdict, signed,
};
pub use evidence::{Clip, Evidence, Ground, Region};
pub use explanation::{Explanation, Neighbour, QualityMap, SeenFlaw};
pub use histogram::{HISTOGRAM_LEVELS, Histogram};
pub use model::{Calibration, ModelCard, ModelId, PersonalBackbone, PersonalCard, Reach};
pub use photo::{ImageId, ImportedFile, Photo, VIEWING_SIZE};
pub use run::{MetricPoint, Run, RunId, RunMeta, RunOrigin, RunStatus, SampleScore, setting_differences};
pub use score::{Score, ScoreRow};
pub use split::Split;
pub use vote::{LEVEL_WORDS, Label, NO_DEFECT, Preference, Scale, Tag, TagId, UNSURE, Vote, VoteId, VoteKind};
