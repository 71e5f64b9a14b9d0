//! Duplicate groups as a table: one row a photo, the best of each group first.

use std::path::Path;

use super::{DuplicateGroup, DuplicatePhoto};
use crate::error::{Error, Result};
use crate::files::{check_output, write_atomically};

/// The columns of the CSV.
const COLUMNS: [&str; 10] =
    ["group", "path", "best", "exact", "similarity", "width", "height", "bytes", "reason", "content_sha256"];

/// The known file extensions.
const EXTENSIONS: [&str; 2] = ["csv", "json"];

fn extension(file: &Path) -> String {
    file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Refuses a file whose extension is not known, or that may not be written, before any photo is looked at.
///
/// # Errors
/// [`crate::error::Code::Usage`] that lists the known extensions, else as [`check_output`].
pub fn check_duplicates_file(file: &Path, overwrite: bool) -> Result<()> {
    if EXTENSIONS.contains(&extension(file).as_str()) {
        return check_output(file, overwrite);
    }
    Err(Error::usage(format!("{} has no known extension for duplicates", file.display()))
        .hint(format!("Use one of .{}", EXTENSIONS.join(", ."))))
}

/// Writes groups by the file's extension: `.csv` with one row a photo (`best` is yes or no, `similarity` 1 for the same
/// picture down to 0 for the farthest that still is a copy, `reason` why the group's best is the best), or `.json` with
/// the groups as they are.
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_duplicates(groups: &[DuplicateGroup], file: &Path, overwrite: bool) -> Result<()> {
    check_duplicates_file(file, overwrite)?;
    write_atomically(file, overwrite, |out| {
        if extension(file) == "json" {
            serde_json::to_writer_pretty(&mut *out, groups)?;
            return out.write_all(b"\n");
        }
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        for (number, group) in (1..).zip(groups) {
            for (place, photo) in group.photos.iter().enumerate() {
                writer.write_record(cells(number, group, photo, place == 0))?;
            }
        }
        writer.flush()
    })
}

fn cells(number: usize, group: &DuplicateGroup, photo: &DuplicatePhoto, best: bool) -> [String; COLUMNS.len()] {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    [
        number.to_string(),
        photo.path.to_string_lossy().into_owned(),
        yes(best),
        yes(group.exact),
        format!("{:.3}", 1.0 - photo.distance_to_best),
        photo.width.to_string(),
        photo.height.to_string(),
        photo.bytes.to_string(),
        group.reason.clone(),
        photo.sha256.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn groups() -> Vec<DuplicateGroup> {
        let photo = |path: &str, width, distance_to_best| DuplicatePhoto {
            path: path.into(),
            sha256: "ab".to_owned(),
            width,
            height: 30,
            bytes: 9,
            distance_to_best,
        };
        let photos = vec![photo("a, b.jpg", 40, 0.0), photo("ü.jpg", 20, 0.25)];
        vec![DuplicateGroup { exact: false, photos, reason: "largest: 40×30 against 20×30".to_owned() }]
    }

    #[test]
    fn csv_has_one_row_a_photo_and_json_the_groups() {
        let folder = tempfile::tempdir().expect("temp dir");
        let file = folder.path().join("d.csv");
        export_duplicates(&groups(), &file, false).expect("writes");
        let expected = "group,path,best,exact,similarity,width,height,bytes,reason,content_sha256\n\
            1,\"a, b.jpg\",yes,no,1.000,40,30,9,largest: 40×30 against 20×30,ab\n\
            1,ü.jpg,no,no,0.750,20,30,9,largest: 40×30 against 20×30,ab\n";
        assert_eq!(std::fs::read_to_string(&file).expect("reads"), expected);
        assert_eq!(export_duplicates(&groups(), &file, false).expect_err("exists").code, Code::Usage);
        let file = folder.path().join("d.JSON");
        export_duplicates(&groups(), &file, false).expect("writes");
        let read: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).expect("reads")).expect("JSON");
        assert_eq!((&read[0]["photos"][1]["width"], &read[0]["exact"]), (&20.into(), &false.into()));
        assert_eq!(export_duplicates(&[], Path::new("d.txt"), true).expect_err("unknown").code, Code::Usage);
    }
}
