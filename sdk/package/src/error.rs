//! What can go wrong between a crate and its component.

use std::path::PathBuf;

/// Why a package could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The bytes are no core module, or a broken one.
    #[error(
        "not a core WebAssembly module: {0}; build the crate for wasm32-unknown-unknown as a `cdylib`"
    )]
    NotAModule(String),
    /// The bytes are no component.
    #[error(
        "not a component: a finished component of a tool for another language is expected; a crate's core module is packaged by `isocial plugin build FOLDER`"
    )]
    NotAComponent,
    /// The component has a manifest already.
    #[error(
        "the component holds a manifest already: give the file that the language's own tool has made, not a package"
    )]
    Packaged,
    /// The module wants more than `log`.
    #[error(
        "the module imports {}, but a plugin may import nothing but `isocial:plugin/log`: \
         leave out the dependency that needs a clock, randomness, files or JavaScript; tools for other languages have a switch for it", .0.join(", ")
    )]
    Imports(Vec<String>),
    /// The module exports no interface of a plugin.
    #[error(
        "the module exports no plugin interface: call one of the SDK's macros, such as `isocial_sdk::connector!(MyNetwork)`"
    )]
    NoInterface,
    /// The module exports an interface that this version does not know.
    #[error("the module exports `{0}`, which this version does not know: it packages {known}", known = crate::interface::known())]
    UnknownInterface(String),
    /// The manifest cannot be read as far as packaging needs it.
    #[error("{path}: {problem}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where that is known.
        problem: String,
    },
    /// The manifest's kind is not what the module exports.
    #[error("the manifest says kind `{kind}`, but the module does not export `{expected}`")]
    KindMismatch {
        /// As the manifest has it.
        kind: String,
        /// The interface that this kind must export.
        expected: String,
    },
    /// The component could not be encoded.
    #[error("the component could not be made: {0}")]
    Encode(String),
    /// cargo could not be run, or said no.
    #[error("cargo could not build {packages}: {problem}")]
    Cargo {
        /// The packages asked for.
        packages: String,
        /// What happened.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A new plugin of a kind that does not exist.
    #[error("`{given}` is no kind of plugin: expected one of {known}")]
    Kind {
        /// As given.
        given: String,
        /// What there is.
        known: String,
    },
    /// A new plugin into a folder that holds something.
    #[error("{} is not empty: name a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// A new plugin's name cannot be used.
    #[error("`{name}` cannot be a plugin's name: {problem}")]
    Name {
        /// As given.
        name: String,
        /// What was expected.
        problem: &'static str,
    },
}

impl PackageError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
