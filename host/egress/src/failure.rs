//! Failures: what the HTTP client's errors mean to whoever asked. Never their text: it may hold a URL.

use std::{error::Error, io};

use isocial_model::connector::Failure;

use crate::resolve::Unusable;

/// The name in receipts, as in the plugin interface.
pub(crate) const fn name(failure: Failure) -> &'static str {
    match failure {
        Failure::Denied => "denied",
        Failure::Unresolvable => "unresolvable",
        Failure::Unreachable => "unreachable",
        Failure::Timeout => "timeout",
        Failure::TooLarge => "too-large",
        Failure::Tls => "tls",
        Failure::Budget => "budget",
        Failure::Malformed => "malformed",
    }
}

/// What an error of the HTTP client means.
pub(crate) fn of(error: &reqwest::Error) -> Failure {
    if let Some(failure) = of_cause(error) {
        return failure;
    }
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() || causes(error).any(<dyn Error>::is::<io::Error>) {
        Failure::Unreachable
    } else {
        // It answered, and not in HTTP.
        Failure::Malformed
    }
}

/// What an error means if our own check or TLS is among its causes.
pub(crate) fn of_cause(error: &(dyn Error + 'static)) -> Option<Failure> {
    causes(error).find_map(known)
}

/// The error and everything that it was caused by, looking into I/O errors as well.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        inner
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source())
    })
}

fn known(cause: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(unusable) = cause.downcast_ref::<Unusable>() {
        return Some((*unusable).into());
    }
    cause.is::<rustls::Error>().then_some(Failure::Tls)
}
