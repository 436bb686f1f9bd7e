//! Tests of the whole system, from outside.

#![expect(
    clippy::expect_used,
    reason = "all of this program is tests; the lint's own exception sees the functions marked as such only"
)]

mod archive;
mod cli;
mod contain;
mod demo;
mod http;
mod kill;
mod real;
mod rules;
