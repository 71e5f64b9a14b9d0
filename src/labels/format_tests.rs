//! Every format there and back, and files as other programmes write them.

use super::*;
use crate::domain::{ImageId, Vote, VoteId, VoteKind};

/// Photos in two folders, two of one name, with votes of several raters and defects.
struct Catalogue {
    folder: tempfile::TempDir,
    votes: Vec<ActiveVote>,
    tags: Vec<Tagged>,
}

const PHOTOS: [&str; 4] = ["shoes/a b.jpg", "mugs/a b.jpg", "mugs/ü&<c>.png", "mugs/tagged.jpg"];

impl Catalogue {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("temp dir");
        for name in PHOTOS {
            let path = folder.path().join("photos").join(name);
            std::fs::create_dir_all(path.parent().expect("folder")).expect("makes");
            std::fs::write(&path, format!("bytes of {name}")).expect("writes");
        }
        let mut catalogue = Self { folder, votes: Vec::new(), tags: Vec::new() };
        let rating = |level| VoteKind::Rating { level, levels: 5 };
        catalogue.vote(0, "me", rating(4));
        catalogue.vote(0, "anna", VoteKind::Mean { score: 61.37, n: 1 });
        catalogue.vote(1, "me", rating(1));
        catalogue.vote(1, "study", VoteKind::Mean { score: 100.0 / 3.0, n: 30 });
        catalogue.vote(2, "anna", rating(3));
        catalogue.vote(2, "me", VoteKind::Skip);
        catalogue.tag(0, "me", "blur");
        catalogue.tag(0, "me", "cropped");
        catalogue.tag(0, "zoe", "blur");
        catalogue.tag(3, "anna", "dust & hair");
        catalogue
    }

    fn photo(&self, index: usize) -> PathBuf {
        self.folder.path().join("photos").join(PHOTOS[index])
    }

    fn vote(&mut self, photo: usize, rater: &str, kind: VoteKind) {
        let at_ms = 1_700_000_000_000 + self.votes.len() as i64 * 1000;
        let (image, rater, source) = (ImageId(photo as i64), rater.to_owned(), "window".to_owned());
        let vote = Vote { id: VoteId(0), image, kind, rater, source, at_ms };
        let (path, content_sha256) = (self.photo(photo), format!("hash {photo}"));
        self.votes.push(ActiveVote { path, content_sha256, vote, split: None, group: None });
    }

    fn tag(&mut self, photo: usize, rater: &str, tag: &str) {
        let (path, content_sha256) = (self.photo(photo), format!("hash {photo}"));
        let (rater, tag) = (rater.to_owned(), tag.to_owned());
        self.tags.push(Tagged { path, content_sha256, rater, at_ms: 1_700_000_000_000, tag });
    }

    /// Writes and reads again; photos by the content that the file names.
    fn there_and_back(&self, name: &str, format: Format) -> ParsedLabels {
        let path = self.folder.path().join(name);
        let write = |overwrite| write_labels(&path, format, &self.votes, &self.tags, overwrite);
        write(false).expect("exports");
        let error = write(false).expect_err("does not overwrite");
        assert!(error.summary.contains("already exists"), "{error}");
        write(true).expect("overwrites when told to");
        for (index, name) in PHOTOS.iter().enumerate() {
            let bytes = std::fs::read_to_string(self.photo(index)).expect("the photo");
            assert_eq!(bytes, format!("bytes of {name}"), "photos are only read");
        }
        let known = Format::of_existing(&path).expect("is known again");
        let labels = parse_as(&path, known, None).expect("reads");
        assert_eq!((known, labels.problems.as_slice()), (format, [].as_slice()));
        labels
    }
}

fn photo_of(content: Option<&String>) -> usize {
    content.and_then(|text| text.strip_prefix("hash ")?.parse().ok()).expect("names the content")
}

/// Votes as photo, rater, level, score, raters behind it and date.
type Facts = Vec<(usize, Option<String>, Option<u8>, i64, u32, Option<i64>)>;

fn facts(rows: &[LabelRow]) -> Facts {
    let fact = |row: &LabelRow| {
        let photo = photo_of(row.content_sha256.as_ref());
        (photo, row.rater.clone(), row.level, (row.score * 1e6).round() as i64, row.n, row.rated_at_ms)
    };
    let mut facts: Facts = rows.iter().map(fact).collect();
    facts.sort();
    facts
}

fn tags(labels: &ParsedLabels) -> Vec<(usize, Option<&str>, &str)> {
    let tag = |row: &'_ TagRow| photo_of(row.content_sha256.as_ref());
    let mut tags: Vec<_> = labels.tags.iter().map(|row| (tag(row), row.rater.as_deref(), row.tag.as_str())).collect();
    tags.sort_unstable();
    tags
}

