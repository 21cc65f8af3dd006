//! The rules of ARCHITECTURE.md that a machine can hold: who imports whom, where `unsafe` may be,
//! how long a file may get, and that the code map is the tree.
#![allow(clippy::unwrap_used)]

mod imports;
mod sources;

use std::collections::BTreeSet;
use std::fs;

use imports::Modules;
use sources::{code, root, rust_files, tested_code};

/// Each module of `src/` and the modules that it may import. Data flows one way: an entry names
/// only entries above it.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("escape", &[]),
    ("text", &[]),
    ("input", &["escape", "text"]),
    ("json", &["escape"]),
    ("random", &[]),
    ("units", &[]),
    ("citizen", &[]),
    ("subject", &["citizen"]),
    ("kernels", &["escape"]),
    ("algebra", &[]),
    ("maths", &["units"]),
    ("template", &["escape", "text", "json", "units", "kernels"]),
    ("picture", &["escape", "units", "template"]),
    ("extraction", &["escape", "text", "input", "json", "units", "kernels", "maths", "template", "picture"]),
    ("fingerprint", &["units", "kernels", "algebra", "maths", "template"]),
    ("face", &["units", "kernels", "algebra", "template"]),
    ("storage", &["escape"]),
    ("attempts", &["escape", "units", "subject", "storage"]),
    ("ingest", &["escape", "text", "input", "json", "units", "citizen", "template", "picture", "extraction"]),
    (
        "gallery",
        &["escape", "units", "citizen", "subject", "kernels", "template", "fingerprint", "face", "storage"],
    ),
    ("search", &["units", "subject", "kernels", "template", "fingerprint", "face", "gallery"]),
    ("calibration", &["escape", "text", "json", "random", "units"]),
    ("fusion", &["escape", "units", "calibration"]),
    (
        "database",
        &[
            "escape",
            "json",
            "units",
            "subject",
            "template",
            "fingerprint",
            "face",
            "attempts",
            "ingest",
            "gallery",
            "search",
            "calibration",
            "fusion",
        ],
    ),
    ("evaluation", &["escape", "text", "input", "random", "units"]),
];

/// The only files that may say `unsafe`.
fn may_be_unsafe(path: &str) -> bool {
    path == "src/storage/map.rs"
        || path.starts_with("src/kernels/")
            && ["/avx2.rs", "/avx_vnni.rs", "/avx512.rs"].iter().any(|name| path.ends_with(name))
}

/// Crates that only one file or folder uses, so that another one could take their place.
const OF_ONE_PLACE: &[(&str, &str)] = &[
    ("image", "src/picture/raster.rs"),
    ("hayro_jpeg2000", "src/picture/jpeg2000.rs"),
    ("rten", "src/extraction/onnx/"),
    ("rten_onnx", "src/extraction/onnx/"),
];

#[test]
fn decoders_and_the_runtime_of_networks_are_used_in_one_place_each() {
    for (name, place) in OF_ONE_PLACE {
        let uses = |text: &str| {
            let code = code(text);
            let path = format!("{name}::");
            let is_path =
                |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
            code.match_indices(&path).any(|(at, _)| is_path(at))
        };
        let users: Vec<_> =
            rust_files("src").into_iter().filter(|(_, text)| uses(text)).map(|(path, _)| path).collect();
        assert!(!users.is_empty(), "nothing uses {name}");
        assert!(users.iter().all(|user| user.starts_with(place)), "{name} beside {place}: {users:?}");
    }
}

