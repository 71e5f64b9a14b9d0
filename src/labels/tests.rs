//! Label files in and out.

use super::*;
use crate::domain::{ImageId, ImportedFile, Label, Split, Vote, VoteId, VoteKind};
use crate::error::Code;
use crate::store::Store;

fn parsed(name: &str, content: impl AsRef<[u8]>, scale: Option<&str>) -> Result<ParsedLabels> {
    let folder = tempfile::tempdir().expect("temp dir");
    let file = folder.path().join(name);
    std::fs::write(&file, content).expect("writes");
    let mut labels = parse(&file, scale.map(|text| Scale::parse(text).expect("scale")))?;
    for row in &mut labels.rows {
        row.path = row.path.strip_prefix(folder.path()).unwrap_or(&row.path).to_path_buf();
    }
    Ok(labels)
}

fn good(name: &str, content: &str, scale: Option<&str>) -> ParsedLabels {
    parsed(name, content, scale).unwrap_or_else(|error| panic!("{content}: {error:#} {:?}", error.details))
}

fn scores(labels: &ParsedLabels) -> Vec<(String, f64)> {
    labels.rows.iter().map(|row| (row.path.to_string_lossy().into_owned(), row.score)).collect()
}

fn problems(labels: &ParsedLabels) -> Vec<(usize, &str)> {
    labels.problems.iter().map(|problem| (problem.line, problem.text.as_str())).collect()
}

#[test]
fn reads_every_column_by_any_of_its_names() {
    let text = "\u{feff}File_Name,MOS,SKU,rater,rated_at,votes,content_sha256,unknown\n\
                b/../a.jpg,3,shoe,ann,2026-11-23T12:00:00.5+01:00,7,ab,x\n\"c, d.jpg\",5,,,1700000000000,,,\n";
    let labels = good("metadata.csv", text, Some("1..5"));
    assert_eq!(scores(&labels), [("a.jpg".to_owned(), 50.0), ("c, d.jpg".to_owned(), 100.0)]);
    let (first, second) = (&labels.rows[0], &labels.rows[1]);
    assert_eq!((first.line, first.n, first.group.as_deref()), (2, 7, Some("shoe")));
    assert_eq!((first.rater.as_deref(), first.content_sha256.as_deref()), (Some("ann"), Some("ab")));
    assert_eq!(first.rated_at_ms, Some(1_795_431_600_500));
    assert_eq!((second.rated_at_ms, second.n, &second.rater), (Some(1_700_000_000_000), 1, &None));
}

#[test]
fn spreadsheets_with_semicolons_and_decimal_commas_are_read() {
    let labels = good("a.csv", "file;score\r\na,b.jpg;47,5\r\nc.jpg;12.25\r\n", None);
    assert_eq!(scores(&labels), [("a,b.jpg".to_owned(), 47.5), ("c.jpg".to_owned(), 12.25)]);
}

#[test]
fn json_lines_give_scores_and_single_votes() {
    let text = "{\"file_name\":\"a.jpg\",\"score\":3.5,\"votes\":[3,4]}\n\n{\"file_name\":\"b.jpg\",\"votes\":[1,5]}\nno\n\
                {\"file_name\":\"c.jpg\",\"score\":\"2\",\"votes\":9}\n";
    let labels = good("metadata.jsonl", text, Some("1..5"));
    assert_eq!(scores(&labels), [("a.jpg".to_owned(), 62.5), ("b.jpg".to_owned(), 50.0), ("c.jpg".to_owned(), 25.0)]);
    assert_eq!((labels.rows[0].votes.as_slice(), labels.rows[0].n), ([50.0, 75.0].as_slice(), 2));
    assert_eq!((labels.rows[2].n, labels.rows[2].line), (9, 5));
    assert_eq!(labels.problems.len(), 1);
    assert_eq!(labels.problems[0].line, 4);
}

#[test]
fn bad_rows_are_listed_with_their_lines_and_the_rest_is_read() {
    let text = "path,score,rater,n\n\na.jpg,50,x,\n\n,40,,\n\"two\nlines.jpg\",101,,\nb.jpg,,,\nc.jpg,NaN,,\n\
                a.jpg,60,x,\na.jpg,70,y,\nd.jpg,high,,\ne.jpg,1,,0\nf.jpg,1,,,,5\n,,,\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let labels = good("a.csv", &text, Some("0..100"));
        assert_eq!(scores(&labels), [("a.jpg".to_owned(), 50.0), ("a.jpg".to_owned(), 70.0)]);
        assert_eq!(labels.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 11]);
        let expected = [
            (5, "no path"),
            (6, "101 lies outside the scale 0..100"),
            (8, "no score"),
            (9, "“NaN” is not a number"),
            (10, "the same photo and rater x as on line 3, which is kept"),
            (12, "“high” is not a number"),
            (13, "“0” is not a number of raters"),
            (14, "6 fields where the first line names 4"),
        ];
        assert_eq!(problems(&labels), expected);
    }
}

