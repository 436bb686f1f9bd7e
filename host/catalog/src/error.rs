//! Why a package is refused.

/// A package that cannot be read or may not be registered. Each message says what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Over the size cap (HP-47).
    #[error("the {what} has {given} bytes: at most {allowed} are taken")]
    TooLarge {
        /// `component` or `manifest`.
        what: &'static str,
        /// Bytes given.
        given: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// Not a component, or a broken one.
    #[error("not a WebAssembly component: {0}; make one with `isocial plugin build`")]
    NotAComponent(String),
    /// It imports more than `log` (HP-08).
    #[error("the component imports {}, but a plugin may import nothing but `isocial:plugin/log`", .0.join(", "))]
    Imports(Vec<String>),
    /// It has no manifest.
    #[error(
        "the component has no manifest: make it with `isocial plugin build`, which embeds plugin.toml"
    )]
    NoManifest,
    /// It has more than one manifest.
    #[error("the component has {0} manifests: expected one")]
    ManyManifests(usize),
    /// The manifest is no TOML of the expected form.
    #[error("plugin.toml: {0}")]
    Syntax(String),
    /// A value of the manifest cannot be.
    #[error("plugin.toml: `{key}`: {problem}")]
    Value {
        /// Dotted path of the key.
        key: String,
        /// What was given and what was expected.
        problem: String,
    },
    /// The manifest says another kind than the component exports.
    #[error("plugin.toml says kind `{kind}`, but the component exports {}", if exports.is_empty() { "no plugin interface".into() } else { exports.join(", ") })]
    Kind {
        /// As the manifest has it.
        kind: isocial_model::Kind,
        /// What is exported.
        exports: Vec<String>,
    },
    /// The interface's version is not supported.
    #[error("the plugin is made for `{given}`, but this host supports {supported}: {hint}")]
    Interface {
        /// What the manifest or the exports say.
        given: String,
        /// What this host supports.
        supported: String,
        /// What to do.
        hint: &'static str,
    },
    /// A function is exported without a contract, or the other way round.
    #[error("plugin.toml: {0}")]
    Contract(String),
}

impl PackageError {
    pub(crate) fn value(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Value {
            key: key.into(),
            problem: problem.into(),
        }
    }
}
