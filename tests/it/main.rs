//! Tests of the whole system, from outside.

mod rules;
