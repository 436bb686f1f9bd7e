//! A new plugin's crate, from the templates: it builds, its test passes, and it is short enough to read at once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::PackageError;

/// Where the new crate gets the SDK from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SdkDependency {
    /// A checkout: the folder that holds `rust` and `testkit`.
    Path(PathBuf),
    /// A published version.
    Version(String),
}

impl SdkDependency {
    fn written(&self, folder: &str) -> String {
        match self {
            Self::Path(sdk) => format!(
                "{{ path = {} }}",
                quoted(&sdk.join(folder).display().to_string())
            ),
            Self::Version(version) => quoted(version),
        }
    }
}

/// Text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// One file of a template: where it goes, and what stands in it.
type Template = (&'static str, &'static str);

macro_rules! template {
    ($kind:literal, $($source:literal => $target:literal),*) => {
        ($kind, &[$(($target, include_str!(concat!("../../templates/", $kind, "/", $source)))),*])
    };
}

/// The templates by kind.
const TEMPLATES: [(&str, &[Template]); 4] = [
    template!("connector",
        "Cargo.toml.template" => "Cargo.toml", "plugin.toml" => "plugin.toml", "src/lib.rs" => "src/lib.rs",
        "exchanges/timeline.toml" => "exchanges/timeline.toml",
        "exchanges/timeline.expected.json" => "exchanges/timeline.expected.json"),
    template!("language-pack",
        "Cargo.toml.template" => "Cargo.toml", "plugin.toml" => "plugin.toml", "src/lib.rs" => "src/lib.rs"),
    template!("alert-channel",
        "Cargo.toml.template" => "Cargo.toml", "plugin.toml" => "plugin.toml", "src/lib.rs" => "src/lib.rs",
        "exchanges/delivery.toml" => "exchanges/delivery.toml",
        "exchanges/delivery.expected.json" => "exchanges/delivery.expected.json"),
    template!("export-format",
        "Cargo.toml.template" => "Cargo.toml", "plugin.toml" => "plugin.toml", "src/lib.rs" => "src/lib.rs"),
];

/// Writes a new plugin's crate of this kind into `dir`, which must not hold anything yet, and returns the files.
///
/// `name` is the crate's name and, for a connector, its network's: 2–32 lower-case letters, digits and single dashes.
pub fn scaffold(
    kind: &str,
    name: &str,
    dir: &Path,
    sdk: &SdkDependency,
) -> Result<Vec<PathBuf>, PackageError> {
    let found = TEMPLATES.iter().find(|(known, _)| *known == kind);
    let (_, files) = found.ok_or_else(|| PackageError::Kind {
        given: kind.to_owned(),
        known: TEMPLATES.map(|(known, _)| known).join(", "),
    })?;
    let good = (2..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !good {
        let problem = "expected 2–32 lower-case letters, digits and single dashes, a letter first";
        return Err(PackageError::Name {
            name: name.chars().take(64).collect(),
            problem,
        });
    }
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(PackageError::NotEmpty(dir.to_owned()));
    }
    let words = [
        ("{{name}}", name.to_owned()),
        ("{{network}}", name.to_owned()),
        ("{{Type}}", type_name(name)),
        ("{{sdk}}", sdk.written("rust")),
        ("{{testkit}}", sdk.written("testkit")),
    ];
    files
        .iter()
        .map(|(target, text)| write(&dir.join(target), text, &words))
        .collect()
}

fn write(path: &Path, text: &str, words: &[(&str, String)]) -> Result<PathBuf, PackageError> {
    let text = words.iter().fold(text.to_owned(), |text, (mark, word)| {
        text.replace(mark, word)
    });
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(PackageError::file(folder))?;
    }
    fs::write(path, text).map_err(PackageError::file(path))?;
    Ok(path.to_owned())
}

/// `my-network` → `MyNetwork`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default()
    };
    name.split('-').map(word).collect()
}
