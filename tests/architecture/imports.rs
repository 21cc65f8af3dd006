//! Who imports whom: every path to another file of `src/`, by `crate::`, `super::`, `self::`, the name of a
//! child module or of an imported one, followed through re-exports to the file that it leads to.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{code, rust_files, tested_code};

/// A module as its path from the root, such as `["search", "cascade", "parts"]`.
pub(crate) type Module = Vec<String>;

/// The modules of the library and what each imports.
pub(crate) struct Modules {
    code: BTreeMap<Module, String>,
    /// For each module what its `pub use` makes of names.
    exports: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

/// A path in a `use` or in code.
#[derive(Debug, PartialEq)]
struct Path {
    segments: Vec<String>,
    is_export: bool,
}

impl Modules {
    /// Those of `src/` without their tests; without the program and `lib.rs`.
    pub(crate) fn of_library() -> Self {
        Self::new(library_files(), tested_code)
    }

    /// Those of `src/` with their tests; without the program and `lib.rs`.
    pub(crate) fn with_tests() -> Self {
        Self::new(library_files(), |_, text| code(text))
    }

    fn new(files: impl Iterator<Item = (String, String)>, code_of: impl Fn(&str, &str) -> String) -> Self {
        let code: BTreeMap<Module, String> = files
            .filter_map(|(path, text)| Some((module_of(&path)?, code_of(&path, &text))))
            .filter(|(module, _)| !module.is_empty())
            .collect();
        let exports = code.iter().map(|(module, code)| {
            let exported = uses(code).0.into_iter().filter(|path| path.is_export);
            let named = exported.filter_map(|path| Some((path.segments.last()?.clone(), path.segments)));
            (module.clone(), named.collect())
        });
        Self { exports: exports.collect(), code }
    }

    /// The modules whose files a file imports, itself not among them.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let (paths, rest) = uses(&self.code[module]);
        let target = |path: &[String]| self.resolve(module, path, 0).map(|(target, _)| target);
        let mut found = BTreeSet::new();
        let mut names: BTreeMap<String, Module> = BTreeMap::new();
        for path in &paths {
            let Some(reached) = target(&path.segments) else { continue };
            // A module that passes on what its children define does not need them.
            if !(path.is_export && reached.starts_with(module)) {
                found.insert(reached.clone());
            }
            if let Some(name) = path.segments.iter().rfind(|name| *name != "self")
                && reached.last() == Some(name)
            {
                names.insert(name.clone(), reached);
            }
        }
        for path in paths_in(&rest) {
            let imported = path.first().and_then(|first| names.get(first));
            let whole = match imported {
                Some(module) => [&["crate".to_owned()], module.as_slice(), &path[1..]].concat(),
                None => path,
            };
            found.extend(target(&whole));
        }
        found.remove(module);
        found.retain(|target| !target.is_empty());
        found
    }

    /// The file that a path leads to, and what is left of the path there.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<(Module, Vec<String>)> {
        let mut at = from.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while let Some("super") = rest.first().map(String::as_str) {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            child if !self.code.contains_key(&[from, &[child.to_owned()]].concat()) => return None,
            _ => {}
        }
        while let Some(name) = rest.first() {
            let child = [at.as_slice(), std::slice::from_ref(name)].concat();
            if name == "self" {
                rest = &rest[1..];
            } else if self.code.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
            } else {
                break;
            }
        }
        let exported = rest.first().and_then(|name| self.exports.get(&at)?.get(name));
        match exported {
            Some(exported) if depth < 8 => {
                let whole = [exported.as_slice(), &rest[1..]].concat();
                self.resolve(&at, &whole, depth + 1).or(Some((at, rest.to_vec())))
            }
            _ => Some((at, rest.to_vec())),
        }
    }

    /// For each top module the other top modules that its files import.
    pub(crate) fn imports_by_top(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for module in self.code.keys() {
            let imported = self.imports(module).into_iter().map(|target| target[0].clone());
            let found = all.entry(module[0].clone()).or_default();
            found.extend(imported.filter(|top| *top != module[0]));
        }
        all
    }

    /// A circle of imports among the files of a top module, if there is one.
    pub(crate) fn cycle_in(&self, top: &str) -> Option<Vec<String>> {
        let files = self.code.keys().filter(|module| module[0] == top);
        let imports: BTreeMap<&Module, BTreeSet<Module>> =
            files.map(|module| (module, self.imports(module))).collect();
        // Files that import none that is left are taken away, until only circles and what leads to them are left.
        let mut left: BTreeSet<&Module> = imports.keys().copied().collect();
        loop {
            let open = |module: &&Module| imports[*module].iter().any(|target| left.contains(target));
            let still: BTreeSet<&Module> = left.iter().copied().filter(open).collect();
            if still.len() == left.len() {
                break;
            }
            left = still;
        }
        let mut at = *left.first()?;
        let mut way = vec![at];
        loop {
            at = *left.iter().find(|module| imports[at].contains(**module))?;
            if let Some(start) = way.iter().position(|seen| *seen == at) {
                way.push(at);
                return Some(way[start..].iter().map(|module| module.join("/")).collect());
            }
            way.push(at);
        }
    }
}

