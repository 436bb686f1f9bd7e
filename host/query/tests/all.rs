//! The query room from outside: one program, so that it links once.
#[path = "it/errors.rs"]
mod errors;
#[path = "it/index.rs"]
mod index;
#[path = "it/making.rs"]
mod making;
#[path = "it/others.rs"]
mod others;
#[path = "it/roundtrip.rs"]
mod roundtrip;
#[path = "it/semantics.rs"]
mod semantics;
