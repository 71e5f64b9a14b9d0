//! The models a project can score with.

use std::path::{Path, PathBuf};

use burn::module::Module as _;
use burn::tensor::Device;

use super::runs::refuse_imported;
use super::{Project, clock, find_run};
use crate::domain::{ModelCard, ModelId};
use crate::error::{Error, Result};
use crate::store::{Promotion, Store};
use crate::{model_folder, nn};

/// The alias under which the promoted model is found.
pub const CHAMPION: &str = "champion";

/// The name under which the project's newest network is found.
const LATEST: &str = "latest";

/// How a model stands in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It was promoted: it scores wherever no model is named.
    Champion,
    /// It may be named; the newest scores where no model is named and none was promoted.
    Available,
    /// It is left out of lists and choices until it is named or brought back.
    Archived,
}

/// A model that can be used: its card and the folder it lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// The card.
    pub card: ModelCard,
    /// The folder with `model.json` and the weights.
    pub folder: PathBuf,
    /// The name of the run that made it, or the folder's name.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
}

/// The models in use: the champion, then the newest first, then the shipped one. The first is the current one. Archived
/// ones and those whose folder is gone or damaged are left out.
///
/// # Errors
/// When the database cannot be read.
pub fn list_models(project: &Project) -> Result<Vec<ModelEntry>> {
    let mut entries = list_all_models(project)?;
    entries.retain(|entry| entry.standing != Standing::Archived);
    Ok(entries)
}

/// As [`list_models`], with the archived ones at the end.
///
/// # Errors
/// When the database cannot be read.
pub fn list_all_models(project: &Project) -> Result<Vec<ModelEntry>> {
    let store = project.store()?;
    let champion = store.champion()?;
    let standing = |id: &ModelId, archived: bool| match champion.as_ref() {
        _ if archived => Standing::Archived,
        Some(champion) if champion == id => Standing::Champion,
        _ => Standing::Available,
    };
    let mut entries = Vec::new();
    for (model, archived) in store.all_models()? {
        let folder = project.root().join(&model.path);
        let name = match &model.run {
            Some(run) => store.run(run)?.map(|run| run.meta.name).unwrap_or_default(),
            None => folder_name(&folder),
        };
        match model_folder::read_card(&folder) {
            Ok(card) => entries.push(ModelEntry { standing: standing(&card.id, archived), card, folder, name }),
            Err(error) => tracing::warn!("model {} is left out: {error:#}", model.id),
        }
    }
    let (card, folder) = model_folder::shipped(&project.cache())?;
    let name = model_folder::SHIPPED.to_owned();
    entries.push(ModelEntry { standing: standing(&card.id, false), card, folder, name });
    // Stable: the others keep their order.
    entries.sort_by_key(|entry| match entry.standing {
        Standing::Champion => 0,
        Standing::Available => 1,
        Standing::Archived => 2,
    });
    Ok(entries)
}

/// What changes whenever another model may have become current: cheap to ask again and again.
///
/// # Errors
/// When the database cannot be read.
pub fn models_mark(project: &Project) -> Result<String> {
    let store = project.store()?;
    let mut mark = store.champion()?.map_or_else(String::new, |champion| champion.0);
    for (model, archived) in store.all_models()? {
        // A model goes by its run's name, too.
        let run = model.run.as_ref().map(|run| store.run(run)).transpose()?.flatten();
        let name = run.map(|run| run.meta.name).unwrap_or_default();
        mark.push_str(&format!("\n{}:{archived}:{name}", model.id));
    }
    Ok(mark)
}

/// Makes a model the champion: from now on it scores wherever no model is named, and a server that follows the name takes
/// it. Promoting the champion again changes nothing.
///
/// # Errors
/// As [`find_model`]; [`crate::Code::Usage`] for a personal model, which changes with every vote, and for one that lies
/// outside the project.
pub fn promote_model(project: &Project, name: &str) -> Result<ModelEntry> {
    let mut entry = find_model(project, Some(name))?;
    if entry.card.personal.is_some() {
        return Err(Error::usage("a personal model cannot be promoted: it changes with every vote")
            .hint("Promote a network: `packshot models list` shows them."));
    }
    let mut store = project.store()?;
    if !list_all_models(project)?.iter().any(|known| known.card.id == entry.card.id) {
        return Err(Error::usage(format!("{} lies outside the project", entry.folder.display()))
            .hint("Only the project's own models and the shipped one can be promoted."));
    }
    if entry.standing != Standing::Champion {
        if entry.standing == Standing::Archived {
            store.set_archived(&entry.card.id, None)?;
        }
        store.append_promotion(&Promotion { model: Some(entry.card.id.clone()), at_ms: clock::now_ms() })?;
        entry.standing = Standing::Champion;
    }
    Ok(entry)
}

