//! A language pack's answers at the gate: whatever comes back, spans lie inside their posts and numbers inside their bounds.
#![no_main]

use std::sync::LazyLock;

use isocial_fuzz::{door, post, value};
use isocial_gate::{Door, Untrusted};
use isocial_model::{
    Labeled,
    connector::Fault,
    language::{
        Analyses, Emotion, Entity, LanguageGuess, Phrase, Sentiment, SentimentLabel, Tasks, Topic,
    },
    post::Post,
};
use libfuzzer_sys::fuzz_target;

static DOOR: LazyLock<Door> =
    LazyLock::new(|| door(include_str!("../../../plugins/languages/en/plugin.toml")));

const TEXTS: [&str; 3] = [
    "The Lantia wheel broke, write to rosa@lotus-bikes.example today",
    "Bột cà phê thơm quá 🥰",
    "ok",
];

static POSTS: LazyLock<Vec<Labeled<Post>>> = LazyLock::new(|| TEXTS.map(post).into());

/// The lists of an answer, in the order of the interface.
type Lists = (
    Vec<String>,
    Vec<LanguageGuess>,
    Vec<Sentiment>,
    Vec<Sentiment>,
    Vec<Emotion>,
    Vec<Entity>,
    Vec<Phrase>,
    Vec<Topic>,
);

/// The first digit says which tasks were asked for; the last one whether a fault is answered.
fn answer(which: u8, rest: &[u8]) -> Option<Result<Analyses, Fault>> {
    if which & 0x80 != 0 {
        return Some(Err(value(rest)?));
    }
    let lists: Lists = value(rest)?;
    let (languages, language, sentiment, target_sentiment, emotions, entities, phrases, topics) =
        lists;
    Some(Ok(Analyses {
        languages,
        language,
        sentiment,
        target_sentiment,
        emotions,
        entities,
        phrases,
        topics,
    }))
}

fn two_decimals(number: f32, least: f32) {
    assert!((least..=1.0).contains(&number), "{number}");
    assert!(
        (number * 100.0 - (number * 100.0).round()).abs() < 1e-3,
        "{number}"
    );
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    let Some(answer) = answer(*which, rest) else {
        return;
    };
    let asked = |bit: u8| which & (1 << bit) == 0;
    let tasks = Tasks {
        language: asked(0),
        sentiment: true,
        emotions: asked(1),
        entities: asked(2),
        topics: asked(3),
        translation: asked(4),
    };
    let projected = DOOR.project_documents(&POSTS, &[], tasks);
    let (_, open) = projected.expect("the posts are such as the host gives");
    let (admitted, receipt) = DOOR.admit_analyses(Untrusted::from_guest(answer, 0), open);
    assert!(serde_json::to_string(&receipt.line).is_ok());
    let Ok(admitted) = admitted else { return };
    assert_eq!(admitted.posts.len(), TEXTS.len());
    for (analysis, text) in admitted.posts.iter().zip(TEXTS) {
        let Some(analysis) = analysis else { continue };
        let inside = |start: u32, end: u32| {
            assert!(text.get(start as usize..end as usize).is_some_and(|s| !s.is_empty()));
        };
        for (_, start, end, score) in &analysis.entities {
            inside(*start, *end);
            two_decimals(*score, 0.0);
        }
        for (start, end) in &analysis.phrases {
            inside(*start, *end);
        }
        if let Some(opinion) = analysis.sentiment {
            two_decimals(opinion.score, -1.0);
            for share in [opinion.negative, opinion.neutral, opinion.positive] {
                two_decimals(share, 0.0);
            }
            assert!(matches!(
                opinion.label,
                SentimentLabel::Negative
                    | SentimentLabel::Neutral
                    | SentimentLabel::Positive
                    | SentimentLabel::Unknown
            ));
        }
        assert!(analysis.emotions.len() <= 8 && analysis.topics.len() <= 8);
        assert!(analysis.entities.len() <= 64 && analysis.phrases.len() <= 32);
        assert!(asked(2) || analysis.entities.is_empty() && analysis.phrases.is_empty());
    }
});
