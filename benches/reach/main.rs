//! How far a personal model on frozen features reaches: scores of photos of groups that were not trained on.
//!
//! `cargo bench --profile dev --bench reach -- --cache DIR [--collection NAME] [--seeds N] [--labels N,N] [--only WORD]
//! [--network FOLDER]` prints a Markdown table; without a cache folder it does nothing. Collections lie in
//! `PACKSHOT_TEST_DATA` (default `../shared/data`) under `mos`, the backbone under `weights`. Features are computed once (minutes) and kept in the
//! cache folder, which must lie outside the repository: the licences of some collections allow no more than measuring.

mod cache;
mod protocol;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use packshot::train::components::{Basis, MOST_COMPONENTS};
use packshot::train::features::{Block, Features, Scale, Values};
use packshot::train::handcrafted::ATTRIBUTE_FEATURES;

use cache::{Photo, Table};
use protocol::{Figure, Protocol};

type Failure = Box<dyn std::error::Error>;

struct Options {
    cache: PathBuf,
    collection: String,
    seeds: u64,
    labels: Vec<usize>,
    only: String,
    /// Instead of the network that ships with Packshot.
    network: Option<PathBuf>,
}

impl Options {
    /// Nothing without a cache folder.
    fn parse(words: &[String]) -> Result<Option<Self>, Failure> {
        let value = |name: &str| words.iter().position(|word| word == name).and_then(|place| words.get(place + 1));
        let Some(cache) = value("--cache") else { return Ok(None) };
        let labels = value("--labels").map_or("200,50", String::as_str);
        Ok(Some(Self {
            cache: cache.into(),
            collection: value("--collection").map_or_else(|| "biq2021".to_owned(), Clone::clone),
            seeds: value("--seeds").map_or(Ok(5), |seeds| seeds.parse())?,
            labels: labels.split(',').map(str::parse).collect::<Result<_, _>>()?,
            only: value("--only").cloned().unwrap_or_default(),
            network: value("--network").map(PathBuf::from),
        }))
    }
}

/// Columns of a table.
fn columns(table: &Table, from: usize, to: usize) -> Vec<f32> {
    table.values.chunks_exact(table.columns).flat_map(|row| &row[from..to]).copied().collect()
}

/// Features as they are, each on a scale of its own.
fn plain(name: &str, columns: usize, values: Vec<f32>) -> Block {
    Block { name: name.to_owned(), columns, scale: Scale::Each, values: Values::Single(values) }
}

/// Principal components of features in levels of such widths, as the product keeps them.
fn components(name: &str, levels: &[usize], values: &[f32]) -> Result<Block, Failure> {
    let basis = Basis::fit_levels(values, levels, MOST_COMPONENTS)?;
    let values = Values::Half(basis.project_half(values));
    Ok(Block { name: name.to_owned(), columns: basis.components(), scale: Scale::Shared, values })
}