/// No file of the library and the program is longer, nor any other Rust file.
const MOST_LINES: usize = 400;
const MOST_LINES_BESIDE: usize = 600;

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
fn imports_are_those_of_the_table() {
    let mut wrong = Vec::new();
    for (module, imported) in Modules::with_tests().imports_by_top() {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{module} is not in the table"));
            continue;
        };
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        wrong.extend(imported.difference(&allowed).map(|name| format!("{module} imports {name}")));
        wrong.extend(allowed.difference(&imported).map(|name| format!("{module} does not need {name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Modules whose files import each other in circles.
const WITH_CYCLES: [&str; 2] = ["template", "kernels"];

#[test]
fn files_of_a_module_do_not_import_each_other_in_circles() {
    let modules = Modules::of_library();
    let tops = MAY_IMPORT.iter().map(|(module, _)| *module).filter(|module| !WITH_CYCLES.contains(module));
    let cycles: Vec<String> = tops.filter_map(|top| Some(modules.cycle_in(top)?.join(" -> "))).collect();
    assert!(cycles.is_empty(), "{}", cycles.join("\n"));
}

/// The program is a crate of its own; only an included file would bring private items into it.
#[test]
fn the_program_includes_no_file_of_the_library() {
    for (path, text) in rust_files("src/bin") {
        let code = code(&text);
        assert!(!code.contains("#[path") && !code.contains("include!("), "{path} includes a file");
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
            if lines > if folder == "src" { MOST_LINES } else { MOST_LINES_BESIDE } {
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

/// Files that another layer opens by names of its own: those of a gallery, and audits.
fn opens_its_own(path: &str) -> bool {
    path == "src/input.rs"
        || ["src/storage/", "src/gallery/", "src/database/audit"].iter().any(|at| path.starts_with(at))
}

/// A named pipe in the place of an input would be waited for.
#[test]
fn inputs_are_opened_in_one_place() {
    let openings =
        ["File::open(", "OpenOptions", "fs::read(", "fs::read_to_string(", "from_path(", "read(true)"];
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let code = tested_code(&path, &text);
        if !opens_its_own(&path) {
            // A type of the program whose name ends so, such as ProgressFile, is another.
            let is_whole = |at: usize| !code[..at].ends_with(char::is_alphanumeric);
            let found = openings.iter().filter(|o| code.match_indices(**o).any(|(at, _)| is_whole(at)));
            wrong.extend(found.map(|opening| format!("{path}: {opening}")));
        }
    }
    assert!(wrong.is_empty(), "read through src/input.rs: {wrong:#?}");
}

/// An `#[error(...)]` attribute and the fields of what it stands on.
fn error_attributes(code: &str) -> Vec<(String, String)> {
    let closing = |text: &str, open: char, close: char| {
        let mut depth = 0;
        text.char_indices().find_map(|(at, c)| {
            depth += i32::from(c == open) - i32::from(c == close);
            (depth == 0 && c == close).then_some(at)
        })
    };
    let attribute = |(at, _)| {
        let rest: &str = &code[at..];
        let (message, after) = rest.split_at(closing(rest, '[', ']')? + 1);
        let item = after.find(['{', ',', ';', '}'])?;
        let fields = if after[item..].starts_with('{') {
            &after[item..item + closing(&after[item..], '{', '}')?]
        } else {
            &after[..item]
        };
        Some((message.to_owned(), fields.to_owned()))
    };
    code.match_indices("#[error(").filter_map(attribute).collect()
}

/// The fields of an error that hold text or a path, and that its message displays as they are.
fn raw_fields(message: &str, fields: &str) -> Vec<String> {
    let named = fields.lines().filter_map(|line| {
        let (name, kind) = line.trim().trim_start_matches("pub ").split_once(": ")?;
        ["String,", "PathBuf,"].contains(&kind).then(|| name.to_owned())
    });
    let unnamed = ["(String)", "(PathBuf)"].iter().any(|kind| fields.contains(kind));
    let all = named.chain(unnamed.then(|| "0".to_owned()));
    all.filter(|name| message.contains(&format!("{{{name}}}")) || message.contains(&format!(", {name})")))
        .collect()
}

#[test]
fn the_scanner_of_errors_sees_raw_fields() {
    let text = "#[error(\"{file} [x]: {what:?} {size}\")] A {\n file: PathBuf,\n what: String,\n size: u64,\n },
        #[error(\"{0}\")] B(String), #[error(\"{}: {}\", Escaped::new(file), name)] pub struct C {\n pub file: PathBuf,\n pub name: String,\n }
        #[error(\"none\")] D, #[error(\"{}\", Escaped::new(text))] E {\n text: String,\n },";
    let found: Vec<_> =
        error_attributes(text).iter().map(|(message, fields)| raw_fields(message, fields)).collect();
    assert_eq!(found, [vec!["file"], vec!["0"], vec!["name"], vec![], vec![]]);
}

/// Names and fields of others do not act on a terminal.
#[test]
fn messages_escape_paths_and_text() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in rust_files("src") {
        let code = tested_code(&path, &text);
        if code.contains(".display()") {
            wrong.push(format!("{path}: a path is displayed as it is"));
        }
        for (message, fields) in error_attributes(&code) {
            seen += 1;
            wrong.extend(
                raw_fields(&message, &fields)
                    .into_iter()
                    .map(|field| format!("{path}: {field} in {message}")),
            );
        }
        let prints = ["eprint!(", "eprintln!(", "println!(", "print!(", "stderr()"];
        let may_print =
            ["src/bin/biomatch/console.rs", "src/bin/biomatch/arguments.rs"].contains(&path.as_str());
        if !may_print && prints.iter().any(|print| code.contains(print)) {
            wrong.push(format!("{path}: prints beside console.rs"));
        }
    }
    assert!(seen > 100, "the scanner found {seen} errors only");
    assert!(wrong.is_empty(), "show them with Escaped: {wrong:#?}");
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

/// The names before the colon of a bullet such as "* `a`, `b/`: what they do."
#[test]
fn the_bullets_of_the_code_map_name_files_of_their_module() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (mut module, mut seen, mut wrong) = (None, 0, Vec::new());
    for line in map.lines() {
        if line.starts_with('#') {
            module = line.strip_prefix("### `").and_then(|rest| rest.strip_suffix("/`"));
        }
        let (Some(module), Some(bullet)) = (module, line.strip_prefix("* ")) else { continue };
        for name in bullet.split(": ").next().unwrap().split('`').skip(1).step_by(2) {
            let path = root().join(module).join(name);
            seen += 1;
            if !path.is_dir() && !path.with_extension("rs").is_file() {
                wrong.push(format!("{module}: {name}"));
            }
        }
    }
    assert!(seen > 30, "only {seen} names were found");
    assert!(wrong.is_empty(), "named in ARCHITECTURE.md, and not there: {wrong:?}");
}