/// Takes the last promotion back and gives the model that is current now: the champion before, or the newest when there was
/// none.
///
/// # Errors
/// [`crate::Code::NotFound`] when no model was promoted, or the champion before is gone.
pub fn roll_back_champion(project: &Project) -> Result<ModelEntry> {
    let mut store = project.store()?;
    let champions = store.champions()?;
    let Some((_, before)) = champions.split_last() else {
        return Err(Error::not_found("no model was promoted").hint("`packshot models promote` makes one the champion."));
    };
    if let Some(before) = before.last()
        && !list_all_models(project)?.iter().any(|entry| entry.card.id == *before)
    {
        return Err(Error::not_found(format!("the champion before, {before}, is not there any more"))
            .hint("Promote another model: `packshot models list` shows them."));
    }
    store.append_promotion(&Promotion { model: None, at_ms: clock::now_ms() })?;
    find_model(project, None)
}

/// Leaves a model out of lists and choices, or brings it back.
///
/// # Errors
/// As [`find_model`]; [`crate::Code::Usage`] for the champion, the shipped model and one that lies outside the project.
pub fn archive_model(project: &Project, name: &str, archived: bool) -> Result<ModelEntry> {
    let entry = find_model(project, Some(name))?;
    let mut store = project.store()?;
    if entry.standing == Standing::Champion {
        return Err(Error::usage(format!("{} is the champion", entry.card.id))
            .hint("Promote another model or roll back first."));
    }
    if !stored(&store, &entry.card.id)? {
        return Err(Error::usage(format!("{} is not the project's own", entry.name))
            .hint("Only models that were trained in this project can be archived."));
    }
    store.set_archived(&entry.card.id, archived.then(clock::now_ms))?;
    Ok(ModelEntry { standing: if archived { Standing::Archived } else { Standing::Available }, ..entry })
}

fn stored(store: &Store, id: &ModelId) -> Result<bool> {
    Ok(store.all_models()?.iter().any(|(model, _)| model.id == *id))
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Finds a model by run id, run name, model id (or a unique prefix of an id), folder, as the [`CHAMPION`], or as "latest": the
/// newest network that was trained here. When nothing is
/// named it is the current one: the champion, else the newest, and the shipped one while the project has none of its own.
///
/// # Errors
/// [`crate::Code::NotFound`] that says what there is, [`crate::Code::Usage`] when a prefix fits several.
pub fn find_model(project: &Project, name: Option<&str>) -> Result<ModelEntry> {
    let models = list_all_models(project)?;
    let Some(name) = name else {
        return models
            .into_iter()
            .find(|entry| entry.standing != Standing::Archived)
            .ok_or_else(|| Error::not_found("there is no model").hint("Name a model folder with --model."));
    };
    if name == CHAMPION {
        return models.into_iter().find(|entry| entry.standing == Standing::Champion).ok_or_else(|| {
            Error::not_found("no model was promoted").hint("`packshot models promote` makes one the champion.")
        });
    }
    if name == LATEST {
        let own = models.into_iter().filter(|entry| {
            entry.card.run.is_some() && entry.card.personal.is_none() && entry.standing != Standing::Archived
        });
        return own.max_by_key(|entry| entry.card.created_ms).ok_or_else(|| {
            Error::not_found("the project has no model of its own").hint("`packshot train` makes one.")
        });
    }
    let folder = Path::new(name);
    if folder.join("model.json").exists() {
        let card = model_folder::read_card(folder)?;
        let known = models.into_iter().find(|entry| entry.card.id == card.id);
        let standing = known.map_or(Standing::Available, |entry| entry.standing);
        return Ok(ModelEntry { card, folder: folder.to_owned(), name: folder_name(folder), standing });
    }
    let run_of = |entry: &ModelEntry| entry.card.run.clone().unwrap_or_default();
    let exact = |entry: &&ModelEntry| entry.card.id.0 == name || run_of(entry) == name || entry.name == name;
    if let Some(entry) = models.iter().find(exact) {
        return Ok(entry.clone());
    }
    let fits = |entry: &&ModelEntry| entry.card.id.0.starts_with(name) || run_of(entry).starts_with(name);
    match models.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [entry] => Ok((*entry).clone()),
        [] => {
            if let Ok(run) = find_run(project, name) {
                refuse_imported(&run, "used as a model")?;
            }
            Err(Error::not_found(format!("there is no model {name:?}"))
                .hint("`packshot models list` shows them; a model folder can be named too."))
        }
        _ => Err(Error::usage(format!("{name:?} fits several models")).hint("`packshot models list` shows them.")),
    }
}

