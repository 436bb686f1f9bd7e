//! The rules that a reader of the code can rely on: which room may know which, what is named in one room only, where labels are
//! opened, how long files may be, and what the dependencies may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use isocial_tests::root;
use serde_json::Value;

/// Crates that one room alone may name (a test double in the sample network may use axum).
const ONE_ROOM: [(&str, &[&str]); 5] = [
    ("wasmtime", &["isocial-sandbox"]),
    ("sqlx", &["isocial-store"]),
    ("axum", &["isocial-api", "isocial-demo"]),
    ("reqwest", &["isocial-egress"]),
    ("libloading", &["isocial-vault"]),
];

/// Licences that a dependency may carry, any one of an `OR` being enough.
const LICENCES: [&str; 14] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "MPL-2.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "0BSD",
    "BSL-1.0",
];

fn metadata(deps: bool) -> Value {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    if deps {
        // Only what this machine builds: a build has downloaded that, and nothing else can be asked about without a network.
        cargo.args(["--filter-platform", &host_triple()]);
    } else {
        cargo.arg("--no-deps");
    }
    let out = cargo.output().expect("cargo starts");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON")
}

fn host_triple() -> String {
    let out = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("-vV")
        .output()
        .expect("rustc starts");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines()
        .find_map(|l| l.strip_prefix("host: "))
        .expect("rustc names its host")
        .to_owned()
}

/// Room → rooms that it may know, read from the table in host/README.md.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("host/README.md")).expect("host/README.md");
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|l| l.starts_with("| `host/")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0]
            .trim_matches('`')
            .trim_start_matches("host/")
            .to_owned();
        let may = match cells[2] {
            "nothing" => BTreeSet::new(),
            "all above" => rooms.keys().cloned().collect(),
            list if list.starts_with("all above, and") => rooms
                .keys()
                .cloned()
                .chain(list.split('`').skip(1).step_by(2).map(str::to_owned))
                .collect(),
            list => list
                .split(',')
                .map(|s| s.trim().trim_matches('`').to_owned())
                .collect(),
        };
        rooms.insert(name, may);
    }
    assert!(rooms.len() > 8, "the table of rooms was not found");
    rooms
}

#[test]
fn a_room_knows_only_what_its_row_names() {
    let rooms = table();
    let metadata = metadata(false);
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let names = |kind: Value| {
            package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(move |d| d["kind"] == kind)
                .map(|d| d["name"].as_str().unwrap())
        };
        for dependency in names(Value::Null) {
            if let Some((_, allowed)) = ONE_ROOM.iter().find(|(d, _)| *d == dependency)
                && !allowed.contains(&name)
            {
                wrong.push(format!("{name} names {dependency}"));
            }
            let Some(room) = name.strip_prefix("isocial-") else {
                continue;
            };
            let Some(other) = dependency.strip_prefix("isocial-") else {
                continue;
            };
            if let Some(may) = rooms.get(room)
                && !may.contains(other)
            {
                wrong.push(format!("{room} knows {other}"));
            }
        }
        if name.starts_with("plugin-") {
            wrong.extend(
                names(Value::Null)
                    .filter(|d| d.starts_with("isocial-") && *d != "isocial-sdk")
                    .map(|d| format!("{name} knows {d}")),
            );
        }
    }
    assert!(wrong.is_empty(), "forbidden edges: {wrong:#?}");
}

#[test]
fn every_room_has_its_row() {
    let rooms = table();
    for entry in std::fs::read_dir(root().join("host"))
        .unwrap()
        .flatten()
        .filter(|e| e.path().join("Cargo.toml").is_file())
    {
        let name = entry.file_name().into_string().unwrap();
        assert!(
            rooms.contains_key(&name),
            "host/{name} has no row in host/README.md"
        );
    }
}

#[test]
fn labels_are_opened_in_three_rooms_only() {
    let allowed = [
        ("Opening::Gate", "host/gate"),
        ("Opening::Codec", "host/store"),
        ("Opening::Evaluator", "host/query"),
    ];
    let mut wrong = Vec::new();
    for file in sources(&root()) {
        let text = std::fs::read_to_string(&file).unwrap();
        for (opening, room) in allowed {
            let inside = file.strip_prefix(root()).unwrap().starts_with(room);
            let tested = file.components().any(|c| c.as_os_str() == "tests")
                || text
                    .find("#[cfg(test)]")
                    .is_some_and(|t| text.find(opening).is_some_and(|o| o > t));
            if text.contains(opening) && !inside && !tested {
                wrong.push(format!("{} uses {opening}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_longer_than_800_lines_without_its_tests() {
    let long: Vec<String> = sources(&root())
        .into_iter()
        .filter_map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let lines = text.lines().take_while(|l| *l != "#[cfg(test)]").count();
            let generated = text
                .lines()
                .next()
                .is_some_and(|l| l.contains("@generated"));
            (lines > 800 && !generated).then(|| format!("{}: {lines}", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "split by noun: {long:#?}");
}

#[test]
fn dependencies_have_known_licences_and_openssl_stands_under_sqlcipher_only() {
    let metadata = metadata(true);
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"]
            .as_str()
            .unwrap_or("none")
            .replace('/', " OR ");
        let known = |term: &str| {
            term.split(" AND ")
                .all(|t| LICENCES.contains(&t.trim().trim_matches(['(', ')'])))
        };
        if !licence.split(" OR ").any(known) {
            wrong.push(format!("{name}: licence {licence}"));
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let real =
                dependency["kind"].is_null() && !dependency["optional"].as_bool().unwrap_or(false);
            if real
                && matches!(on, "openssl-sys" | "openssl" | "native-tls")
                && name != "libsqlite3-sys"
                && package["source"].is_null()
            {
                wrong.push(format!("{name} names {on}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every Rust source of ours.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["host", "sdk", "plugins", "tests", "examples"]
        .iter()
        .map(|f| root.join(f))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if entry.file_name() != "target" && entry.file_name() != "node_modules" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}