#[test]
fn formats_with_a_row_a_vote_keep_every_vote() {
    let catalogue = Catalogue::new();
    let at = |index: i64| Some(1_700_000_000_000 + index * 1000);
    let named = |name: &str| Some(name.to_owned());
    let expected: Facts = vec![
        (0, named("anna"), None, 61_370_000, 1, at(1)),
        (0, named("me"), Some(4), 75_000_000, 1, at(0)),
        (1, named("me"), Some(1), 0, 1, at(2)),
        (1, named("study"), None, 33_333_333, 30, at(3)),
        (2, named("anna"), Some(3), 50_000_000, 1, at(4)),
    ];
    for (name, format) in [("labels.csv", Format::Csv), ("tasks.json", Format::LabelStudio)] {
        let labels = catalogue.there_and_back(name, format);
        assert_eq!(facts(&labels.rows), expected, "{name}");
        let expected = [
            (0, Some("me"), "blur"),
            (0, Some("me"), "cropped"),
            (0, Some("zoe"), "blur"),
            (3, Some("anna"), "dust & hair"),
        ];
        assert_eq!(tags(&labels), expected, "{name}");
        assert!(labels.rows.iter().all(|row| row.path.is_file()), "{name}: {:?}", labels.rows);
    }
}

#[test]
fn formats_with_an_entry_a_photo_keep_mean_raters_and_defects() {
    let catalogue = Catalogue::new();
    for (name, format) in [
        ("metadata.jsonl", Format::JsonLines),
        ("folder", Format::ImageFolder),
        ("dataset", Format::FiftyOne),
        ("stars", Format::Xmp),
    ] {
        let labels = catalogue.there_and_back(name, format);
        let means =
            labels.rows.iter().map(|row| (photo_of(row.content_sha256.as_ref()), (row.score * 1e6).round(), row.n));
        let mut means: Vec<_> = means.map(|(photo, score, n)| (photo, score as i64, n)).collect();
        means.sort_unstable();
        let second = (1000.0_f64 / 31.0 * 1e6).round() as i64;
        assert_eq!(means, [(0, 68_185_000, 2), (1, second, 31), (2, 50_000_000, 1)], "{name}");
        let expected = [(0, None, "blur"), (0, None, "cropped"), (3, None, "dust & hair")];
        assert_eq!(tags(&labels), expected, "{name}");
    }
}

#[test]
fn folders_for_other_programmes_hold_every_photo_under_a_name_of_its_own() {
    let catalogue = Catalogue::new();
    for (name, format, inside) in [("folder", Format::ImageFolder, "train"), ("dataset", Format::FiftyOne, "data")] {
        let labels = catalogue.there_and_back(name, format);
        let inside = catalogue.folder.path().join(name).join(inside);
        assert!(labels.rows.iter().all(|row| row.path.starts_with(&inside) && row.path.is_file()), "{labels:?}");
        let copies = ["a b.jpg", "a b-2.jpg", "ü&<c>.png", "tagged.jpg"].map(|name| inside.join(name).is_file());
        assert_eq!(copies, [true; 4], "{name}");
    }
}

#[test]
fn side_cars_stand_as_the_photos_do_and_changed_stars_win() {
    let catalogue = Catalogue::new();
    catalogue.there_and_back("stars", Format::Xmp);
    let folder = catalogue.folder.path().join("stars");
    let side_car = folder.join("shoes/a b.jpg.xmp");
    let text = std::fs::read_to_string(&side_car).expect("a side-car");
    assert!(text.contains("xmp:Rating=\"4\"") && text.contains("<rdf:li>blur</rdf:li>"), "{text}");
    std::fs::write(&side_car, text.replace("xmp:Rating=\"4\"", "xmp:Rating=\"2\"")).expect("another programme");
    std::fs::write(folder.join("mugs/rejected.jpg.xmp"), adobe("-1")).expect("another programme");
    std::fs::write(folder.join("mugs/unrated.jpg.xmp"), adobe("0")).expect("another programme");
    std::fs::write(folder.join("mugs/torn.jpg.xmp"), "<x:xmpmeta").expect("another programme");
    let labels = parse(&folder, None).expect("reads");
    let score = |name: &str| labels.rows.iter().find(|row| row.path.ends_with(name)).map(|row| (row.score, row.level));
    assert_eq!(score("shoes/a b.jpg"), Some((25.0, Some(2))));
    assert_eq!((score("rejected.jpg"), score("unrated.jpg")), (Some((0.0, Some(1))), None));
    assert_eq!(labels.problems.len(), 1);
    assert!(labels.problems[0].text.contains("torn.jpg.xmp"), "{:?}", labels.problems);
    let words: Vec<&str> =
        labels.tags.iter().filter(|tag| tag.path.ends_with("rejected.jpg")).map(|tag| tag.tag.as_str()).collect();
    assert_eq!(words, ["studio"]);
}

/// As Adobe's programmes write it: properties as elements.
fn adobe(stars: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <xmp:Rating>{stars}</xmp:Rating><dc:subject><rdf:Bag><rdf:li>Studio</rdf:li></rdf:Bag></dc:subject>\
         </rdf:Description></rdf:RDF></x:xmpmeta>"
    )
}