/// As [`find_model`], but only networks: the newest of them, or the shipped one, when nothing is named.
///
/// # Errors
/// As [`find_model`]; [`crate::Code::BadData`] when a personal model is named.
pub(super) fn find_network(project: &Project, name: Option<&str>) -> Result<ModelEntry> {
    if name.is_none() {
        let network = list_models(project)?.into_iter().find(|entry| entry.card.personal.is_none());
        return network.ok_or_else(|| Error::not_found("there is no network"));
    }
    let entry = find_model(project, name)?;
    if entry.card.personal.is_some() { Err(model_folder::not_a_network(&entry.folder)) } else { Ok(entry) }
}

/// An architecture with its measured size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ArchitectureEntry {
    /// The stable name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Trainable numbers.
    pub parameters: usize,
    /// Multiply-accumulates a photo.
    pub macs: u64,
}

/// The architectures that can be trained, the default first.
pub fn list_architectures() -> Vec<ArchitectureEntry> {
    let entry = |found: &nn::Architecture| ArchitectureEntry {
        name: found.name,
        about: found.about,
        parameters: found.config.init(&Device::flex()).num_params(),
        macs: found.config.macs(),
    };
    nn::ARCHITECTURES.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::config::Config;
    use crate::domain::{Calibration, Reach};
    use crate::error::Code;
    use crate::store::StoredModel;

    /// Makes a model of the project and gives its id.
    fn model(project: &Project, name: &str, seed: u64) -> String {
        let network = nn::seeded(nn::ARCHITECTURES[1].config.init(&Device::flex()), seed);
        let card = ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(String::new()),
            architecture: nn::ARCHITECTURES[1].name.to_owned(),
            preprocess: crate::preprocess::VERSION,
            calibration: Calibration { mean: 50.0, std: 20.0 },
            reach: Reach::UNKNOWN,
            names_flaws: false,
            run: None,
            created_ms: seed as i64,
            code_version: "test".to_owned(),
            personal: None,
        };
        let card = model_folder::save(&project.models().join(name), &network, &card, &[]).expect("writes");
        let (path, id) = (format!("models/{name}"), card.id.clone());
        let stored = StoredModel { id, run: None, architecture: card.architecture, path, created_ms: card.created_ms };
        project.store().expect("store").save_model(&stored).expect("records");
        card.id.0
    }

    #[test]
    fn the_champion_is_current_until_it_is_rolled_back_and_the_archive_is_out_of_the_way() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(folder.path(), Config::default()).expect("opens");
        let (old, new) = (model(&project, "old", 1), model(&project, "new", 2));
        let current = || find_model(&project, None).expect("a model").card.id.0;
        let code = |result: Result<ModelEntry>| result.expect_err("refused").code;
        assert_eq!(current(), new);
        assert_eq!(code(find_model(&project, Some(CHAMPION))), Code::NotFound);
        assert_eq!(code(roll_back_champion(&project)), Code::NotFound);

        promote_model(&project, "old").expect("promotes");
        promote_model(&project, "old").expect("changes nothing");
        assert_eq!(
            (current(), find_model(&project, Some(CHAMPION)).expect("found").card.id.0),
            (old.clone(), old.clone())
        );
        assert_eq!(code(archive_model(&project, "old", true)), Code::Usage);
        promote_model(&project, model_folder::SHIPPED).expect("the shipped one, too");
        assert_eq!(find_model(&project, None).expect("a model").name, model_folder::SHIPPED);
        assert_eq!(code(archive_model(&project, model_folder::SHIPPED, true)), Code::Usage);
        assert_eq!(roll_back_champion(&project).expect("rolls back").card.id.0, old);
        assert_eq!(roll_back_champion(&project).expect("rolls back").card.id.0, new);

        archive_model(&project, "new", true).expect("archives");
        assert_eq!((current(), list_models(&project).expect("lists").len()), (old, 2));
        assert_eq!(find_model(&project, Some("new")).expect("may be named").standing, Standing::Archived);
        assert_eq!(promote_model(&project, "new").expect("comes back").standing, Standing::Champion);
        assert_eq!(current(), new);
    }
}
