//! The tutor: keeps the features of a project's photos in memory, learns from every vote, and scores everything again.

use std::collections::{HashMap, HashSet};

use super::extractor::{Extractor, StoredBasis, basis_name, block_name};
use super::folder::{self, Fitted};
use super::observer::{BackboneFile, Source};
use super::row;
use crate::api::duplicates::known_scenes;
use crate::api::train_photos::candidates;
use crate::api::{CODE_VERSION, ModelEntry, Project, clock, fused};
use crate::data::{Candidate, groups_of};
use crate::domain::{Calibration, ImageId, ModelCard, ModelId, PersonalCard, Reach, Score};
use crate::error::{Error, Result};
use crate::model_folder;
use crate::store::{Store, StoredModel};
use crate::train::features::Features;
use crate::train::personal::{Estimate, FEWEST_LABELS, FitReport, Personal, Training};
use crate::train::scaling::Scaling;

/// Drives the drawn groups of a fit: the same labels give the same model.
pub(super) const SEED: u64 = 1;

/// Photos that the scale of the features is measured on, at most.
const SCALING_PHOTOS: usize = 2000;

/// Nearest labelled photos that are shown.
const NEAREST: usize = 5;

/// What a fit gave.
#[derive(Debug, Clone, Default)]
pub struct Lesson {
    /// The model; nothing with fewer than 20 labelled photos whose features are known.
    pub card: Option<ModelCard>,
    /// How the fit went, on photos whose group was left out.
    pub report: Option<FitReport>,
    /// It is the newest model of the project: the one whose scores are shown.
    pub current: bool,
    /// Labelled photos, described or not.
    pub labels: usize,
    /// Labelled photos that wait for their features.
    pub waiting: usize,
    /// Readable photos that wait for theirs.
    pub undescribed: usize,
    /// Every described photo with its score.
    pub scores: HashMap<ImageId, Estimate>,
}

/// Where a photo stands among the labelled ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Alike {
    /// The photo.
    pub image: ImageId,
    /// It is unlike all of them.
    pub unfamiliar: bool,
    /// The labelled photos most like it and their labels, nearest first.
    pub nearest: Vec<(ImageId, f64)>,
}

/// The features of a project's photos.
pub(super) struct Cached {
    images: Vec<ImageId>,
    pub(super) place: HashMap<ImageId, usize>,
    pub(super) features: Features,
    pub(super) base: Vec<f64>,
    pub(super) scaling: Scaling,
    pub(super) extractor: Extractor,
    pub(super) basis: Vec<u8>,
}

/// Labelled photos with features, ready to learn from.
pub(super) struct Material {
    pub(super) candidates: Vec<Candidate>,
    pub(super) features: Features,
    pub(super) labels: Vec<f64>,
    pub(super) keys: Vec<u32>,
    pub(super) groups: Vec<String>,
    pub(super) base: Vec<f64>,
    /// Labelled photos in all.
    pub(super) labelled: usize,
}

impl Material {
    pub(super) fn training(&self) -> Training<'_> {
        Training { features: &self.features, labels: &self.labels, groups: &self.keys, base: Some(&self.base) }
    }
}

/// Learns from the labels of a project, again and again; belongs to one thread.
pub struct Tutor {
    project: Project,
    source: Source,
    cached: Option<Cached>,
    fitted: Option<Personal>,
    scenes: Scenes,
}

/// Which labelled photos of no group show one scene, as far as they were looked at; looked up again when there are a tenth
/// more of them. Groups that people gave stand: outlines join the dark and blurred photos of many products, and a group of
/// hundreds judges worse than a rare copy in two (2,037 photos of BIQ2021: SRCC .88 out of group, .85 to .87 with groups
/// that outlines joined).
#[derive(Default)]
struct Scenes {
    labelled: usize,
    groups: Vec<Vec<ImageId>>,
}

impl Scenes {
    fn of(&mut self, store: &Store, photos: &[Candidate]) -> Result<&[Vec<ImageId>]> {
        if 10 * photos.len() >= 11 * self.labelled {
            let loose: Vec<Candidate> = photos.iter().filter(|photo| photo.group.is_none()).cloned().collect();
            *self = Self { labelled: photos.len(), groups: known_scenes(store, &loose)? };
        }
        Ok(&self.groups)
    }
}

impl Tutor {
    /// A tutor that has read nothing yet.
    ///
    /// # Errors
    /// When the network that personal models are based on cannot be used.
    pub fn open(project: &Project) -> Result<Self> {
        Ok(Self {
            project: project.clone(),
            source: Source::of(project)?,
            cached: None,
            fitted: None,
            scenes: Scenes::default(),
        })
    }

    /// Forgets the features it has read: new ones are in the store.
    pub fn forget(&mut self) {
        self.cached = None;
        self.scenes = Scenes::default();
    }

