//! What a plugin can still say through an answer that breaks no rule: the residual bandwidth of each kind's output (SECURITY model B11,
//! HP-29, HP-30).
//!
//! Admission bounds counts, takes labels from declared sets, quantises numbers and puts every text on one neutral line. What is left is
//! counted here in bits, as the logarithm of the number of different admitted answers. It is an upper bound for a plugin that lies in every
//! field; [`PackDocument`] computes it from the same numbers that admission enforces, and a test holds the two together.
//!
//! # Language pack, a document
//! | part | choices | bits |
//! | --- | --- | --- |
//! | language | a primary subtag of 2 or 3 letters, or none (26² + 26³ + 1 = 18,253), and a confidence of 101 steps | 14.2 + 6.7 = 20.8 |
//! | sentiment | 5 labels; a score of 201 steps; three probabilities of 101 steps whose sum is 1 ± 0.03 before rounding (46,330 triples) | 2.3 + 7.7 + 15.5 = 25.5 |
//! | emotions | 8 of 10 labels × 101 steps | 8 × 10.0 = 79.8 |
//! | topics | 8 of T declared topics × 101 steps; T = 64 | 8 × 12.7 = 101.3 |
//! | entities | 64 of 7 kinds × 101 steps × a span of the text (L (L + 1) / 2 spans; L = 280 bytes) | 64 × 24.7 = 1,583 |
//! | phrases | 32 spans of the text | 32 × 15.3 = 488 |
//!
//! Together about 2,300 bits for a document of 280 bytes (which itself holds at most 2,240), nine tenths of them in the choice of spans; a
//! pack that is granted sentiment and language only has 46. Each span can only point into the redacted text of its own document, so what
//! can be hidden is what the pack was given in the same call: it has no state, no other organisation's posts, and no clock. The answer goes
//! to the organisation's own store. Nothing carries it further but a plugin that the organisation has granted `analysis.…` fields, and
//! that is an export, whose bytes go to the organisation's own folder: a channel is never given an analysis.
//!
//! # Connector, a call
//! Its output is posts: up to 250 changes with texts of 64 KiB each, and there is no honest bound below that. What limits it is what it is
//! given (query terms, its own configuration and cursor: nothing of any post that another plugin saw) and where it can send: at most 16
//! requests a round and 8 rounds a step, each with a URL of 4 KiB, 32 headers of 4 KiB and a body of 256 KiB, to the hosts of its grant
//! alone. So all it is given can reach its own network: that is what it is for, and why the manifest says so.
//!
//! # Alert channel, a call
//! `compose`: one request (as above) or one mail to a destination that the customer named; whatever it is given (rule, monitor, count,
//! minute, permalink, at most 5 excerpts of 280 characters) can arrive there, in any wording, and nowhere else: recipients and hosts are the
//! host's, links lead to our own pages. `judge`: delivered, failed with a reason of 256 bytes (2,048 bits), or wait 0–86,400 seconds (16.4
//! bits); the reason is shown to the organisation only.
//!
//! # Export format, a call
//! A chunk of 4 MiB into a file of the organisation's own folder. It can hold anything that the granted columns held, in any form; it is read
//! by whom the organisation gives the file.
//!
//! # Every kind
//! A fault carries at most 256 bytes of neutral text and a word of 64, to the organisation's own log; a receipt holds its name alone. Log
//! lines go to the organisation's plugin log under the sandbox's caps. The time that a call takes can be seen by a plugin in no world,
//! because none has a clock; an outsider who can measure the host's answers sees it in steps of the epoch ticker.

/// Bits that one document's analysis can carry, part by part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackDocument {
    /// Language with its confidence.
    pub language: f64,
    /// Label, probabilities and score.
    pub sentiment: f64,
    /// Emotions.
    pub emotions: f64,
    /// Topics.
    pub topics: f64,
    /// Entities.
    pub entities: f64,
    /// Phrases.
    pub phrases: f64,
}

/// Steps of a number from 0 to 1, and of one from −1 to 1, in two decimals.
const UNIT: f64 = 101.0;
const SIGNED: f64 = 201.0;

impl PackDocument {
    /// For a text of so many bytes and so many declared topics.
    pub fn new(text_bytes: u32, topics: u32) -> Self {
        let length = f64::from(text_bytes.max(1));
        let span = (length * (length + 1.0) / 2.0).log2();
        let tags = 26f64.powi(2) + 26f64.powi(3) + 1.0;
        Self {
            language: (tags * UNIT).log2(),
            sentiment: (5.0 * SIGNED * f64::from(triples())).log2(),
            emotions: 8.0 * (10.0 * UNIT).log2(),
            topics: 8.0 * (f64::from(topics.max(1)) * UNIT).log2(),
            entities: 64.0 * ((7.0 * UNIT).log2() + span),
            phrases: 32.0 * span,
        }
    }
    /// All of it.
    pub fn total(&self) -> f64 {
        self.language + self.sentiment + self.emotions + self.topics + self.entities + self.phrases
    }
}

/// Triples of hundredths that three numbers can be rounded to whose sum is within 0.03 of 1 (rounding moves it by 0.015 at most), and the
/// triple of zeros.
fn triples() -> u32 {
    let within = |a: u32, b: u32| {
        (0..=100)
            .filter(|c| (96..=104).contains(&(a + b + c)))
            .count() as u32
    };
    (0..=100u32)
        .flat_map(|a| (0..=100u32).map(move |b| within(a, b)))
        .sum::<u32>()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_documentation_is_the_arithmetic() {
        let bits = PackDocument::new(280, 64);
        let about = |value: f64, said: f64| assert!((value - said).abs() < 0.06, "{value} {said}");
        about(bits.language, 20.8);
        about(bits.sentiment, 25.5);
        about(bits.emotions, 79.8);
        about(bits.topics, 101.3);
        assert!((bits.entities - 1_583.0).abs() < 2.0, "{}", bits.entities);
        assert!((bits.phrases - 488.0).abs() < 2.0, "{}", bits.phrases);
        assert!(
            (2_200.0..2_400.0).contains(&bits.total()),
            "{}",
            bits.total()
        );
        assert_eq!(triples(), 46_330);
    }
}
