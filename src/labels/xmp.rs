//! XMP side-cars: stars and keywords for photo programmes, in a file beside a photo and never in the photo.
//!
//! `photo.jpg.xmp` (darktable, digiKam) is written; `photo.xmp` (Adobe) is read too. Stars are what such programmes know:
//! the exact score, its raters and the photo's content stand beside them under a name of our own, so that nothing is lost
//! on the way back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use maud::{PreEscaped, html};
use roxmltree::{Document, Node};
use walkdir::WalkDir;

use super::write::PhotoVotes;
use super::{LabelProblem, RawFile, RawRow, table};
use crate::domain::{Band, LEVEL_WORDS, Scale};
use crate::error::{Error, Result};
use crate::files::write_atomically;

const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const OWN: &str = "urn:packshot:1";

/// What photo programmes give a photo that they reject.
const REJECTED: f64 = -1.0;

/// The side-cars below a folder, in order.
pub(super) fn side_cars(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().flatten().map(walkdir::DirEntry::into_path);
    files.filter(|path| super::extension(path) == "xmp" && path.is_file())
}

/// Reads every side-car below a folder; lines are their places, from 1.
pub(super) fn read(folder: &Path) -> RawFile {
    let mut raw = RawFile { declared: Some(Scale::PERCENT), ..RawFile::default() };
    for (file, line) in side_cars(folder).zip(1..) {
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        if let Err(text) = text.and_then(|text| read_one(&file, &text, line, &mut raw)) {
            raw.problems.push(LabelProblem { line, text: format!("{}: {text}", file.display()) });
        }
    }
    raw
}

fn read_one(file: &Path, text: &str, line: usize, raw: &mut RawFile) -> std::result::Result<(), String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let own = |name: &str| value(&document, OWN, name);
    let path = photo_of(file).to_string_lossy().into_owned();
    let row = RawRow { line, path, content_sha256: own("sha256"), ..RawRow::default() };
    let number = |text: String| text.trim().parse::<f64>().map_err(|_| format!("“{text}” is not a number"));
    let stars = value(&document, XMP, "Rating").map(number).transpose()?.filter(|stars| *stars != 0.0);
    let exact = own("score").map(number).transpose()?;
    let predicted = own("predicted").map(number).transpose()?.map(|score| f64::from(star(score)));
    // A model's stars are nobody's vote.
    let stars = stars.filter(|stars| predicted != Some(*stars));
    let subjects = document.descendants().filter(|node| node.has_tag_name((DC, "subject")));
    let words = subjects.flat_map(|node| node.descendants()).filter(|node| node.has_tag_name((RDF, "li")));
    raw.tags.extend(words.filter_map(|node| node.text()).map(|text| row.tagged(&text.trim().to_lowercase())));
    let rated = rated_row(row, exact, stars, own("raters").map(number).transpose()?);
    raw.rows.extend(rated);
    Ok(())
}

/// The row with the exact score, or with the stars when another programme has changed them since.
fn rated_row(row: RawRow, exact: Option<f64>, stars: Option<f64>, raters: Option<f64>) -> Option<RawRow> {
    let stars = stars.map(|stars| if stars == REJECTED { 1.0 } else { stars });
    match (exact, stars) {
        (Some(score), stars) if stars.is_none_or(|stars| f64::from(star(score)) == stars) => {
            Some(RawRow { score: Some(score), n: raters.and_then(table::count_from), ..row })
        }
        (_, stars) => stars.map(|stars| {
            let level = (stars.fract() == 0.0).then_some(stars as u8);
            RawRow { score: Some(stars), level, scale: Some(Scale { min: 1.0, max: 5.0 }), ..row }
        }),
    }
}

/// The value of a property, which may stand as an attribute or as an element.
fn value(document: &Document<'_>, space: &str, name: &str) -> Option<String> {
    let attribute = document.descendants().find_map(|node: Node<'_, '_>| node.attribute((space, name)));
    let element = || document.descendants().find(|node| node.has_tag_name((space, name))).and_then(|node| node.text());
    attribute.or_else(element).map(str::to_owned)
}