/// A way to describe photos, by name.
type Case = (&'static str, Features);

fn cases(
    deep: &Table,
    levels: &[usize],
    (own, own_levels): (&Table, &[usize]),
    measures: &Table,
) -> Result<Vec<Case>, Failure> {
    // The whole photo, then the crops' mean and their deviation: all of one width.
    let (width, levels) = (deep.columns / 3, &levels[..levels.len() / 3]);
    let whole = columns(deep, 0, width);
    let crops = columns(deep, width, 2 * width);
    let attributes = plain("attributes", ATTRIBUTE_FEATURES, columns(measures, 0, ATTRIBUTE_FEATURES));
    let brisque = columns(measures, ATTRIBUTE_FEATURES, measures.columns);
    let brisque = plain("brisque", measures.columns - ATTRIBUTE_FEATURES, brisque);
    let alike = components("whole", levels, &whole)?;
    let both = components("both", &levels.repeat(2), &columns(deep, 0, 2 * width))?;
    let all = components("all", &levels.repeat(3), &deep.values)?;
    let own_alike = components("own", own_levels, &own.values)?;
    let own = components("own", &[own.columns], &own.values)?;
    let alone = |block: Block| Features::new(vec![block]);
    let joined = |block: &Block| Features::new(vec![block.clone(), brisque.clone(), attributes.clone()]);
    Ok(vec![
        ("attributes + BRISQUE, no network", Features::new(vec![brisque.clone(), attributes.clone()])?),
        ("Packshot's own network", alone(own.clone())?),
        ("Packshot's own network, attributes + BRISQUE", joined(&own)?),
        ("Packshot's own network, levels alike", alone(own_alike.clone())?),
        ("Packshot's own network, levels alike, attributes + BRISQUE", joined(&own_alike)?),
        ("whole photo, features alike (the reference)", alone(plain("whole", width, whole.clone()))?),
        ("whole photo, features alike, 512 components", alone(components("whole", &[width], &whole)?)?),
        ("whole photo, levels alike", alone(alike.clone())?),
        ("whole photo, levels alike, attributes + BRISQUE", joined(&alike)?),
        ("native crops, levels alike", alone(components("crops", levels, &crops)?)?),
        ("whole photo and native crops, levels alike", alone(both.clone())?),
        ("whole photo, native crops and how far these differ, levels alike", alone(all)?),
        ("whole photo and native crops, levels alike, attributes + BRISQUE", joined(&both)?),
    ])
}

fn run(options: &Options) -> Result<(), Failure> {
    packshot::jobs::use_every_core();
    let data = std::env::var_os("PACKSHOT_TEST_DATA");
    let data = data.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let photos = cache::photos(&data.join("mos").join(&options.collection))?;
    let kept = |name: &str, make: cache::Maker<'_>| {
        cache::table(&options.cache, &format!("{}-{name}", options.collection), &photos, make)
    };
    let measures = kept("measures", &cache::measures)?;
    let backbone = cache::Backbone::load(&data.join("weights/mobilenet_v2"))?;
    let deep = kept(&backbone.id(), &|photos| backbone.describe(photos))?;
    let describer = cache::own(options.network.as_deref())?;
    let own = kept(&format!("own-{}", describer.card().id), &|photos| cache::describe(&describer, photos))?;
    let protocol = Protocol::new(&photos, options.seeds);
    let mut subsets: Vec<&str> = photos.iter().map(|photo| photo.subset.as_str()).collect();
    subsets.sort_unstable();
    subsets.dedup();
    // Many small subsets tell little each.
    subsets.retain(|_| photos.len() >= 500);
    print_head(options, &photos, &subsets);
    for (name, features) in cases(&deep, &backbone.level_widths(), (&own, &describer.level_widths()), &measures)? {
        if !name.contains(&options.only) {
            continue;
        }
        let all = protocol.scores(&features, usize::MAX)?;
        let mut figures = vec![protocol.srcc(&all, None)];
        figures.extend(subsets.iter().map(|subset| protocol.srcc(&all, Some(subset))));
        let error = protocol.mae(&all);
        for &labels in &options.labels {
            figures.push(protocol.srcc(&protocol.scores(&features, labels)?, None));
        }
        let text = |figure: &Figure| format!("{:.3} ({:.3}–{:.3})", figure.value, figure.low, figure.high);
        let figures = figures.iter().map(text).collect::<Vec<_>>().join(" | ");
        println!("| {name} | {figures} | {:.2} ({:.2}–{:.2}) |", error.value, error.low, error.high);
    }
    Ok(())
}

fn print_head(options: &Options, photos: &[Photo], subsets: &[&str]) {
    println!("{}: {} photos, {} seeds of five folds by group\n", options.collection, photos.len(), options.seeds);
    let mut names = vec!["SRCC, all labels".to_owned()];
    names.extend(subsets.iter().map(|subset| format!("{subset}, all labels")));
    names.extend(options.labels.iter().map(|labels| format!("SRCC, {labels} labels")));
    println!("| features | {} | MAE, all labels |", names.join(" | "));
    println!("|---|{}--:|", "--:|".repeat(names.len()));
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let done = Options::parse(&words).and_then(|options| match options {
        Some(options) => run(&options),
        None => {
            eprintln!("reach: skipped, since no folder was named for the features: --cache DIR");
            Ok(())
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reach: {error}");
            ExitCode::FAILURE
        }
    }
}
