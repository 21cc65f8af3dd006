//! The rules of ARCHITECTURE.md that a machine can hold: who imports whom, where `unsafe` may be,
//! how long a file may get, and that the code map is the tree.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of `src/` and the modules that it may import. Data flows one way: an entry names
/// only entries above it.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("escape", &[]),
    ("input", &["escape"]),
    ("units", &[]),
    ("citizen", &[]),
    ("kernels", &[]),
    ("algebra", &[]),
    ("template", &["escape", "units", "kernels"]),
    ("fingerprint", &["units", "kernels", "algebra", "template"]),
    ("face", &["units", "kernels", "algebra", "template"]),
    ("storage", &["escape"]),
    ("ingest", &["escape", "input", "units", "citizen", "template", "storage"]),
    ("gallery", &["escape", "units", "citizen", "kernels", "template", "fingerprint", "face", "storage"]),
    ("search", &["units", "citizen", "kernels", "template", "fingerprint", "face", "gallery"]),
    ("calibration", &["escape", "units", "template"]),
    (
        "database",
        &[
            "escape",
            "units",
            "citizen",
            "template",
            "fingerprint",
            "face",
            "ingest",
            "gallery",
            "search",
            "calibration",
        ],
    ),
    ("evaluation", &["escape", "input", "units", "calibration"]),
];

/// The only files that may say `unsafe`.
fn may_be_unsafe(path: &str) -> bool {
    path == "src/storage/map.rs"
        || path.starts_with("src/kernels/")
            && ["/avx2.rs", "/avx_vnni.rs", "/avx512.rs"].iter().any(|name| path.ends_with(name))
}

/// No source file is longer.
const MOST_LINES: usize = 700;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The module that a file of `src/` belongs to; `None` for `lib.rs` and the program.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let module = inside.split('/').next()?.trim_end_matches(".rs");
    (module != "lib" && module != "bin").then_some(module)
}

/// The code of a file: no comments, so that a mention in prose is not an import.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The modules named by `crate::NAME` and by the leading names of `crate::{A, B}`.
fn imports(code: &str) -> BTreeSet<String> {
    let leading_name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = BTreeSet::new();
    for (at, word) in code.match_indices("crate::") {
        let rest = &code[at + word.len()..];
        let Some(list) = rest.trim_start().strip_prefix('{') else {
            found.insert(leading_name(rest));
            continue;
        };
        found.insert(leading_name(list));
        let mut depth = 0;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.insert(leading_name(&list[at + 1..]));
                }
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn the_import_scanner_sees_every_form() {
    let found = imports(
        "use crate::units::Angle; fn f() -> crate::face::Row {} use crate::{\n kernels::{Level, Kernels},\n template, };",
    );
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["face", "kernels", "template", "units"]);
}

#[test]
fn the_table_points_one_way() {
    let mut above = BTreeSet::new();
    for (module, imported) in MAY_IMPORT {
        for name in *imported {
            assert!(above.contains(name), "{module} may not import {name}: it does not stand above it");
        }
        above.insert(module);
    }
}

#[test]
fn imports_keep_to_the_table() {
    let modules: BTreeSet<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let Some(module) = module_of(&path) else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{path}: module {module} is not in the table"));
            continue;
        };
        for name in imports(&code(&text)) {
            if name != module && modules.contains(name.as_str()) && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{path} imports {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_uses_only_the_public_interface() {
    for (path, text) in rust_files("src/bin") {
        assert!(!text.contains("#[path"), "{path} reaches into the library's files");
    }
}

#[test]
fn unsafe_stays_where_the_design_allows_it() {
    let mut wrong = Vec::new();
    for folder in ["src", "datasets/src"] {
        for (path, text) in rust_files(folder) {
            let says = code(&text).split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe");
            if says && !may_be_unsafe(&path) {
                wrong.push(path);
            }
        }
    }
    assert!(wrong.is_empty(), "unsafe outside of kernels and the map: {wrong:?}");
}

#[test]
fn files_stay_small_and_in_ascii() {
    let mut wrong = Vec::new();
    for folder in ["src", "datasets/src", "benches", "examples", "tests"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            if lines > MOST_LINES {
                wrong.push(format!("{path}: {lines} lines"));
            }
            let library = text.split("mod tests {").next().unwrap_or("");
            if let Some(line) =
                library.lines().position(|line| !line.is_ascii()).filter(|_| folder != "tests")
            {
                wrong.push(format!("{path}:{}: not ASCII", line + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_code_map_is_the_tree() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mapped: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("### `src/")?.split('`').next())
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect();
    let tree: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(mapped, tree, "headings of the code map against `ls src`");
}