    /// Fits the personal model to all labels, saves it and scores every described photo. With `make_newest` it becomes the
    /// project's newest model; else it keeps the place that it has, which at first is behind the models of trainings.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when labels do not vary, else when the project cannot be read or written.
    pub fn learn(&mut self, make_newest: bool) -> Result<Lesson> {
        let store = self.project.store()?;
        let labels = fused::labels(&store)?.len();
        if labels < FEWEST_LABELS {
            return Ok(Lesson { labels, ..Lesson::default() });
        }
        self.read()?;
        let undescribed = store.photos_without_features(&self.source.name())?.len();
        let material = self.material()?;
        let labels = material.as_ref().map_or(labels, |material| material.labelled);
        let found = material.as_ref().map_or(0, |material| material.labels.len());
        let lesson = Lesson { labels, waiting: labels - found, undescribed, ..Lesson::default() };
        let (Some(material), Some(cached)) = (material, &self.cached) else { return Ok(lesson) };
        if found < FEWEST_LABELS {
            return Ok(lesson);
        }
        let personal = Personal::fit(material.training(), &cached.scaling, SEED)?;
        let card = self.save(cached, &personal, &material, make_newest)?;
        let estimates = personal.predict(&cached.features, Some(&cached.base))?;
        let newest = store.models()?.into_iter().next();
        let lesson = Lesson {
            current: newest.is_some_and(|model| model.id == card.id),
            report: Some(personal.report.clone()),
            scores: cached.images.iter().copied().zip(estimates).collect(),
            card: Some(card),
            ..lesson
        };
        self.fitted = Some(personal);
        Ok(lesson)
    }

    /// Where a photo stands among the labelled ones; nothing before the first fit, or when its features are not known.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn look_alike(&mut self, image: ImageId) -> Result<Option<Alike>> {
        let Some(material) = self.material()? else { return Ok(None) };
        let (Some(cached), Some(personal)) = (&self.cached, &self.fitted) else { return Ok(None) };
        let Some(&place) = cached.place.get(&image) else { return Ok(None) };
        let photo = cached.features.gather(&[place]);
        let estimates = personal.predict(&photo, Some(&cached.base[place..=place]))?;
        // Neither itself nor a copy of it.
        let own = material.candidates.iter().find(|candidate| candidate.image == image).map(|own| own.sha256.as_str());
        let near = personal.nearest(&material.features, &photo, NEAREST + 1)?;
        let near = near.into_iter().map(|(place, _)| &material.candidates[place]);
        let near = near.filter(|other| Some(other.sha256.as_str()) != own).take(NEAREST);
        let nearest = near.map(|other| (other.image, other.label)).collect();
        Ok(Some(Alike { image, unfamiliar: estimates.first().is_some_and(|found| found.unfamiliar), nearest }))
    }

    /// The `most` photos of the project that look most like one, nearest first, itself at distance 0; nothing when its
    /// features are not known.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn similar(&mut self, image: ImageId, most: usize) -> Result<Option<Vec<(ImageId, f64)>>> {
        self.read()?;
        let Some(cached) = &self.cached else { return Ok(None) };
        let Some(&place) = cached.place.get(&image) else { return Ok(None) };
        let distances = cached.features.distances(place);
        let mut found: Vec<(ImageId, f64)> = cached.images.iter().copied().zip(distances).collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        found.truncate(most);
        Ok(Some(found))
    }

    pub(super) fn cached(&self) -> Option<&Cached> {
        self.cached.as_ref()
    }

    pub(super) fn fitted(&self) -> Option<&Personal> {
        self.fitted.as_ref()
    }

    pub(super) fn project(&self) -> &Project {
        &self.project
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The scale of the features; nothing when there are none.
    pub(super) fn scaling(&self) -> Option<&Scaling> {
        self.cached.as_ref().map(|cached| &cached.scaling)
    }

    /// Reads the features unless they are there.
    pub(super) fn read(&mut self) -> Result<()> {
        if self.cached.is_some() {
            return Ok(());
        }
        let store = self.project.store()?;
        let name = self.source.name();
        let Some(basis) = StoredBasis::read(&store, &name)? else { return Ok(()) };
        let extractor = Extractor::new(name.clone(), &basis.bytes)?;
        let stored = store.features(&name)?;
        if stored.images.is_empty() {
            return Ok(());
        }
        let (features, base) = row::unpack(&stored.values, stored.dims, &extractor.block())?;
        let all = stored.images.len();
        let some = all.min(SCALING_PHOTOS);
        let sample: Vec<usize> = (0..some).map(|index| index * all / some).collect();
        self.cached = Some(Cached {
            place: stored.images.iter().copied().zip(0..).collect(),
            images: stored.images,
            scaling: Scaling::fit(&features.gather(&sample)),
            features,
            base,
            extractor,
            basis: basis.bytes,
        });
        Ok(())
    }

    /// The labelled photos whose features are known; nothing when no features are.
    pub(super) fn material(&mut self) -> Result<Option<Material>> {
        self.read()?;
        let Some(cached) = &self.cached else { return Ok(None) };
        let store = self.project.store()?;
        let (all, _) = candidates(&store)?;
        let labelled = all.len();
        let groups = groups_of(&all, self.scenes.of(&store, &all)?);
        let (mut candidates, mut names, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (candidate, group) in all.into_iter().zip(groups) {
            if let Some(&place) = cached.place.get(&candidate.image) {
                candidates.push(candidate);
                names.push(group);
                places.push(place);
            }
        }
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let keys = names.iter().map(|name| {
            let next = numbers.len() as u32;
            *numbers.entry(name).or_insert(next)
        });
        Ok(Some(Material {
            keys: keys.collect(),
            features: cached.features.gather(&places),
            labels: candidates.iter().map(|candidate| candidate.label).collect(),
            base: places.iter().map(|&place| cached.base[place]).collect(),
            candidates,
            groups: names,
            labelled,
        }))
    }

    /// Saves a fit as the project's personal model.
    fn save(&self, cached: &Cached, personal: &Personal, material: &Material, make_newest: bool) -> Result<ModelCard> {
        let folder = folder::folder_of(&self.project);
        let former = model_folder::read_card(&folder).ok();
        let fit = personal.to_json()?;
        let now = clock::now_ms();
        let mut store = self.project.store()?;
        let created_ms = match former.as_ref().filter(|_| !make_newest) {
            Some(card) => card.created_ms,
            // By itself it never takes the place of a network that someone trained.
            None if !make_newest => store.models()?.first().map_or(now, |model| model.created_ms - 1),
            None => now,
        };
        let (id, report) = (folder::id_of(&fit), &personal.report);
        let card = ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(id),
            architecture: ModelCard::PERSONAL.to_owned(),
            preprocess: self.source.base.card.preprocess,
            calibration: Calibration::fit(&material.labels),
            reach: Reach { half_width: half_width(personal, material)?, n: report.labels as u32 },
            names_flaws: false,
            run: None,
            created_ms,
            code_version: CODE_VERSION.to_owned(),
            personal: Some(PersonalCard {
                base: self.source.base.card.id.clone(),
                base_name: self.source.base.name.clone(),
                extractor: cached.extractor.name.clone(),
                backbone: self.source.backbone.as_ref().map(BackboneFile::card),
                basis: cached.extractor.basis_name.clone(),
                labels: report.labels,
                groups: report.groups,
                srcc: report.srcc,
                own_share: report.own_share,
            }),
        };
        let contents: HashSet<&String> = material.candidates.iter().map(|candidate| &candidate.sha256).collect();
        let mut contents: Vec<String> = contents.into_iter().cloned().collect();
        contents.sort();
        let fitted = Fitted { contents, source: &self.source, basis: &cached.basis };
        folder::save(&folder, &fit, &card, &fitted)?;
        store.save_model(&StoredModel {
            id: card.id.clone(),
            run: None,
            architecture: card.architecture.clone(),
            path: format!("models/{}", folder::NAME),
            created_ms,
        })?;
        Ok(card)
    }
}