#[test]
fn only_an_unambiguous_scale_is_inferred() {
    let file = |values: &[f64]| {
        let rows: Vec<String> =
            values.iter().enumerate().map(|(index, value)| format!("{index}.jpg,{value}")).collect();
        format!("path,score\n{}\n", rows.join("\n"))
    };
    for clear in [&[0.0, 99.5][..], &[47.0], &[3.0, 4.0, 21.0]] {
        assert_eq!(good("a.csv", &file(clear), None).scale, Scale::PERCENT, "{clear:?}");
    }
    for (unclear, hint) in [
        (&[1.0, 5.0][..], "--scale 1..5"),
        (&[0.2, 0.9], "--scale 0..1"),
        (&[3.0], "--scale 1..5"),
        (&[0.0, 8.0], "--scale 0..10"),
        (&[11.0, 19.0], "--scale 0..100"),
        (&[-1.0, 60.0], "--scale MIN..MAX"),
        (&[500.0, 60.0], "--scale MIN..MAX"),
    ] {
        let error = parsed("a.csv", file(unclear), None).expect_err("ambiguous");
        assert_eq!(error.code, Code::Usage, "{unclear:?}");
        assert!(error.details.as_deref().is_some_and(|text| text.contains(hint)), "{unclear:?}: {error:?}");
    }
}

#[test]
fn a_file_may_state_its_scale_but_only_one() {
    let labels = good("a.csv", "path,score,scale\na.jpg,2,1..5\nb.jpg,5,1..5\n", None);
    assert_eq!(scores(&labels), [("a.jpg".to_owned(), 25.0), ("b.jpg".to_owned(), 100.0)]);
    let error = parsed("a.csv", "path,score,scale\na.jpg,2,1..5\nb.jpg,5,0..9\n", None).expect_err("two scales");
    assert!(error.summary.contains("line 3"), "{error}");
}

#[test]
fn files_that_cannot_be_used_say_why() {
    for (name, content, code, text) in [
        ("a.csv", &b"name,score\na,1\n"[..], Code::BadData, "no path column"),
        ("a.csv", b"path,category\na,dress\n", Code::BadData, "no score column"),
        ("a.csv", b"path,score,score\na,1,2\n", Code::BadData, "two columns named score"),
        ("a.csv", b"path,score\n", Code::BadData, "holds no rows"),
        ("a.csv", b"", Code::BadData, "no path column"),
        ("a.jsonl", b"", Code::BadData, "holds no rows"),
        ("a.csv", b"path,score\na,x\nb,\n", Code::BadData, "none of the 2 rows"),
        ("a.csv", b"path,score\na\xff,50\n", Code::BadData, "not UTF-8 text (line 2)"),
        ("a.xlsx", b"PK", Code::Usage, "no label file"),
    ] {
        let error = parsed(name, content, None).expect_err(text);
        assert_eq!(error.code, code, "{text}");
        assert!(error.summary.contains(text), "{error} lacks {text}");
    }
    assert_eq!(parse(Path::new("no/such.csv"), None).expect_err("missing").code, Code::NotFound);
}

#[test]
fn rows_become_votes_of_the_right_kind_and_rater() {
    let text = "path,score,label,rater,n,votes\na.jpg,75,good,ann,,\nb.jpg,80,Good,,,\nc.jpg,75,Good,,3,\nd.jpg,,Bad,,,\n\
                e.jpg,,,,,\"[10, 30]\"\ngone.jpg,5,,,,\n";
    let labels = good("study.csv", text, None);
    let ids: HashMap<PathBuf, ImageId> =
        ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"].iter().zip(1..).map(|(n, id)| (n.into(), ImageId(id))).collect();
    let (votes, problems) = to_votes(&labels.rows, Path::new("x/study.csv"), &ids, 99);
    let got: Vec<_> = votes.iter().map(|vote| (vote.image.0, vote.kind, vote.rater.as_str())).collect();
    let mean = |score, n| VoteKind::Mean { score, n };
    let expected = [
        (1, VoteKind::Rating { level: 4, levels: 5 }, "ann"),
        (2, mean(80.0, 1), "import:study.csv"),
        (3, mean(75.0, 3), "import:study.csv"),
        (4, VoteKind::Rating { level: 1, levels: 5 }, "import:study.csv"),
        (5, mean(10.0, 1), "import:study.csv#1"),
        (5, mean(30.0, 1), "import:study.csv#2"),
    ];
    assert_eq!(got, expected);
    assert!(votes.iter().all(|vote| vote.at_ms == 99 && vote.source == "import:study.csv"));
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].line, problems[0].text.as_str()), (7, "no readable photo at gone.jpg"));
}

