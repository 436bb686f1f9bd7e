#![doc = include_str!("../README.md")]

mod address;
mod ast;
mod chars;
mod chunk;
mod cover;
mod doc;
mod error;
mod evaluate;
mod fts;
mod hash;
mod hits;
mod index;
mod lex;
mod names;
mod parse;
mod plan;
mod print;
mod program;
mod query;
mod segment;
mod spans;
mod terms;
mod values;

pub use ast::{
    Address, AddressOf, Bounds, Form, Has, Measure, Near, Node, Number, Scope, Text, Word,
};
pub use doc::{Doc, Part};
pub use error::{Doubt, Fix, Lint, ParseError, ParseErrors, Problem};
pub use evaluate::{Truth, evaluate};
pub use fts::fts_query;
pub use hits::{hits, hits_in};
pub use index::{Index, Scratch};
pub use parse::{Parsed, parse, parse_stored, parse_with_lints};
pub use plan::{handles_in_query, hashtags_of, plan};
pub use query::Query;
