//! What can be wrong with the operator's settings. A failed exchange is no error: it is an answer.

use std::path::PathBuf;

/// The door cannot be built from this configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// A file of extra roots cannot be read.
    #[error("cannot read the root certificates in `{}`: give a readable PEM file", path.display())]
    RootsUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of extra roots holds none.
    #[error("`{}` holds no usable certificate: expected PEM with at least one `BEGIN CERTIFICATE` block", path.display())]
    RootsUnusable {
        /// The file.
        path: PathBuf,
    },
    /// The TLS library refuses the settings.
    #[error("TLS cannot be set up from these settings")]
    Tls(#[from] rustls::Error),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be set up from these settings")]
    Http(#[source] reqwest::Error),
}
