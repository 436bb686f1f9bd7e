//! Bounds that several kinds of answer share: counts, requests, faults.

use isocial_model::connector::{Fault, Request};

use crate::{neutral, rejection::Rejection};

/// A broken rule.
pub(crate) fn rule(rule: &'static str, found: String, expected: &'static str) -> Rejection {
    Rejection::Rule {
        rule,
        found,
        expected,
    }
}

/// Checks a count.
pub(crate) fn within(
    name: &'static str,
    found: usize,
    min: usize,
    max: usize,
    expected: &'static str,
) -> Result<(), Rejection> {
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(rule(name, found.to_string(), expected))
    }
}

/// Checks the sizes of a request; whether it may be made is for [`crate::permit`].
pub(crate) fn request_bounds(request: &Request) -> Result<(), Rejection> {
    within("url", request.url.len(), 1, 4096, "1 to 4,096 bytes")?;
    within("headers", request.headers.len(), 0, 32, "at most 32")?;
    for header in &request.headers {
        within("header-name", header.name.len(), 1, 64, "1 to 64 bytes")?;
        within(
            "header-value",
            header.value.len(),
            0,
            4096,
            "at most 4,096 bytes",
        )?;
    }
    within(
        "body",
        request.body.as_ref().map_or(0, Vec::len),
        0,
        256 * 1024,
        "at most 262,144 bytes",
    )?;
    slot_bounds(request.credential.as_deref())
}

/// Checks the name of a credential slot.
pub(crate) fn slot_bounds(slot: Option<&str>) -> Result<(), Rejection> {
    match slot {
        Some(name) if !neutral::is_id(name, 64) => Err(rule(
            "credential",
            format!("{} bytes", name.len()),
            "a slot's name of 1 to 64 bytes",
        )),
        _ => Ok(()),
    }
}

/// A plugin's own fault with its texts on one line each, and short (HP-16).
pub(crate) fn neutral_fault(fault: Fault) -> Fault {
    let line = neutral::short_line;
    match fault {
        Fault::RateLimited { scope, reset } => Fault::RateLimited {
            scope: line(scope, 64),
            reset,
        },
        Fault::Authentication { slot, problem } => Fault::Authentication {
            slot: line(slot, 64),
            problem,
        },
        Fault::BadConfig { pointer, problem } => Fault::BadConfig {
            pointer: line(pointer, 256),
            problem: line(problem, 256),
        },
        Fault::Moved(url) => Fault::Moved(line(url, 2048)),
        Fault::Permanent(reason) => Fault::Permanent(line(reason, 256)),
        Fault::Other { code, message } => Fault::Other {
            code: line(code, 64),
            message: line(message, 256),
        },
        Fault::RetryAfter(_) | Fault::Upstream(_) | Fault::Gone => fault,
    }
}