/// Half of the width that intervals of labelled photos have on average, in points.
fn half_width(personal: &Personal, material: &Material) -> Result<f64> {
    let estimates = personal.predict(&material.features, Some(&material.base))?;
    let widths = estimates.iter().map(|estimate| (estimate.score.high - estimate.score.low) / 2.0);
    Ok(widths.sum::<f64>() / estimates.len().max(1) as f64)
}

/// The scores that a saved personal model gives the photos of the project; those without its features are left out.
///
/// # Errors
/// When the model is damaged or the project cannot be read.
pub(in crate::api) fn project_scores(project: &Project, entry: &ModelEntry) -> Result<Vec<(ImageId, Score)>> {
    let about = folder::about(&entry.folder, &entry.card)?;
    let store = project.store()?;
    let Some(basis) = StoredBasis::read(&store, &about.extractor)? else { return Ok(Vec::new()) };
    let stored = store.features(&about.extractor)?;
    let basis = basis_name(&basis.bytes);
    if stored.images.is_empty() || basis != about.basis {
        return Ok(Vec::new());
    }
    let block = block_name(&about.extractor, &basis);
    let (features, base) = row::unpack(&stored.values, stored.dims, &block)?;
    let estimates = folder::read_fit(&entry.folder, &entry.card)?.predict(&features, Some(&base))?;
    Ok(stored.images.into_iter().zip(estimates.into_iter().map(|estimate| estimate.score)).collect())
}

/// Says that there are too few labels, and what to do.
pub(super) fn too_few(labels: usize) -> Error {
    Error::bad_data(format!("a personal model needs {FEWEST_LABELS} labelled photos; there are {labels}"))
        .hint("Label photos in the window, or import labels with `packshot label import FILE`.")
}
