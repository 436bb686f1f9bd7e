//! Tests of the whole system, from outside.

mod kill;
mod rules;