fn library_files() -> impl Iterator<Item = (String, String)> {
    rust_files("src").into_iter().filter(|(path, _)| !path.starts_with("src/bin/"))
}

/// The module of a file; empty for `lib.rs`.
fn module_of(path: &str) -> Option<Module> {
    let name = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let name = name.strip_suffix("/mod").unwrap_or(name);
    Some(if name == "lib" { Vec::new() } else { name.split('/').map(str::to_owned).collect() })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The paths of all `use`, one for each name, and the code without them.
fn uses(code: &str) -> (Vec<Path>, String) {
    let (mut paths, mut rest) = (Vec::new(), String::new());
    let mut left = code;
    while let Some(at) =
        left.match_indices("use ").map(|(at, _)| at).find(|&at| !left[..at].ends_with(is_word))
    {
        let (before, after) = (&left[..at], &left[at + 4..]);
        rest.push_str(before);
        let end = after.find(|c: char| !(is_word(c) || c.is_whitespace() || ":{},*".contains(c)));
        let statement = &after[..end.unwrap_or(after.len())];
        let is_use = after[statement.len()..].starts_with(';');
        if is_use {
            let is_export = before.trim_end().ends_with("pub") || before.trim_end().ends_with(')');
            for segments in flattened(statement) {
                paths.push(Path { segments, is_export });
            }
        }
        left = &after[statement.len()..];
    }
    rest.push_str(left);
    (paths, rest)
}

/// One path for each name of a tree such as `a::{b, c::{d, e}}`.
fn flattened(tree: &str) -> Vec<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in tree.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let mut paths = Vec::new();
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let segments = |text: &str| {
            let names =
                text.split("::").map(|name| name.split(" as ").next().unwrap_or("").trim().to_owned());
            names.filter(|name| !name.is_empty()).collect::<Vec<String>>()
        };
        match part.split_once('{') {
            Some((prefix, inner)) => {
                let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
                paths.extend(flattened(inner).into_iter().map(|path| [segments(prefix), path].concat()));
            }
            None => paths.push(segments(part)),
        }
    }
    paths
}

/// The paths of two names or more in code.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut before = ' ';
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        if is_word(c) && !is_word(before) && before != ':' && before != '.' {
            let end = rest.find(|c: char| !(is_word(c) || c == ':')).unwrap_or(rest.len());
            let path: Vec<String> = rest[..end].split("::").map(str::to_owned).collect();
            if path.len() > 1 {
                paths.push(path.into_iter().filter(|name| !name.is_empty() && !name.contains(':')).collect());
            }
            before = 'a';
            rest = &rest[end.max(1)..];
        } else {
            before = c;
            rest = &rest[c.len_utf8()..];
        }
    }
    paths
}

fn modules(files: &[(&str, &str)]) -> Modules {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Modules::new(files, tested_code)
}

#[test]
fn the_scanner_sees_every_form() {
    let found = modules(&[
        ("src/lib.rs", "pub mod a;"),
        ("src/a/mod.rs", "mod b;\nmod c;\nmod d;\npub use b::Thing;\npub(crate) use c::{Other, more};"),
        ("src/a/b.rs", "use super::c::{self, Other};\nfn f() -> super::d::Inner { c::more() }"),
        (
            "src/a/c.rs",
            "// use crate::z::Nothing;\npub fn more() { crate::e::run() }\nmod tests {\nuse crate::z::No; }",
        ),
        ("src/a/d.rs", "use crate::{e::{Deep, self}, f};\nfn g() { f::run(super::Thing) }"),
        ("src/e.rs", ""),
        ("src/f/mod.rs", "mod g;\npub use self::g::run;"),
        ("src/f/g.rs", "pub fn run() {}"),
        ("src/z.rs", ""),
    ]);
    let imports = |module: &str| {
        let module: Module = module.split('/').map(str::to_owned).collect();
        let found: Vec<String> = found.imports(&module).iter().map(|target| target.join("/")).collect();
        found.join(" ")
    };
    assert_eq!(imports("a"), "");
    assert_eq!(imports("a/b"), "a/c a/d");
    assert_eq!(imports("a/c"), "e");
    assert_eq!(imports("a/d"), "a/b e f f/g");
    assert_eq!(imports("f"), "");
    assert_eq!(found.cycle_in("a"), Some(vec!["a/b".into(), "a/d".into(), "a/b".into()]));
    assert_eq!(found.cycle_in("f"), None);
    assert_eq!(found.imports_by_top()["a"].iter().map(String::as_str).collect::<Vec<_>>(), ["e", "f"]);
}
