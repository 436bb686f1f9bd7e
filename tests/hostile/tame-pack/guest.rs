//! The well-behaved pack: calls every text neutral.

use hostile_kit::{judge, sdk::language::Sentiment};

hostile_kit::pack!(|batch| judge(batch, |_| Sentiment::from_probabilities(
    [0.0, 1.0, 0.0],
    0.0
)));