/// The photo beside a side-car: its name without `.xmp`, or with the ending of a photo that is there.
fn photo_of(side_car: &Path) -> PathBuf {
    let bare = side_car.with_extension("");
    if bare.extension().is_some() {
        return bare;
    }
    let endings = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "JPG", "JPEG", "PNG", "TIF", "TIFF"];
    endings.iter().map(|ending| bare.with_extension(ending)).find(|photo| photo.is_file()).unwrap_or(bare)
}

/// The stars of a score: 1 to 5.
fn star(score: f64) -> u8 {
    let top = (LEVEL_WORDS.len() - 1) as f64;
    1 + (score / Scale::PERCENT.max * top).round().clamp(0.0, top) as u8
}

/// Writes a side-car a photo into a folder, laid out as the photos lie below the folder that they share; returns how many.
///
/// # Errors
/// When a side-car is there and `overwrite` is not set (then none is written), or one cannot be written.
pub(super) fn write(folder: &Path, photos: &BTreeMap<&Path, PhotoVotes<'_>>, overwrite: bool) -> Result<u64> {
    let shared = shared_folder(photos.keys().copied());
    let side_car = |photo: &Path| {
        let below = photo.strip_prefix(&shared).unwrap_or(photo);
        folder.join(below.with_file_name(side_car_name(below)))
    };
    photos.keys().try_for_each(|photo| super::refuse(&side_car(photo), overwrite))?;
    for (photo, said) in photos {
        let file = side_car(photo);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Error::io("make", parent, error))?;
        }
        write_atomically(&file, overwrite, |out| out.write_all(packet(&labelled(said)).as_bytes()))?;
    }
    Ok(photos.len() as u64)
}

fn labelled<'a>(said: &'a PhotoVotes<'_>) -> Said<'a> {
    let score = said.mos();
    Said {
        stars: score.map(star),
        score,
        raters: score.map(|_| said.raters()),
        content_sha256: said.content_sha256,
        tags: said.tags.iter().copied().collect(),
        ..Said::default()
    }
}

/// The deepest folder that all of them lie in.
pub fn shared_folder<'a>(mut photos: impl Iterator<Item = &'a Path>) -> PathBuf {
    let first = photos.next().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
    photos.fold(first, |shared, photo| {
        shared.ancestors().find(|folder| photo.starts_with(folder)).map(Path::to_path_buf).unwrap_or_default()
    })
}

/// Writes the side-car of a photo that a model scored: stars and the name of its band. It is no label: what
/// reads side-cars as labels passes over it, unless somebody has changed the stars since. Tells whether it was written: not when the same
/// is there already.
///
/// # Errors
/// When there is another side-car (it is left alone), or it cannot be written.
pub fn write_predicted(file: &Path, score: f64, band: Band, content_sha256: &str) -> Result<bool> {
    let text = packet(&Said {
        stars: Some(star(score)),
        band: Some(band.text()),
        predicted: Some(score),
        content_sha256,
        ..Said::default()
    });
    if std::fs::read(file).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(false);
    }
    write_atomically(file, false, |out| out.write_all(text.as_bytes())).map(|()| true)
}

/// The name of a photo's side-car.
pub fn side_car_name(photo: &Path) -> String {
    format!("{}.xmp", photo.file_name().unwrap_or_default().to_string_lossy())
}

/// What stands in a side-car.
#[derive(Default)]
struct Said<'a> {
    stars: Option<u8>,
    band: Option<&'static str>,
    score: Option<f64>,
    raters: Option<u32>,
    predicted: Option<f64>,
    content_sha256: &'a str,
    tags: Vec<&'a str>,
}

fn packet(said: &Said<'_>) -> String {
    let body = html! {
        (PreEscaped("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"))
        x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Packshot" {
            rdf:RDF xmlns:rdf=(RDF) {
                rdf:Description rdf:about="" xmlns:xmp=(XMP) xmlns:dc=(DC) xmlns:packshot=(OWN)
                    xmp:Rating=[said.stars] xmp:Label=[said.band] packshot:score=[said.score]
                    packshot:raters=[said.raters] packshot:predicted=[said.predicted]
                    packshot:sha256=[Some(said.content_sha256).filter(|text| !text.is_empty())] {
                    @if !said.tags.is_empty() {
                        dc:subject { rdf:Bag { @for tag in &said.tags { rdf:li { (tag) } } } }
                    }
                }
            }
        }
        (PreEscaped("\n<?xpacket end=\"w\"?>\n"))
    };
    body.into_string()
}