/// A project with one photo a name and these votes: (photo, kind, rater).
fn project(folder: &Path, names: &[&str], votes: &[(i64, VoteKind, &str)]) -> Store {
    let home = folder.join("project");
    std::fs::create_dir_all(&home).expect("makes");
    let mut store = Store::open(&home).expect("opens");
    let file = |name: &&str| ImportedFile {
        path: folder.join(name),
        sha256: format!("hash of {name}"),
        bytes: 1,
        modified_ms: 0,
        width: 1,
        height: 1,
        format: "png".to_owned(),
        error: None,
    };
    store.import_files(&names.iter().map(file).collect::<Vec<_>>(), 0).expect("imports");
    for (image, kind, rater) in votes {
        let (rater, source) = ((*rater).to_owned(), "window".to_owned());
        let at_ms = 1_700_000_000_123;
        let vote = Vote { id: VoteId(0), image: ImageId(*image), kind: *kind, rater, source, at_ms };
        store.append_vote(&vote).expect("votes");
    }
    store
}

fn export_of(store: &Store) -> Vec<ActiveVote> {
    let photos: HashMap<_, _> =
        store.photos().expect("photos").into_iter().map(|photo| (photo.id, (photo.path, photo.sha256))).collect();
    let votes = store.active_votes().expect("votes").into_iter();
    let row = |vote: Vote| {
        let (path, content_sha256) = photos[&vote.image].clone();
        ActiveVote { path, content_sha256, vote, split: Some(Split::Test), group: Some("sku 1".to_owned()) }
    };
    votes.map(row).collect()
}

const NAMES: [&str; 4] = ["=a,\"b\".jpg", " sub/ü\n.jpg", "c.jpg", "skipped.jpg"];

fn round_trip(extension: &str) -> (Vec<Label>, Vec<Label>, Vec<Vote>, Vec<Vote>) {
    let folder = tempfile::tempdir().expect("temp dir");
    let rating = |level, levels| VoteKind::Rating { level, levels };
    let votes = [
        (1, rating(1, 5), "me"),
        (1, VoteKind::Mean { score: 100.0 / 3.0, n: 30 }, "study"),
        (2, rating(2, 5), "me"),
        (2, rating(3, 5), "you"),
        (3, rating(2, 7), "me"),
        (4, VoteKind::Skip, "me"),
    ];
    let store = project(folder.path(), &NAMES, &votes);
    let file = folder.path().join("labels").with_extension(extension);
    write_labels(&file, Format::of_extension(&file).expect("known"), &export_of(&store), &[], false).expect("exports");
    write_labels(&file, Format::of_extension(&file).expect("known"), &export_of(&store), &[], false)
        .expect_err("does not overwrite");

    let second = folder.path().join("second");
    std::fs::create_dir_all(&second).expect("makes");
    let mut copy = Store::open(&second).expect("opens");
    let files: Vec<_> = store.photos().expect("photos").into_iter().collect();
    let as_file = |photo: &crate::domain::Photo| ImportedFile {
        path: photo.path.clone(),
        sha256: photo.sha256.clone(),
        bytes: 1,
        modified_ms: 0,
        width: 1,
        height: 1,
        format: "png".to_owned(),
        error: None,
    };
    let mut in_id_order = files;
    in_id_order.sort_by_key(|photo| photo.id);
    copy.import_files(&in_id_order.iter().map(as_file).collect::<Vec<_>>(), 0).expect("imports");
    let ids: HashMap<PathBuf, ImageId> =
        copy.photos().expect("photos").into_iter().map(|photo| (photo.path, photo.id)).collect();
    let labels = parse(&file, None).expect("parses");
    assert_eq!(labels.problems, []);
    let (votes, problems) = to_votes(&labels.rows, &file, &ids, 5);
    assert_eq!(problems, []);
    copy.append_votes(&votes).expect("appends");
    let all = |store: &Store| (store.labels().expect("labels"), store.active_votes().expect("votes"));
    let ((before, old), (after, new)) = (all(&store), all(&copy));
    (before, after, old, new)
}

#[test]
fn an_exported_csv_comes_back_as_the_same_labels_raters_and_dates() {
    let (before, after, old, new) = round_trip("csv");
    assert_eq!(before, after);
    let facts = |votes: Vec<Vote>| {
        let scored = votes.into_iter().filter(|vote| vote.kind.score().is_some());
        scored.map(|vote| (vote.image, vote.kind.score(), vote.rater, vote.at_ms)).collect::<Vec<_>>()
    };
    assert!(new.iter().any(|vote| vote.kind == VoteKind::Rating { level: 2, levels: 5 }));
    assert_eq!(facts(old), facts(new));
}

