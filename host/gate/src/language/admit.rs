//! Admission of analyses: every list, index, span and number is checked before anything of it is used.
//!
//! Lives here: the checks and the way back to the posts. A broken rule rejects the whole answer: such a pack cannot be trusted
//! with the rest either. What is only not wanted is dropped and noted.

use isocial_model::language::{
    Analyses, Analysis, Emotion, Entity, LanguageGuess, Phrase, Sentiment, SentimentLabel, Tasks,
    Topic,
};

use super::{AdmittedAnalyses, Document, DocumentsContext};
use crate::{
    bounds::{rule, within},
    door::DoorSpec,
    neutral,
    open::Closing,
    rejection::Rejection,
};

/// How far the three probabilities may be from adding up to 1: f32 rounding, and packs that give two decimals.
const SUM_TOLERANCE: f32 = 0.03;

pub(super) fn analyses(
    mut given: Analyses,
    context: &DocumentsContext,
    spec: &DoorSpec,
    closing: &mut Closing,
) -> Result<AdmittedAnalyses, Rejection> {
    drop_unasked(&mut given, context.tasks, closing);
    let documents = context.documents.len();
    lengths(&given, documents, context.given_targets as usize)?;
    given
        .sentiment
        .iter_mut()
        .chain(&mut given.target_sentiment)
        .try_for_each(sentiment)?;

    let by = spec.package.to_string();
    let mut analyses: Vec<Analysis> = context
        .documents
        .iter()
        .map(|_| Analysis {
            by: by.clone(),
            ..Analysis::default()
        })
        .collect();
    for (analysis, guess) in analyses.iter_mut().zip(&given.language) {
        analysis.language = language(&given.languages, *guess)?;
    }
    for (analysis, sentiment) in analyses.iter_mut().zip(&given.sentiment) {
        analysis.sentiment = Some(*sentiment);
    }
    in_order("emotions", &given.emotions, |e| e.document, documents, 8)?;
    for Emotion {
        document,
        label,
        score,
    } in given.emotions
    {
        if let Some(analysis) = analyses.get_mut(document as usize) {
            analysis.emotions.push((label, unit(score)?));
        }
    }
    in_order("topics", &given.topics, |t| t.document, documents, 8)?;
    for Topic {
        document,
        topic,
        score,
    } in given.topics
    {
        let Some(name) = spec.topics.get(usize::from(topic)) else {
            return Err(rule(
                "topic",
                topic.to_string(),
                "an index into the manifest's topics",
            ));
        };
        if let Some(analysis) = analyses.get_mut(document as usize) {
            analysis.topics.push((name.clone(), unit(score)?));
        }
    }
    in_order("entities", &given.entities, |e| e.document, documents, 64)?;
    for Entity {
        document,
        start,
        end,
        kind,
        score,
    } in given.entities
    {
        let score = unit(score)?;
        let span = back(context, document, start, end)?;
        match (analyses.get_mut(document as usize), span) {
            (Some(analysis), Some((start, end))) => {
                analysis.entities.push((kind, start, end, score));
            }
            _ => closing.note("span-outside-text"),
        }
    }
    in_order("phrases", &given.phrases, |p| p.document, documents, 32)?;
    for Phrase {
        document,
        start,
        end,
    } in given.phrases
    {
        let span = back(context, document, start, end)?;
        match (analyses.get_mut(document as usize), span) {
            (Some(analysis), Some(span)) => analysis.phrases.push(span),
            _ => closing.note("span-outside-text"),
        }
    }

    let mut posts: Vec<Option<Analysis>> = (0..context.taken).map(|_| None).collect();
    for (document, analysis) in context.documents.iter().zip(analyses) {
        if let Some(slot) = posts.get_mut(document.post as usize) {
            *slot = Some(analysis);
        }
    }
    let target = |index: &Option<u32>| {
        index
            .and_then(|i| given.target_sentiment.get(i as usize))
            .copied()
    };
    Ok(AdmittedAnalyses {
        posts,
        targets: context.targets.iter().map(target).collect(),
    })
}

/// Answers to what was not asked, or not granted, are not used.
fn drop_unasked(given: &mut Analyses, tasks: Tasks, closing: &mut Closing) {
    fn unless<T>(asked: bool, list: &mut Vec<T>, closing: &mut Closing) {
        if !asked && !list.is_empty() {
            closing.note_many("task-not-granted", list.len() as u32);
            list.clear();
        }
    }
    unless(tasks.language, &mut given.language, closing);
    unless(tasks.sentiment, &mut given.sentiment, closing);
    unless(tasks.sentiment, &mut given.target_sentiment, closing);
    unless(tasks.emotions, &mut given.emotions, closing);
    unless(tasks.entities, &mut given.entities, closing);
    unless(tasks.entities, &mut given.phrases, closing);
    unless(tasks.topics, &mut given.topics, closing);
}

