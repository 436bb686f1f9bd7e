//! Scores the pack: `cargo run --release -p plugin-vi --example score_vi -- DEV.jsonl [--target]`; without a path, `ISOCIAL_NLP_DEV` names it.
//!
//! Reads JSON lines with `text`, `label` and `lang` (others than vi are left out) and prints macro recall over three classes, recall by
//! class, calibration error and posts a second. With `--target` the rows also have `target`, and the opinion towards it is scored
//! between for and against.
#![expect(clippy::print_stdout, reason = "a command's output")]

use std::{error::Error, fs, time::Instant};

use plugin_vi::{Opinion, Polarity, Reader};

const CLASSES: [(&str, Polarity); 3] = [
    ("negative", Polarity::Negative),
    ("neutral", Polarity::Neutral),
    ("positive", Polarity::Positive),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut path = std::env::var("ISOCIAL_NLP_DEV").ok();
    let mut towards = false;
    for argument in std::env::args().skip(1) {
        if argument == "--target" {
            towards = true;
        } else {
            path = Some(argument);
        }
    }
    let path = path.ok_or("give the path of a JSON Lines file, or set ISOCIAL_NLP_DEV")?;
    let mut rows = Vec::new();
    let mut reader = Reader::default();
    // Rows in the pack's language and in others: how many there are, and how many the pack takes for its own
    let (mut own, mut others) = ((0u32, 0u32), (0u32, 0u32));
    for line in fs::read_to_string(path)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let Some(text) = row["text"].as_str() else {
            continue;
        };
        let ours = row["lang"].as_str().is_none_or(|lang| lang == "vi");
        reader.take(text);
        let count = if ours { &mut own } else { &mut others };
        count.0 += 1;
        count.1 += u32::from(reader.vietnamese().is_some());
        if ours && let Some(label) = row["label"].as_str() {
            let target = row["target"].as_str().unwrap_or_default();
            rows.push((text.to_owned(), label.to_owned(), target.to_owned()));
        }
    }
    println!(
        "language: knows {} of {} rows as its own, and takes {} of {} others for its own",
        own.1, own.0, others.1, others.0
    );
    let start = Instant::now();
    let opinions: Vec<Opinion> = rows
        .iter()
        .map(|(text, _, target)| {
            reader.take(text);
            if !towards {
                return reader.opinion();
            }
            let place = text.to_ascii_lowercase().find(target.as_str());
            let mut opinion = place.map_or_else(
                || reader.opinion(),
                |at| reader.opinion_towards(at as u32, (at + target.len()) as u32),
            );
            // Such rows are for or against, never neither
            opinion.polarity = if opinion.positive >= opinion.negative {
                Polarity::Positive
            } else {
                Polarity::Negative
            };
            opinion
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let mut recalls = Vec::new();
    for (name, polarity) in CLASSES {
        let of_class: Vec<_> = rows
            .iter()
            .zip(&opinions)
            .filter(|(row, _)| row.1 == name)
            .collect();
        if of_class.is_empty() {
            continue;
        }
        let right = of_class
            .iter()
            .filter(|(_, opinion)| opinion.polarity == polarity)
            .count();
        let recall = right as f64 / of_class.len() as f64;
        println!(
            "{name:<9} recall {:5.2} of {}",
            recall * 100.0,
            of_class.len()
        );
        recalls.push(recall);
    }
    let unknown = opinions
        .iter()
        .filter(|opinion| opinion.polarity == Polarity::Unknown)
        .count();
    println!(
        "macro recall {:.2} (unknown {unknown} of {})",
        100.0 * recalls.iter().sum::<f64>() / recalls.len() as f64,
        rows.len()
    );
    println!(
        "expected calibration error {:.3}",
        calibration(&rows, &opinions)
    );
    println!(
        "{:.0} posts/s (sentiment alone, one core, native)",
        rows.len() as f64 / seconds
    );
    let start = Instant::now();
    let read = rows
        .iter()
        .map(|(text, ..)| plugin_vi::analyze_native(text).topics.len())
        .sum::<usize>();
    println!(
        "{:.0} posts/s (whole pack; {read} topics)",
        rows.len() as f64 / start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Mean distance of confidence and hit rate over ten bins.
fn calibration(rows: &[(String, String, String)], opinions: &[Opinion]) -> f64 {
    let mut bins = [(0.0f64, 0.0f64, 0.0f64); 10];
    for (row, opinion) in rows.iter().zip(opinions) {
        let Some(class) = CLASSES.iter().position(|(name, _)| *name == row.1) else {
            continue;
        };
        let confidence = f64::from(opinion.negative.max(opinion.neutral).max(opinion.positive));
        let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
        bin.0 += 1.0;
        bin.1 += confidence;
        bin.2 += if opinion.polarity == CLASSES[class].1 {
            1.0
        } else {
            0.0
        };
    }
    let all: f64 = bins.iter().map(|bin| bin.0).sum();
    bins.iter().map(|bin| (bin.1 - bin.2).abs()).sum::<f64>() / all
}
