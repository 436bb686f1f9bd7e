//! Tests of the whole system, from outside.

mod archive;
mod demo;
mod http;
mod kill;
mod rules;
