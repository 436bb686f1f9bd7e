//! Tests of the whole system, from outside.

#![expect(
    clippy::expect_used,
    reason = "all of this program is tests; the lint's own exception sees the functions marked as such only"
)]

mod again;
mod archive;
mod cli;
mod contain;
mod demo;
mod examples;
mod full;
mod http;
mod inbound;
mod kill;
mod real;
mod receipts;
mod redact;
mod restrictions;
mod rules;
mod streams;
