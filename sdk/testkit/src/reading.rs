//! What language packs that read by word lists are tried with: batches, the bounds of every reading, and a score on labelled posts.

use std::{fmt::Write, time::Instant};

use isocial_sdk::{
    language::{Batch, Target, Tasks},
    reading::{Opinion, Polarity, Reader, Reading, Rules, TOPICS, read},
};

const CLASSES: [(&str, Polarity); 3] = [
    ("negative", Polarity::Negative),
    ("neutral", Polarity::Neutral),
    ("positive", Polarity::Positive),
];

/// A batch of these texts, without hints and days.
pub fn batch(texts: &[&str], targets: Vec<Target>, tasks: Tasks) -> Batch {
    let ends = texts.iter().scan(0, |end, text| {
        *end += text.len() as u32;
        Some(*end)
    });
    Batch {
        ends: ends.collect(),
        text: texts.concat(),
        targets,
        tasks,
        ..Batch::default()
    }
}

/// A target in the first document, where this name first stands in its text.
pub fn target(text: &str, name: &str) -> Option<Target> {
    let start = text.find(name)? as u32;
    Some(Target {
        document: 0,
        start,
        end: start + name.len() as u32,
    })
}

/// The topics that a manifest declares.
pub fn declared_topics(manifest: &str) -> Vec<&str> {
    let line = manifest.lines().find(|l| l.starts_with("topics = "));
    line.map_or_else(Vec::new, |line| {
        line.split('"').skip(1).step_by(2).collect()
    })
}

/// Reads a text and says what of the reading is out of its bounds, or differs when it is read again.
pub fn out_of_bounds<R: Rules>(text: &str) -> Option<String> {
    let reading = read::<R>(text);
    let Opinion {
        polarity,
        negative,
        neutral,
        positive,
        score,
    } = reading.opinion;
    let sum = negative + neutral + positive;
    let is_span = |start: u32, end: u32| {
        text.get(start as usize..end as usize)
            .is_some_and(|span| !span.is_empty())
    };
    let Reading {
        feelings,
        named,
        phrases,
        topics,
        ..
    } = &reading;
    let holds = [
        (
            "probabilities",
            (sum - 1.0).abs() < 1e-4 || (sum == 0.0 && polarity == Polarity::Unknown),
        ),
        ("score", (-1.0..=1.0).contains(&score)),
        (
            "names",
            named.len() <= 64 && named.iter().all(|n| is_span(n.start, n.end)),
        ),
        (
            "phrases",
            phrases.len() <= 8 && phrases.iter().all(|p| is_span(p.0, p.1)),
        ),
        ("emotions", feelings.len() <= 8),
        (
            "topics",
            topics.iter().all(|t| usize::from(t.0) < TOPICS.len()),
        ),
        ("a second reading", reading == read::<R>(text)),
    ];
    let broken = holds.into_iter().find(|(_, holds)| !holds);
    broken.map(|(what, _)| format!("{what}: {reading:?}"))
}

/// A labelled post.
struct Row {
    text: String,
    label: String,
    target: String,
}

/// Scores a language on JSON lines with `text`, `label` and `lang` (others than its own only say whether it takes them for its own):
/// macro recall over three classes, recall by class, calibration error and posts a second, as text for people.
///
/// With `towards` the rows also have `target`, and the opinion towards it is scored between for and against. With `balanced` the
/// calibration weighs classes equally, as a model that is trained so needs it. Fails where a line is no JSON.
pub fn score<R: Rules>(
    lines: &str,
    towards: bool,
    balanced: bool,
) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    let mut rows = Vec::new();
    let mut reader = Reader::<R>::default();
    // Rows in the pack's language and in others: how many there are, and how many the pack takes for its own
    let (mut own, mut others) = ((0u32, 0u32), (0u32, 0u32));
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let Some(text) = row["text"].as_str() else {
            continue;
        };
        let ours = row["lang"].as_str().is_none_or(|lang| lang == R::CODE);
        reader.take(text);
        let count = if ours { &mut own } else { &mut others };
        count.0 += 1;
        count.1 += u32::from(reader.tongue().confidence.is_some());
        if ours && let Some(label) = row["label"].as_str() {
            rows.push(Row {
                text: text.to_owned(),
                label: label.to_owned(),
                target: row["target"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    let mut say = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{line}");
    };
    say(format!(
        "language: knows {} of {} rows as its own, and takes {} of {} others for its own",
        own.1, own.0, others.1, others.0
    ));
    let start = Instant::now();
    let opinions: Vec<Opinion> = rows
        .iter()
        .map(|row| {
            reader.take(&row.text);
            if towards {
                towards_target(&reader, row)
            } else {
                reader.opinion()
            }
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let mut recalls = Vec::new();
    for (name, polarity) in CLASSES {
        let of_class = rows
            .iter()
            .zip(&opinions)
            .filter(|(row, _)| row.label == name);
        let (all, right) = of_class.fold((0u32, 0u32), |(all, right), (_, opinion)| {
            (all + 1, right + u32::from(opinion.polarity == polarity))
        });
        if all > 0 {
            let recall = f64::from(right) / f64::from(all);
            say(format!("{name:<9} recall {:5.2} of {all}", recall * 100.0));
            recalls.push(recall);
        }
    }
    let unknown = opinions.iter().filter(|o| o.polarity == Polarity::Unknown);
    say(format!(
        "macro recall {:.2} (unknown {} of {})",
        100.0 * recalls.iter().sum::<f64>() / recalls.len() as f64,
        unknown.count(),
        rows.len()
    ));
    say(format!(
        "expected calibration error {:.3}",
        calibration(&rows, &opinions, balanced)
    ));
    say(format!(
        "{:.0} posts/s (sentiment alone, one core, native)",
        rows.len() as f64 / seconds
    ));
    Ok(out)
}

/// The opinion towards a row's target, for or against: such rows are never neither.
fn towards_target<R: Rules>(reader: &Reader<R>, row: &Row) -> Opinion {
    let place = row.text.to_ascii_lowercase().find(row.target.as_str());
    let mut opinion = place.map_or_else(
        || reader.opinion(),
        |at| reader.opinion_towards(at as u32, (at + row.target.len()) as u32),
    );
    opinion.polarity = if opinion.positive >= opinion.negative {
        Polarity::Positive
    } else {
        Polarity::Negative
    };
    opinion
}

/// Mean distance of confidence and hit rate over ten bins.
fn calibration(rows: &[Row], opinions: &[Opinion], balanced: bool) -> f64 {
    let size = |name: &str| rows.iter().filter(|row| row.label == name).count().max(1) as f64;
    let weights = CLASSES.map(|(name, _)| if balanced { 1.0 / size(name) } else { 1.0 });
    let mut bins = [(0.0f64, 0.0f64, 0.0f64); 10];
    for (row, opinion) in rows.iter().zip(opinions) {
        let class = CLASSES
            .iter()
            .zip(weights)
            .find(|((name, _), _)| *name == row.label);
        let Some((&(_, polarity), weight)) = class else {
            continue;
        };
        let confidence = f64::from(opinion.negative.max(opinion.neutral).max(opinion.positive));
        if let Some(bin) = bins.get_mut(((confidence * 10.0) as usize).min(9)) {
            bin.0 += weight;
            bin.1 += weight * confidence;
            bin.2 += if opinion.polarity == polarity {
                weight
            } else {
                0.0
            };
        }
    }
    let all: f64 = bins.iter().map(|bin| bin.0).sum();
    bins.iter().map(|bin| (bin.1 - bin.2).abs()).sum::<f64>() / all
}