#[test]
fn exported_json_lines_come_back_as_the_same_labels() {
    let (before, after, ..) = round_trip("jsonl");
    assert_eq!(before.len(), 3);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.image, before.n), (after.image, after.n));
        assert!((before.mos - after.mos).abs() < 1e-9, "{before:?} {after:?}");
    }
    assert_eq!(before.len(), after.len());
}

#[test]
fn an_export_of_only_bad_photos_needs_no_scale() {
    let folder = tempfile::tempdir().expect("temp dir");
    let store = project(folder.path(), &["a.jpg"], &[(1, VoteKind::Rating { level: 1, levels: 5 }, "me")]);
    for name in ["labels.csv", "labels.jsonl"] {
        let file = folder.path().join(name);
        write_labels(&file, Format::of_extension(&file).expect("known"), &export_of(&store), &[], false)
            .expect("exports");
        assert_eq!(parse(&file, None).expect("parses").rows[0].score, 0.0);
    }
    let text = std::fs::read_to_string(folder.path().join("labels.csv")).expect("reads");
    assert_eq!(
        text,
        "path,content_sha256,score,label,rater,rated_at,split,flags,group\n\
         a.jpg,hash of a.jpg,0,Bad,me,2023-11-14T22:13:20.123Z,test,,sku 1\n"
    );
    // Files from before had no groups.
    let old = folder.path().join("old.csv");
    let bare: String = text.lines().map(|line| format!("{}\n", line.rsplit_once(',').expect("commas").0)).collect();
    std::fs::write(&old, bare).expect("writes");
    let rows = [&old, &folder.path().join("labels.csv")].map(|file| parse(file, None).expect("parses").rows);
    assert_eq!((rows[0][0].score, &rows[0][0].group), (0.0, &None));
    assert_eq!((rows[1][0].score, rows[1][0].group.as_deref()), (0.0, Some("sku 1")));
}

#[test]
fn any_column_is_read_by_line() {
    let folder = tempfile::tempdir().expect("temp dir");
    let column = |file: &str, text: &str, name: &str| {
        let file = folder.path().join(file);
        std::fs::write(&file, text).expect("writes");
        read_column(&file, name)
    };
    let csv = "path;score;Subset\na.jpg;1;studio\n\n\"b\nb.jpg\";2;web\nc.jpg;3;\n";
    let expected = BTreeMap::from([(2, "studio".to_owned()), (4, "web".to_owned())]);
    assert_eq!(column("l.csv", csv, "subset").expect("reads"), expected);
    let lines = "{\"file_name\": \"a.jpg\", \"score\": 1, \"subset\": \"studio\"}\n\n{\"file_name\": \"b.jpg\", \"subset\": 7}\n";
    let expected = BTreeMap::from([(1, "studio".to_owned()), (3, "7".to_owned())]);
    assert_eq!(column("l.jsonl", lines, "Subset").expect("reads"), expected);
    for (file, text) in [("l.csv", csv), ("l.jsonl", lines)] {
        let error = column(file, text, "shop").expect_err("no such column");
        assert_eq!(error.code, Code::Usage);
        assert!(error.details.expect("hint").to_lowercase().contains("score, subset"), "{file}");
    }
}

#[test]
fn paths_of_windows_name_photos_here_too() {
    let folder = tempfile::tempdir().expect("temp dir");
    std::fs::create_dir(folder.path().join("shop")).expect("makes");
    for name in ["shop/a.jpg", "b\\c.jpg"] {
        std::fs::write(folder.path().join(name), "").expect("writes");
    }
    let file = folder.path().join("l.csv");
    std::fs::write(&file, "path,score\nshop\\a.jpg,10\nb\\c.jpg,90\n").expect("writes");
    let rows = parse(&file, Some(Scale::PERCENT)).expect("reads").rows;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.path.is_file()), "{rows:?}");
}

#[test]
fn a_real_manifest_is_read_whole_with_its_scale_and_groups() {
    let root = std::env::var_os("PACKSHOT_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let manifest = root.join("mos/biq2021/manifest.csv");
    if !manifest.is_file() {
        eprintln!("skipped: no test labels at {}", manifest.display());
        return;
    }
    let labels = parse(&manifest, None).expect("parses");
    assert_eq!((labels.rows.len(), labels.problems.len(), labels.scale), (2037, 0, Scale::PERCENT));
    let first = &labels.rows[0];
    assert_eq!((first.score, first.group.as_deref(), first.line), (47.79, Some("ss01_000"), 2));
    assert!(labels.rows.iter().all(|row| row.path.is_file() && row.path.is_absolute()));
    let unlabelled = parse(&root.join("products/manifest.csv"), None).expect_err("has no scores");
    assert!(unlabelled.summary.contains("no score column"), "{unlabelled}");
}
