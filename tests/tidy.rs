//! House rules that the compiler does not hold: who may import whom, file length, module headers, nothing left undone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rooms by row; a room may import rooms of earlier rows, and none of its own row.
const ROWS: &[&[&str]] = &[
    &["error", "domain"],
    &["config", "files", "kernels"],
    &["logging", "jobs", "imaging", "store", "nn", "device", "query"],
    &["attributes", "degrade", "dedup", "preprocess"],
    &["rules", "data", "labels", "model_folder", "backbone_file"],
    &["train", "infer"],
    &["evaluate", "export"],
    &["api"],
    &["cli", "server", "ui"],
];

/// Pairs that the rows allow not to, and why they stand: the face that starts the other faces.
const EXCEPTIONS: &[(&str, &str)] = &[("cli", "server"), ("cli", "ui")];

/// What a room must never mention.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("ui", &["burn::", "rusqlite", "std::fs", "crate::store"]),
    ("store", &["burn::"]),
    ("nn", &["std::fs", "crate::store"]),
    ("domain", &["std::fs"]),
];

/// What only the faces may mention.
const FACES_ONLY: &[&str] = &["egui", "axum", "clap::"];

const LONGEST: usize = 500;

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

/// The rooms a text imports: `crate::room` and the first names in `crate::{…}`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(first_name(&name));
                        name.clear();
                        continue;
                    }
                    _ => {}
                }
                name.push(letter);
            }
            found.insert(first_name(&name));
        } else {
            found.insert(first_name(rest));
        }
    }
    found.remove("");
    found
}

/// The rooms that a file reaches by climbing to the crate's root with `super::`.
fn climbs(path: &str, text: &str) -> BTreeSet<String> {
    let depth = path.trim_end_matches("/mod.rs").split('/').count();
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find("super::") {
        let name = rest[at..].trim_start_matches("super::");
        if (rest.len() - at - name.len()) / "super::".len() >= depth {
            found.insert(first_name(name));
        }
        rest = name;
    }
    found
}

fn first_name(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

/// Lines without comments, so that prose may name anything.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a file of a room.
fn problems(room: &str, path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = code(text);
    let own = row(room);
    for other in imports(&code).union(&climbs(path, &code)) {
        if *other == room || EXCEPTIONS.contains(&(room, other.as_str())) {
            continue;
        }
        if let (Some(own), Some(others)) = (own, row(other))
            && others >= own
        {
            found.push(format!("{path}: {room} must not import {other}"));
        }
    }
    let forbidden = FORBIDDEN.iter().filter(|entry| entry.0 == room).flat_map(|entry| entry.1.iter());
    let faces = FACES_ONLY.iter().filter(|_| own.is_some_and(|own| own < ROWS.len() - 1));
    for word in forbidden.chain(faces).filter(|word| code.contains(**word)) {
        found.push(format!("{path}: {room} must not mention {word}"));
    }
    if text.lines().count() > LONGEST {
        found.push(format!("{path}: longer than {LONGEST} lines"));
    }
    if !text.starts_with("//!") {
        found.push(format!("{path}: does not open with //!"));
    }
    found.extend(left_undone(path, text));
    found
}

fn left_undone(path: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file does not name them itself.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["to", "do!("],
        ["unimple", "mented!("],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
    ];
    let marks = marks.map(|parts| parts.concat());
    marks.iter().filter(|mark| text.contains(*mark)).map(|mark| format!("{path}: contains {mark}")).collect()
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// What people read and run beside the sources: pages, scripts, settings; nothing that a person put into `data`.
fn papers(root: &Path) -> Vec<PathBuf> {
    let folders = [".ci", "scripts", "docs", "packaging", "tests", "assets", "benches"];
    let mut found: Vec<_> = folders.iter().flat_map(|folder| files(&root.join(folder))).collect();
    let top = std::fs::read_dir(root).expect("root").flatten().map(|entry| entry.path());
    let page =
        |path: &PathBuf| path.ends_with("Makefile") || path.extension().is_some_and(|e| e == "md" || e == "toml");
    found.extend(top.filter(page));
    let kept = ["data", "data/raw", "data/external", "data/interim", "data/processed", "models", "reports"];
    found.extend(kept.map(|folder| root.join(folder).join("README.md")));
    found
}

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in rust_files(&root.join("src")) {
        let inside = path.strip_prefix(root.join("src")).expect("below src").to_string_lossy().replace('\\', "/");
        let room = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        assert!(room == "main" || room == "lib" || row(&room).is_some(), "{room} has no place in ROWS");
        let text = std::fs::read_to_string(&path).expect("reads");
        found.extend(problems(&room, &inside, &text));
    }
    for path in rust_files(&root.join("tests")) {
        let text = std::fs::read_to_string(&path).expect("reads");
        if text.lines().count() > LONGEST || !text.starts_with("//!") {
            found.push(format!("{}: too long, or without a header", path.display()));
        }
    }
    for path in papers(root) {
        // Pictures are not text.
        if let Ok(text) = String::from_utf8(std::fs::read(&path).expect("reads")) {
            found.extend(left_undone(&path.to_string_lossy(), &text));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_make_target_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let makefile = std::fs::read_to_string(root.join("Makefile")).expect("Makefile");
    let commands = ["`make ", "\nmake "].map(|start| readme.match_indices(start).map(move |(at, _)| at + start.len()));
    let named: BTreeSet<String> = commands.into_iter().flatten().map(|at| first_name(&readme[at..])).collect();
    assert!(named.contains("run") && named.contains("test"));
    for target in named {
        assert!(makefile.lines().any(|line| line.starts_with(&format!("{target}:"))), "make {target} does not exist");
    }
}

#[test]
fn the_rules_can_fail() {
    let check = |room: &str, text: &str, expected: &str| {
        let found = problems(room, "x.rs", &format!("//! x\n{text}")).join("\n");
        assert!(found.contains(expected), "{text:?} should give {expected:?}, gave {found:?}");
    };
    check("nn", "use crate::store::Store;", "nn must not import store");
    check("store", "use crate::{domain::X, train::{a, b}};", "store must not import train");
    check("train", "fn f() { crate::infer::g() }", "train must not import infer");
    check("ui", "use std::fs;", "ui must not mention std::fs");
    check("api", "use eframe::egui;", "api must not mention egui");
    check("api", &"// x\n".repeat(LONGEST), "longer than");
    assert!(problems("api", "x.rs", "fn f() {}").concat().contains("does not open"));
    check("cli", &format!("let x = \"/ho{}\";", "me/me"), "contains");
    assert!(problems("api", "x.rs", "//! x\nuse crate::{error::E, store};").is_empty());
    let climbing = |path: &str, text: &str| problems("nn", path, &format!("//! x\n{text}")).concat();
    assert!(climbing("nn/mod.rs", "use super::store::Store;").contains("must not import store"));
    assert!(climbing("nn/cnn.rs", "use super::super::store::Store;").contains("must not import store"));
    assert!(climbing("nn/cnn.rs", "use super::store::Weights;").is_empty(), "a module of its own with that name");
}
