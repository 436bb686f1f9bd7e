//! Trains the sentiment model's numbers: `cargo run --release -p plugin-en --example fit_en -- TRAIN.jsonl`.
//!
//! Reads JSON lines with `text` and `label` (negative, neutral, positive; lines of another `lang` than en are left out) and prints
//! the table for `src/model.rs`. Class-balanced multinomial logistic regression, plain gradient descent with momentum from zero:
//! no chance is involved, so the same input gives the same numbers.
#![expect(clippy::print_stdout, reason = "a command's output")]

use std::{error::Error, fs};

use plugin_en::{Reader, features};

const STEPS: usize = 1500;
const RATE: f32 = 0.8;
const MOMENTUM: f32 = 0.9;
const SHRINK: f32 = 1e-4;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("give the path of a JSON Lines file")?;
    let mut reader = Reader::default();
    let mut rows: Vec<(Vec<f32>, usize)> = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let class = match row["label"].as_str() {
            Some("negative") => 0,
            Some("neutral") => 1,
            Some("positive") => 2,
            _ => continue,
        };
        if row["lang"].as_str().is_none_or(|lang| lang == "en")
            && let Some(text) = row["text"].as_str()
        {
            reader.take(text);
            rows.push((features(&reader), class));
        }
    }
    let width = rows.first().ok_or("the file has no labelled row")?.0.len();
    let mut sizes = [0.0f32; 3];
    for (_, class) in &rows {
        sizes[*class] += 1.0;
    }
    let mut weights = vec![[0.0f32; 3]; width];
    let mut speed = vec![[0.0f32; 3]; width];
    for _ in 0..STEPS {
        let mut slope = vec![[0.0f32; 3]; width];
        for (features, class) in &rows {
            let mut logits = [0.0f32; 3];
            for (x, w) in features.iter().zip(&weights) {
                for (logit, w) in logits.iter_mut().zip(w) {
                    *logit += x * w;
                }
            }
            let top = logits.iter().copied().fold(f32::MIN, f32::max);
            let powers = logits.map(|l| (l - top).exp());
            let sum: f32 = powers.iter().sum();
            let share = 1.0 / (3.0 * sizes[*class]);
            for (x, slope) in features.iter().zip(&mut slope) {
                for (c, slope) in slope.iter_mut().enumerate() {
                    let miss = powers[c] / sum - if c == *class { 1.0 } else { 0.0 };
                    *slope += x * miss * share;
                }
            }
        }
        for ((w, v), s) in weights.iter_mut().zip(&mut speed).zip(&slope) {
            for ((w, v), s) in w.iter_mut().zip(v).zip(s) {
                *v = MOMENTUM * *v - RATE * (s + SHRINK * *w);
                *w += *v;
            }
        }
    }
    println!("pub(crate) const WEIGHTS: [[f32; FEATURES]; CLASSES] = [");
    for class in 0..3 {
        let row: Vec<String> = weights.iter().map(|w| format!("{:.3}", w[class])).collect();
        println!("    [{}],", row.join(", "));
    }
    println!("];");
    Ok(())
}
