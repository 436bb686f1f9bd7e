//! The query room from outside: one program, so that it links once.
#[cfg(test)]
#[path = "it/errors.rs"]
mod errors;
#[cfg(test)]
#[path = "it/index.rs"]
mod index;
#[cfg(test)]
#[path = "it/making.rs"]
mod making;
#[cfg(test)]
#[path = "it/others.rs"]
mod others;
#[cfg(test)]
#[path = "it/roundtrip.rs"]
mod roundtrip;
#[cfg(test)]
#[path = "it/semantics.rs"]
mod semantics;