fn lengths(given: &Analyses, documents: usize, targets: usize) -> Result<(), Rejection> {
    within("languages", given.languages.len(), 0, 255, "at most 255")?;
    if let Some(bad) = given
        .languages
        .iter()
        .find(|tag| !neutral::is_language(tag))
    {
        return Err(rule(
            "languages",
            format!("{} bytes", bad.len()),
            "BCP 47 tags",
        ));
    }
    let all_or_none = |name, found: usize, all: usize, expected| {
        if found == 0 {
            Ok(())
        } else {
            within(name, found, all, all, expected)
        }
    };
    all_or_none(
        "language",
        given.language.len(),
        documents,
        "none, or one a document",
    )?;
    all_or_none(
        "sentiment",
        given.sentiment.len(),
        documents,
        "none, or one a document",
    )?;
    all_or_none(
        "target-sentiment",
        given.target_sentiment.len(),
        targets,
        "none, or one a target",
    )?;
    Ok(())
}

/// Checks order, indices and how many a document has.
fn in_order<T>(
    name: &'static str,
    list: &[T],
    document: impl Fn(&T) -> u32,
    documents: usize,
    each: usize,
) -> Result<(), Rejection> {
    let (mut last, mut count) = (0, 0);
    for item in list {
        let of = document(item);
        if of as usize >= documents {
            return Err(rule(name, of.to_string(), "an index of a document"));
        }
        if of < last {
            return Err(rule(name, "out of order".into(), "ordered by document"));
        }
        count = if of == last { count + 1 } else { 1 };
        last = of;
        within(
            name,
            count,
            0,
            each,
            "no more a document than the interface allows",
        )?;
    }
    Ok(())
}

fn language(
    languages: &[String],
    guess: LanguageGuess,
) -> Result<Option<(String, f32)>, Rejection> {
    let confidence = unit(guess.confidence)?;
    if guess.code == u8::MAX {
        return Ok(None);
    }
    match languages.get(usize::from(guess.code)) {
        Some(tag) => Ok(primary(tag).map(|tag| (tag, confidence))),
        None => Err(rule(
            "language",
            guess.code.to_string(),
            "an index into `languages`, or 255",
        )),
    }
}

/// The primary subtag, in lower case: regions, variants and private parts of a tag could carry 30 characters of the pack's choice a document
/// (B11), and nothing of ours reads them. Absent where it is no code of 2 or 3 letters.
fn primary(tag: &str) -> Option<String> {
    let primary = tag.split('-').next()?.to_ascii_lowercase();
    let code = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    code.then_some(primary)
}

/// Two decimals: what is left of a number cannot carry text (HP-29).
fn quantised(number: f32) -> f32 {
    // Adding zero makes −0 into 0.
    (number * 100.0).round() / 100.0 + 0.0
}

fn unit(number: f32) -> Result<f32, Rejection> {
    if (0.0..=1.0).contains(&number) {
        Ok(quantised(number))
    } else {
        Err(rule("probability", "out of range".into(), "0 to 1"))
    }
}

fn sentiment(sentiment: &mut Sentiment) -> Result<(), Rejection> {
    let sum = sentiment.negative + sentiment.neutral + sentiment.positive;
    for number in [
        &mut sentiment.negative,
        &mut sentiment.neutral,
        &mut sentiment.positive,
    ] {
        *number = unit(*number)?;
    }
    if !(-1.0..=1.0).contains(&sentiment.score) {
        return Err(rule("score", "out of range".into(), "-1 to 1"));
    }
    sentiment.score = quantised(sentiment.score);
    let unknown = sentiment.label == SentimentLabel::Unknown;
    if (sum - 1.0).abs() > SUM_TOLERANCE && !(unknown && sum.abs() <= SUM_TOLERANCE) {
        return Err(rule(
            "probability",
            "another sum".into(),
            "probabilities that add up to 1, or all 0 where unknown",
        ));
    }
    Ok(())
}

/// A span of a document as a span of its post's own text; nothing if it touches a token or lies outside the text.
fn back(
    context: &DocumentsContext,
    document: u32,
    start: u32,
    end: u32,
) -> Result<Option<(u32, u32)>, Rejection> {
    let Some(Document {
        text_start,
        start: from,
        end: to,
        edits,
        ..
    }) = context.documents.get(document as usize)
    else {
        return Err(rule("span", document.to_string(), "an index of a document"));
    };
    let length = to - from;
    if start >= end || end > length {
        return Err(rule(
            "span",
            "outside its document".into(),
            "start before end, end within the document",
        ));
    }
    let edge = |at: u32| context.text.is_char_boundary((from + at) as usize);
    if !edge(start) || !edge(end) {
        return Err(rule(
            "span",
            "inside a character".into(),
            "character boundaries",
        ));
    }
    Ok(start
        .checked_sub(*text_start)
        .and_then(|start| edits.back(start, end - text_start)))
}
