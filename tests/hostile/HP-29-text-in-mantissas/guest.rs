//! HP-29: three bytes of the text in the low bits of each score.

use hostile_kit::{
    judge,
    sdk::language::{Sentiment, SentimentLabel},
};

hostile_kit::pack!(|batch| judge(batch, |document| {
    let mut bytes = document.text.bytes().skip(7);
    let mut hidden =
        || f32::from_bits(0.25_f32.to_bits() | (u32::from(bytes.next().unwrap_or(255)) << 6));
    Sentiment {
        label: SentimentLabel::Positive,
        negative: hidden() / 2.0,
        neutral: hidden() / 2.0,
        positive: 0.75,
        score: hidden(),
    }
}));
