//! Features of a labelled collection, computed once and kept as NumPy files in a folder outside the repository.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;
use packshot::imaging::{self, Limits};
use packshot::infer::{Describer, Extractor};
use packshot::jobs::{Control, worker_count};
use packshot::train::handcrafted;
use packshot::{attributes, export, model_folder, preprocess};

use super::Failure;

/// Photos a batch of the backbone.
const BATCH: usize = 8;

/// A photo of the collection with what people said of it.
pub struct Photo {
    pub path: PathBuf,
    /// 0-100.
    pub label: f64,
    /// Photos of one object share it.
    pub group: String,
    pub subset: String,
}

/// A matrix, row after row.
pub struct Table {
    pub columns: usize,
    pub values: Vec<f32>,
}

/// Reads `manifest.csv` of a collection; a photo without a group is one of its own.
pub fn photos(folder: &Path) -> Result<Vec<Photo>, Failure> {
    let mut table = csv::Reader::from_path(folder.join("manifest.csv"))?;
    let header = table.headers()?.clone();
    let place = |name: &str| header.iter().position(|column| column == name);
    let (path, label) = (place("path").ok_or("no column path")?, place("score").ok_or("no column score")?);
    let (group, subset) = (place("group"), place("subset").or(place("generator")));
    let photo = |row: csv::StringRecord| -> Result<Photo, Failure> {
        Ok(Photo {
            path: folder.join(&row[path]),
            label: row[label].parse()?,
            group: group.map_or_else(|| row[path].to_owned(), |group| row[group].to_owned()),
            subset: subset.map_or_else(String::new, |subset| row[subset].to_owned()),
        })
    };
    table.records().map(|row| photo(row?)).collect()
}

/// What makes a table: a row a photo.
pub type Maker<'a> = &'a dyn Fn(&[Photo]) -> Result<Vec<Vec<f32>>, Failure>;

/// The table kept as `name` in `cache`, else what `make` gives for every photo.
pub fn table(cache: &Path, name: &str, photos: &[Photo], make: Maker<'_>) -> Result<Table, Failure> {
    let path = cache.join(format!("{name}.npy"));
    if !path.exists() {
        eprintln!("computing {} for {} photos", path.display(), photos.len());
        fs::create_dir_all(cache)?;
        let rows = make(photos)?;
        let columns = rows.first().map_or(0, Vec::len);
        let bytes: Vec<u8> = rows.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        export::write_matrix(&path, false, (rows.len() as u64, columns), &mut bytes.as_slice())?;
    }
    let table = read(&path)?;
    if table.values.len() != table.columns * photos.len() {
        return Err(format!("{} is of other photos: delete it", path.display()).into());
    }
    Ok(table)
}

/// Reads what [`export::write_matrix`] wrote: a header that ends in a line break, then 32-bit floats.
fn read(path: &Path) -> Result<Table, Failure> {
    let mut file = BufReader::new(File::open(path)?);
    let mut start = [0; 10];
    file.read_exact(&mut start)?;
    let mut header = vec![0; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    file.read_exact(&mut header)?;
    let header = String::from_utf8(header)?;
    let shape = header.split(['(', ')']).nth(1).ok_or("a header without a shape")?;
    let columns = shape.split(',').nth(1).ok_or("a shape of one axis")?.trim().parse()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let values = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    Ok(Table { columns, values })
}

/// A network trained elsewhere.
pub struct Backbone(Extractor);

impl Backbone {
    /// Loads the first safetensors file in a folder.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let files = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
        let file = files.into_iter().find(|path| path.extension().is_some_and(|found| found == "safetensors"));
        let file = file.ok_or_else(|| format!("no weights in {}", folder.display()))?;
        Ok(Self(Extractor::load(&file, &Device::flex(), BATCH)?))
    }

    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    pub fn level_widths(&self) -> Vec<usize> {
        self.0.level_widths()
    }

    /// The whole photo, then mean and deviation of its native crops.
    pub fn describe(&self, photos: &[Photo]) -> Result<Vec<Vec<f32>>, Failure> {
        let mut rows = Vec::with_capacity(photos.len());
        for part in photos.chunks(16 * BATCH) {
            let views = for_each(part, &|photo| {
                let (_, picture) = imaging::load(&photo.path, &Limits::default())?;
                Ok(preprocess::backbone_views(&picture))
            })?;
            rows.extend(self.0.extract(&views, &Control::default()).map_err(|_| "stopped")?);
            eprintln!("{} of {}", rows.len(), photos.len());
        }
        Ok(rows)
    }
}

/// The network that ships with Packshot, or one in a folder.
pub fn own(folder: Option<&Path>) -> Result<Describer, Failure> {
    let unpacked = tempfile::tempdir()?;
    let folder =
        folder.map_or_else(|| model_folder::shipped(unpacked.path()).map(|found| found.1), |at| Ok(at.to_owned()))?;
    Ok(Describer::load(&folder, &Device::flex(), BATCH)?)
}

/// Mean and deviation of every convolution of a network of Packshot's, for both views.
pub fn describe(describer: &Describer, photos: &[Photo]) -> Result<Vec<Vec<f32>>, Failure> {
    let mut rows = Vec::with_capacity(photos.len());
    for part in photos.chunks(16 * BATCH) {
        let views = for_each(part, &|photo| Ok(preprocess::views(&imaging::load(&photo.path, &Limits::default())?.1)))?;
        let described = describer.describe(&views.iter().collect::<Vec<_>>(), &Control::default());
        rows.extend(described.map_err(|_| "stopped")?.into_iter().map(|photo| photo.features));
    }
    Ok(rows)
}

/// Attributes, then BRISQUE; not a number where a photo has none.
pub fn measures(photos: &[Photo]) -> Result<Vec<Vec<f32>>, Failure> {
    Ok(for_each(photos, &|photo| {
        let (file, picture) = imaging::load(&photo.path, &Limits::default())?;
        let measured = attributes::measure(&picture, Some(&file.bytes));
        let brisque = handcrafted::brisque_row(attributes::brisque_features(&picture).as_ref());
        Ok([&handcrafted::attribute_features(&measured)[..], &brisque[..]].concat())
    })?)
}

/// What `work` gives for every photo, in order, on all workers.
fn for_each<T: Send>(
    photos: &[Photo],
    work: &(dyn Fn(&Photo) -> packshot::Result<T> + Sync),
) -> packshot::Result<Vec<T>> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(photos.len())));
    std::thread::scope(|scope| {
        for _ in 0..worker_count() {
            scope.spawn(|| {
                while let Some((index, photo)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|index| photos.get(index).map(|photo| (index, photo)))
                {
                    let result = work(photo);
                    made.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, result)| result).collect()
}
