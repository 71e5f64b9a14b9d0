//! Where a model comes from: the photos that served in its training, and in those of the models that it started from.

use std::collections::{BTreeSet, HashMap};

use super::ModelEntry;
use super::personal::learnt_from;
use super::train::RecordedConfig;
use crate::domain::{ImageId, ModelCard, ModelId, Run, RunId, Split};
use crate::error::Result;
use crate::store::Store;

/// The parts in which photos served, by SHA-256: in the training of a network, and of each that it started from, as far as
/// the project knows their runs. Of two parts the earlier one counts, so training before validation.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn served(store: &Store, card: &ModelCard) -> Result<HashMap<String, Split>> {
    let contents: HashMap<ImageId, String> =
        store.photos()?.into_iter().map(|photo| (photo.id, photo.sha256)).collect();
    let mut known = HashMap::new();
    let mut seen = BTreeSet::new();
    let mut next = match &card.personal {
        Some(personal) => store.run_of_model(&personal.base)?,
        None => card.run.clone().map(RunId),
    };
    while let Some(run) = next.take().filter(|run| seen.insert(run.0.clone())) {
        for (image, part, ..) in store.split(&run)? {
            if let Some(content) = contents.get(&image) {
                note(&mut known, content, part);
            }
        }
        next = match store.run(&run)? {
            Some(run) => start_of(store, &run)?,
            None => None,
        };
    }
    Ok(known)
}

/// As [`served`], for a model of any kind: a personal model learnt from every photo that its folder lists, too.
///
/// # Errors
/// When the database or the list cannot be read.
pub(super) fn known_to(store: &Store, entry: &ModelEntry) -> Result<HashMap<String, Split>> {
    let mut known = served(store, &entry.card)?;
    if entry.card.personal.is_some() {
        learnt_from(entry)?.iter().for_each(|content| note(&mut known, content, Split::Train));
    }
    Ok(known)
}

/// Adds what is known of a photo.
pub(super) fn note(known: &mut HashMap<String, Split>, content: &str, part: Split) {
    known.entry(content.to_owned()).and_modify(|first| *first = (*first).min(part)).or_insert(part);
}

/// The run whose model a run started from.
fn start_of(store: &Store, run: &Run) -> Result<Option<RunId>> {
    // An imported run has another configuration.
    let Ok(recorded) = toml::from_str::<RecordedConfig>(&run.config_toml) else { return Ok(None) };
    match recorded.start_run {
        Some(start) => Ok(Some(start)),
        None => store.run_of_model(&ModelId(recorded.train.start)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Project, open_folders};
    use crate::config::{Config, TrainConfig};
    use crate::domain::{Calibration, Reach};
    use crate::store::{StoredModel, sample_run};

    fn card(run: &str) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(format!("model of {run}")),
            architecture: "cnn-s".to_owned(),
            preprocess: 1,
            calibration: Calibration { mean: 50.0, std: 20.0 },
            reach: Reach::UNKNOWN,
            names_flaws: false,
            run: Some(run.to_owned()),
            created_ms: 0,
            code_version: String::new(),
            personal: None,
        }
    }

    #[test]
    fn a_model_knows_what_those_before_it_knew_and_the_earlier_part_counts() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(folder.path(), Config::default()).expect("opens");
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).expect("makes");
        for shade in 0..4 {
            let photo = image::RgbImage::from_pixel(8, 8, image::Rgb([60 * shade; 3]));
            photo.save(photos.join(format!("{shade}.png"))).expect("saves");
        }
        let opened = open_folders(&project, vec![photos], std::sync::Arc::new(|| {})).expect("starts").join(|_| {});
        assert!(matches!(opened, crate::jobs::Outcome::Completed(_)), "{opened:?}");
        let mut store = project.store().expect("store");
        let ids: Vec<(ImageId, String)> =
            store.photos().expect("reads").into_iter().map(|photo| (photo.id, photo.sha256)).collect();
        // By the recorded run, and, as older projects have it, by the id of the model.
        let (by_run, by_model) = (Some(RunId("r1".to_owned())), ModelId("model of r2".to_owned()));
        for (name, start_run, start, parts) in [
            ("r1", None, String::new(), vec![(0, Split::Train), (1, Split::Validation)]),
            ("r2", by_run, "gone".to_owned(), vec![(1, Split::Test), (2, Split::Test)]),
            ("r3", None, by_model.0.clone(), vec![(0, Split::Test), (3, Split::Train)]),
        ] {
            let train = TrainConfig { start, ..TrainConfig::default() };
            let mut recorded = RecordedConfig::of(train);
            recorded.start_run = start_run;
            let run = Run { config_toml: toml::to_string(&recorded).expect("writes"), ..sample_run(name) };
            store.insert_run(&run).expect("inserts");
            let row = |&(place, part): &(usize, Split)| (ids[place].0, part, "g".to_owned(), 50.0);
            store.save_split(&run.id, &parts.iter().map(row).collect::<Vec<_>>()).expect("saves");
            let (run, path) = (Some(run.id), format!("models/{name}/model"));
            let card = card(name);
            let (id, architecture) = (card.id, card.architecture);
            store.save_model(&StoredModel { id, run, architecture, path, created_ms: 0 }).expect("records");
        }
        let known = served(&store, &card("r3")).expect("reads");
        let part = |place: usize| known.get(&ids[place].1).copied();
        assert_eq!(
            [part(0), part(1), part(2), part(3)],
            [Some(Split::Train), Some(Split::Validation), Some(Split::Test), Some(Split::Train)]
        );
        assert_eq!(served(&store, &card("r1")).expect("reads").len(), 2);
    }
}
