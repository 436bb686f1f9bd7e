//! The door from outside: real servers on loopback, reached through an operator's exception, each behaving badly in its own way.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up should stop there"
)]

mod credentials;
mod http;
mod limits;
mod mail;
mod sessions;
mod streams;
mod support;
mod tls;
