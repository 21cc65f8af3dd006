//! What the project stands on, and what is published of it: licences and origins of dependencies as `deny.toml`
//! allows them, and the files of the package.
#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn cargo(args: &[&str]) -> String {
    let run =
        Command::new(env!("CARGO")).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

fn host() -> String {
    let run = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("-vV").output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn metadata() -> Value {
    // What this machine builds, and so has: the rest is for systems that the engine does not run on.
    let args = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()];
    serde_json::from_str(&cargo(&args)).unwrap()
}

/// The list that `deny.toml` gives `cargo deny` of licences.
fn allowed_licences() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let list = text.split("[licenses]").nth(1).unwrap().split("allow = [").nth(1).unwrap();
    list.split(']').next().unwrap().split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with these licences: `/` and `OR` are a choice, `AND` is not.
fn can_be_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let term =
        |term: &str| term.split(" OR ").any(|name| allowed.contains(name.trim_matches([' ', '(', ')'])));
    expression.split(" AND ").all(term)
}

#[test]
fn choices_of_licences_are_understood() {
    let allowed = ["MIT", "Unicode-3.0"].map(str::to_owned).into();
    for (expression, is_met) in [
        ("MIT OR Apache-2.0", true),
        ("Unlicense/MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception", false),
    ] {
        assert_eq!(can_be_met(expression, &allowed), is_met, "{expression}");
    }
}

#[test]
fn dependencies_come_from_the_registry_under_licences_that_are_allowed() {
    let allowed = allowed_licences();
    assert!(allowed.contains("MIT") && !allowed.contains("GPL-3.0-only"), "{allowed:?}");
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    let (mut wrong, mut unused) = (Vec::new(), allowed.clone());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        if !can_be_met(licence, &allowed) {
            wrong.push(format!("{name} is under {licence}"));
        }
        unused.retain(|allowed| !licence.contains(allowed.as_str()));
        let source = package["source"].as_str();
        let is_ours = source.is_none() && name.starts_with("biomatch");
        if !is_ours && source != Some("registry+https://github.com/rust-lang/crates.io-index") {
            wrong.push(format!("{name} is from {source:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(unused.is_empty(), "deny.toml allows what nothing has: {unused:?}");
}

/// A service that embeds the library builds each of these; a new one is a decision.
#[test]
fn the_bare_library_stands_on_few_crates() {
    let tree = cargo(&[
        "tree",
        "--package",
        "biomatch",
        "--no-default-features",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--locked",
        "--offline",
        "--target",
        &host(),
    ]);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        versions.entry(name).or_default().insert(version);
    }
    let twice: Vec<_> = versions.iter().filter(|(_, versions)| versions.len() > 1).collect();
    assert!(twice.is_empty(), "two versions of one crate: {twice:?}");
    assert!(versions.len() <= MOST_CRATES, "{} crates: {:?}", versions.len(), versions.keys());
}

const MOST_CRATES: usize = 66;

#[test]
fn the_package_is_the_library_and_its_documents() {
    let files = cargo(&["package", "--list", "--package", "biomatch", "--allow-dirty", "--offline"]);
    let top: BTreeSet<&str> = files.lines().filter_map(|file| file.split(['/', '\\']).next()).collect();
    let expected = [
        ".cargo_vcs_info.json",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "docs",
        "examples",
        "src",
    ];
    assert_eq!(
        top.into_iter().filter(|name| *name != ".cargo_vcs_info.json").collect::<Vec<_>>(),
        expected[1..]
    );
}
