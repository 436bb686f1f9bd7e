//! The trained numbers of the sentiment model.
//!
//! Made by `cargo run --release -p plugin-en --example fit_en -- TRAIN.jsonl`: class-balanced multinomial logistic regression over
//! the features of `sentiment::features`. Same input, same numbers.

/// Negative, neutral, positive.
const CLASSES: usize = 3;
/// Numbers that the model looks at.
pub(crate) const FEATURES: usize = 26;

/// One row a class, one column a feature.
pub(crate) const WEIGHTS: [[f32; FEATURES]; CLASSES] = [
    [
        -0.521, -0.575, 0.159, 0.149, -0.183, 2.533, -0.094, 0.558, -0.435, -0.033, 0.023, -0.586,
        0.189, -0.098, 0.243, 1.891, -0.043, 0.004, -0.464, -0.454, -0.151, -0.030, 0.342, -0.718,
        0.625, 0.103,
    ],
    [
        0.618, -0.330, 0.107, -0.579, -0.963, -0.806, 0.026, 0.059, -0.289, -0.056, 0.030, 0.043,
        0.084, 0.020, -0.191, -0.462, 0.297, -0.386, 0.517, 0.471, 0.212, 0.181, 0.270, -0.815,
        -0.028, -0.493,
    ],
    [
        -0.098, 0.905, -0.266, 0.430, 1.146, -1.727, 0.068, -0.616, 0.725, 0.089, -0.053, 0.543,
        -0.273, 0.078, -0.052, -1.429, -0.254, 0.381, -0.053, -0.017, -0.060, -0.152, -0.612,
        1.534, -0.597, 0.390,
    ],
];
