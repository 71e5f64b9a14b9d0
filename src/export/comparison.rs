//! One row an edited photo: how far it is from its reference, or why that is not known.

use std::path::{Path, PathBuf};

use super::table::{self, Cell, Column, Kind};
use crate::attributes::reference::Difference;
use crate::error::Result;
use crate::files::check_output;

/// One edited photo, compared with its reference.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CompareRow {
    /// The edited photo.
    pub path: PathBuf,
    /// Its own width and height when it was resized to the reference's.
    pub resized_from: Option<(u32, u32)>,
    /// The metrics.
    #[serde(flatten)]
    pub difference: Option<Difference>,
    /// Why there are none.
    pub error: Option<String>,
}

/// Refuses a file that [`write_comparison`] would not write, before any work.
///
/// # Errors
/// [`crate::error::Code::Usage`] when its extension is unknown, or when it exists and `overwrite` is not set.
pub fn check_comparison_file(file: &Path, overwrite: bool) -> Result<()> {
    table::refuse_unknown(file, "comparisons", &table::EXTENSIONS)?;
    check_output(file, overwrite)
}

/// Writes rows by the file's extension (CSV, JSON or Parquet), numbers with six decimals. An infinite PSNR is empty
/// beside an error of 0; so is what is not known.
///
/// # Errors
/// When [`check_comparison_file`] refuses the file, or it cannot be written.
pub fn write_comparison(reference: &Path, rows: &[CompareRow], file: &Path, overwrite: bool) -> Result<()> {
    check_comparison_file(file, overwrite)?;
    let texts = |names: [&'static str; 2]| names.map(|name| (name, Kind::Text));
    let metrics = Difference::NAMES.map(|name| (name, Kind::Number(6)));
    let columns: Vec<Column> =
        texts(["reference", "path"]).into_iter().chain(metrics).chain(texts(["resized_from", "error"])).collect();
    table::write(file, &columns, &mut rows.iter().map(|row| cells(reference, row)), overwrite)
}

fn cells(reference: &Path, row: &CompareRow) -> Vec<Cell> {
    let values = row.difference.map_or([None; Difference::NAMES.len()], |difference| difference.values());
    let resized = row.resized_from.map_or_else(String::new, |(width, height)| format!("{width}x{height}"));
    let names = [reference, &row.path].map(|path| Cell::text(path.to_string_lossy()));
    let rest = [Cell::text(resized), Cell::text(row.error.clone().unwrap_or_default())];
    names.into_iter().chain(values.map(Cell::number)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};
    use serde_json::{Value, json};

    use super::*;
    use crate::attributes::reference::{Pair, Planes};

    #[test]
    fn tables_have_every_metric_and_leave_empty_what_is_infinite_or_not_known() {
        let photo = RgbImage::from_fn(60, 40, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, ((x * y) % 50) as u8]));
        let planes = Planes::of(&photo);
        let difference = Pair::of(&planes, &planes).and_then(|pair| Difference::of(&pair, &|| true));
        let row = |difference, error: Option<&str>| CompareRow {
            path: PathBuf::from("b.png"),
            resized_from: Some((30, 20)),
            difference,
            error: error.map(str::to_owned),
        };
        let rows = [row(difference, None), row(None, Some("gone"))];
        let folder = tempfile::tempdir().expect("temp dir");
        let file = |name: &str| folder.path().join(name);
        write_comparison(Path::new("a.png"), &rows, &file("out.csv"), false).expect("writes");
        assert!(write_comparison(Path::new("a.png"), &rows, &file("out.csv"), false).is_err(), "not over an older one");
        let text = std::fs::read_to_string(file("out.csv")).expect("reads");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "reference,path,mse,mae,psnr,mse_luma,mae_luma,psnr_luma,ssim,ms_ssim,fsim,fsimc,gmsd,resized_from,error"
        );
        assert_eq!(
            lines[1],
            "a.png,b.png,0.000000,0.000000,,0.000000,0.000000,,1.000000,,1.000000,1.000000,0.000000,30x20,"
        );
        assert_eq!(lines[2], "a.png,b.png,,,,,,,,,,,,30x20,gone");
        write_comparison(Path::new("a.png"), &rows, &file("out.json"), false).expect("writes");
        let body: Value = serde_json::from_slice(&std::fs::read(file("out.json")).expect("reads")).expect("JSON");
        assert_eq!((&body[0]["psnr"], &body[0]["mse"], &body[1]["mse"]), (&Value::Null, &json!(0.0), &Value::Null));
        write_comparison(Path::new("a.png"), &rows, &file("out.parquet"), false).expect("writes");
        assert!(check_comparison_file(&file("new.xlsx"), true).is_err());
    }
}
