//! The English pack as an Extism plugin: the same analyses from the same code, JSON in and JSON out.

use extism_pdk::{FnResult, Json, plugin_fn};
use isocial_sdk::reading::Polarity;
use plugin_en::Reader;
use serde::{Deserialize, Serialize};

/// Texts, one a document.
#[derive(Deserialize)]
pub struct Batch {
    texts: Vec<String>,
}

/// What is read from one text. Spans are byte offsets.
#[derive(Serialize)]
pub struct Analysis {
    language: Option<(&'static str, f32)>,
    sentiment: Sentiment,
    emotions: Vec<(u8, f32)>,
    entities: Vec<(u32, u32, u8, f32)>,
    phrases: Vec<(u32, u32)>,
    topics: Vec<(u16, f32)>,
}

/// Opinion of a text.
#[derive(Serialize)]
pub struct Sentiment {
    label: &'static str,
    negative: f32,
    neutral: f32,
    positive: f32,
    score: f32,
}

/// All five tasks for every text.
#[plugin_fn]
pub fn analyze(Json(batch): Json<Batch>) -> FnResult<Json<Vec<Analysis>>> {
    let mut reader = Reader::default();
    let read = |text: &String| {
        reader.take(text);
        let opinion = reader.opinion();
        Analysis {
            language: reader
                .tongue()
                .confidence
                .map(|confidence| ("en", confidence)),
            sentiment: Sentiment {
                label: match opinion.polarity {
                    Polarity::Negative => "negative",
                    Polarity::Neutral => "neutral",
                    Polarity::Positive => "positive",
                    Polarity::Unknown => "unknown",
                },
                negative: opinion.negative,
                neutral: opinion.neutral,
                positive: opinion.positive,
                score: opinion.score,
            },
            emotions: reader
                .feelings()
                .iter()
                .map(|(f, s)| (*f as u8, *s))
                .collect(),
            entities: reader
                .named(text)
                .iter()
                .map(|n| (n.start, n.end, n.sort as u8, n.score))
                .collect(),
            phrases: reader.phrases().collect(),
            topics: reader.topics().to_vec(),
        }
    };
    Ok(Json(batch.texts.iter().map(read).collect()))
}
