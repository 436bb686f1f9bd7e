//! Being built: the public vocabulary is fixed, see the signatures.

mod ast;
mod doc;
mod error;
mod evaluate;
mod fts;
mod index;
mod parse;
mod plan;
mod print;
mod query;

pub use ast::{Address, AddressOf, Bounds, Form, Has, Measure, Near, Node, Number, Scope, Text, Word};
pub use doc::{Doc, Part};
pub use error::{Doubt, Fix, Lint, ParseError, ParseErrors, Problem};
pub use evaluate::{Truth, evaluate, hits, hits_in};
pub use fts::fts_query;
pub use index::{Index, Scratch};
pub use parse::{Parsed, parse, parse_stored, parse_with_lints};
pub use plan::{handles_in_query, hashtags_of, plan};
pub use query::Query;