fn written(name: &str, text: &str, scale: Option<&str>) -> Result<ParsedLabels> {
    let folder = tempfile::tempdir().expect("temp dir");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("writes");
    parse(&file, scale.and_then(Scale::parse))
}

#[test]
fn label_studio_is_read_by_type_without_cancelled_annotations() {
    let text = r#"[
      {"id": 7, "data": {"image": "/data/local-files/?d=set%201/a.jpg", "sku": "shoe"}, "annotations": [
        {"was_cancelled": false, "completed_by": 10, "created_at": "2026-11-23T12:00:00.500000Z", "result": [
          {"from_name": "quality", "to_name": "image", "type": "rating", "value": {"rating": 4}},
          {"from_name": "defects", "to_name": "image", "type": "choices", "value": {"choices": ["Blur", "Dust"]}}]},
        {"was_cancelled": true, "completed_by": 11, "result": [{"type": "rating", "value": {"rating": 1}}]},
        {"completed_by": {"id": 12, "email": "ann@example.org"}, "result": [{"type": "rating", "value": {"rating": 2}}]}]},
      {"data": {"photo": "https://example.org/b.jpg"}, "annotations": []},
      {"data": {"image": "c.jpg"}, "annotations": [{"completed_by": 10, "result": []}]},
      {"annotations": []}]"#;
    let labels = written("tasks.json", text, None).expect("reads");
    let rows: Vec<_> = labels.rows.iter().map(|row| (row.score, row.rater.as_deref(), row.level)).collect();
    assert_eq!(rows, [(75.0, Some("annotator 10"), Some(4)), (25.0, Some("ann@example.org"), Some(2))]);
    assert!(labels.rows[0].path.ends_with("set 1/a.jpg"));
    assert_eq!((labels.rows[0].group.as_deref(), labels.rows[0].rated_at_ms), (Some("shoe"), Some(1_795_435_200_500)));
    assert_eq!(labels.tags.iter().map(|tag| tag.tag.as_str()).collect::<Vec<_>>(), ["blur", "dust"]);
    let problems: Vec<_> = labels.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(problems, [2, 4], "{:?}", labels.problems);
}

#[test]
fn label_studio_asks_for_a_scale_that_is_not_clear() {
    let task = |kind: &str, value: f64| {
        format!(
            r#"[{{"data": {{"image": "a.jpg"}}, "annotations": [{{"result": [{{"type": "{kind}", "value": {{"{kind}": {value}}}}}]}}]}}]"#
        )
    };
    let score = |text: &str, scale: Option<&str>| written("t.json", text, scale).map(|labels| labels.rows[0].score);
    let error = score(&task("rating", 8.0), None).expect_err("five stars are not enough");
    assert!(error.summary.contains("8 stars"), "{error}");
    assert_eq!(score(&task("rating", 8.0), Some("1..10")).expect("reads"), 700.0 / 9.0);
    score(&task("number", 4.0), None).expect_err("of five, ten or a hundred?");
    assert_eq!(score(&task("number", 72.5), None).expect("reads"), 72.5);
    assert_eq!(score(&task("number", 4.0), Some("0..10")).expect("reads"), 40.0);
    let error = written("t.json", "{\"a\": 1}", None).expect_err("no tasks");
    assert!(error.summary.contains("no list of Label Studio tasks"), "{error}");
}

#[test]
fn fiftyone_classes_are_levels_and_attributes_scores() {
    let folder = tempfile::tempdir().expect("temp dir");
    std::fs::create_dir_all(folder.path().join("data")).expect("makes");
    std::fs::write(folder.path().join("data/one.png"), "photo").expect("writes");
    let text = r#"{"classes": ["Bad", "Poor", "Fair", "Good", "Excellent"], "labels": {
        "one": 3, "two": {"label": 1, "attributes": {"score": 3.5}}, "three": {"label": 9, "attributes": {}}}}"#;
    std::fs::write(folder.path().join("labels.json"), text).expect("writes");
    let labels = parse(folder.path(), Scale::parse("1..5")).expect("reads");
    let rows: Vec<_> = labels.rows.iter().map(|row| (row.score, row.path.clone())).collect();
    let data = folder.path().join("data");
    assert_eq!(rows, [(75.0, data.join("one.png")), (62.5, data.join("two"))]);
    assert_eq!(labels.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_is_no_label_file_says_what_would_be_one() {
    let folder = tempfile::tempdir().expect("temp dir");
    let error = parse(folder.path(), None).expect_err("an empty folder");
    assert!(error.details.is_some_and(|hint| hint.contains("labels.json")), "{}", error.summary);
    let error = Format::named("coco").expect_err("unknown");
    assert!(error.details.is_some_and(|hint| hint.contains("label-studio")), "{}", error.summary);
    let error = parse(&folder.path().join("labels.xlsx"), None).expect_err("unknown");
    assert!(error.details.is_some_and(|hint| hint.contains("Label Studio")), "{}", error.summary);
}
