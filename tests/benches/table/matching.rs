//! `match_1k`, `match_10k`, `match_100k`: posts matched against so many queries at once.
//!
//! Words are made of syllables and have the frequencies of a language (Zipf), so that some are in most posts and most in few.

use std::{collections::HashSet, sync::Arc, time::Instant};

use anyhow::ensure;
use isocial_query::{Doc, Index, Query, Scratch, Truth, evaluate, parse};

use crate::{
    bench::Bench,
    corpus::{self, Chance},
    row::{Against, Outcome, Row, median},
};

/// Posts a round.
const POSTS: usize = 4_000;
/// Posts that the index learns from which words are common.
const LEARNED: usize = 2_000;
/// Rounds, of which the middle one counts.
const ROUNDS: usize = 9;
/// Words that posts are made of.
const VOCABULARY: usize = 60_000;
/// Evaluations that asking every query may take, to bound its part of the run.
const EVALUATIONS: usize = 4_000_000;

const SYLLABLES: [&str; 32] = [
    "ba", "cel", "dor", "ek", "fa", "gri", "ho", "in", "jo", "kal", "li", "mer", "na", "ol", "pi",
    "qua", "ros", "sel", "ta", "ul", "vo", "wen", "xi", "yr", "zo", "bri", "cha", "dwe", "est",
    "flo", "gan", "hir",
];

/// The word of a rank: common ones are short.
fn word(rank: usize) -> String {
    let mut left = rank * 5 + 2;
    let mut word = String::new();
    while word.is_empty() || left > 0 {
        word.push_str(SYLLABLES.get(left % SYLLABLES.len()).copied().unwrap_or(""));
        left /= SYLLABLES.len();
    }
    word
}

/// About 25 words, some with hashtags, capitals, accents, emoji and links.
fn text(chance: &mut Chance) -> String {
    let words: Vec<String> = (0..16 + chance.below(20))
        .map(|_| {
            let word = word(chance.rank(VOCABULARY));
            match chance.below(50) {
                0 => format!("#{word}"),
                1 => format!("{word}é"),
                2..=5 => word.to_uppercase(),
                6 => "👍".into(),
                7 => format!("https://{word}.example/{}", chance.below(1_000)),
                8..=10 => format!("{word},"),
                _ => word,
            }
        })
        .collect();
    words.join(" ")
}

/// A query as customers write them: brands and products, often near or together with commoner words, often without some others.
fn query(chance: &mut Chance) -> anyhow::Result<Query> {
    // Most names are in no post at all, as in a stream of everything.
    let name = |chance: &mut Chance| match chance.below(12) {
        0 => word(3_000 + chance.below(VOCABULARY - 3_000)),
        _ => format!("{}x{}", word(chance.below(900_000)), chance.below(10)),
    };
    let common = |chance: &mut Chance| word(30 + chance.below(3_000));
    let brands: Vec<String> = (0..2 + chance.below(6))
        .map(|_| match chance.below(10) {
            0..3 => format!("\"{} {}\"", name(chance), common(chance)),
            _ => format!("\"{}\"", name(chance)),
        })
        .collect();
    let group = |chance: &mut Chance| {
        let words: Vec<String> = (0..3).map(|_| format!("\"{}\"", common(chance))).collect();
        format!("({})", words.join(" OR "))
    };
    let mut query = format!("({})", brands.join(" OR "));
    query = match chance.below(20) {
        0..5 => format!("{query} NEAR/5 {}", group(chance)),
        5..14 => format!("{query} AND {}", group(chance)),
        _ => query,
    };
    if chance.below(10) < 4 {
        query = format!("{query} AND NOT {}", group(chance));
    }
    Ok(parse(&query)?)
}

/// A row for so many queries.
pub(crate) fn row(bench: &Bench, id: &'static str, size: usize) -> anyhow::Result<Row> {
    let mut chance = Chance::new(7);
    let posts: Vec<_> = (0..if bench.soak { POSTS * 10 } else { POSTS })
        .map(|nth| corpus::post(text(&mut chance), nth))
        .collect();
    let queries: Vec<Arc<Query>> = (0..size)
        .map(|_| query(&mut chance).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let mut index = Index::new();
    for post in posts.iter().take(LEARNED) {
        index.learn(&Doc::of(post));
    }
    for (key, query) in queries.iter().enumerate() {
        index.insert(key, Arc::clone(query));
    }

    // The same answer by asking every query, on a sample, and its speed.
    let sample = (EVALUATIONS / size).clamp(20, 1_000);
    let mut slow = HashSet::new();
    let began = Instant::now();
    for (at, post) in posts.iter().take(sample).enumerate() {
        let doc = Doc::of(post);
        for (key, query) in queries.iter().enumerate() {
            if evaluate(query, &doc, None) == Truth::Yes {
                slow.insert((at, key));
            }
        }
    }
    let every = sample as f64 / began.elapsed().as_secs_f64();
    let mut scratch = Scratch::default();
    let mut fast = HashSet::new();
    for (at, post) in posts.iter().take(sample).enumerate() {
        index.matches(&Doc::of(post), &mut scratch, |key, _| {
            fast.insert((at, key));
        });
    }
    ensure!(
        fast == slow,
        "the index and asking every query differ: the figures mean nothing"
    );

    let mut rounds = Vec::new();
    let mut matches = 0_usize;
    for _ in 0..=ROUNDS {
        matches = 0;
        let mut doc = Doc::default();
        let began = Instant::now();
        for post in &posts {
            doc.refill(post);
            index.matches(&doc, &mut scratch, |_, _| matches += 1);
        }
        rounds.push(posts.len() as f64 / began.elapsed().as_secs_f64());
    }
    // The first one warmed up.
    rounds.swap_remove(0);
    Ok(Row {
        id,
        unit: "posts/s",
        outcome: Outcome::Compared(
            median(rounds),
            Against {
                name: "asking every query",
                value: every,
            },
        ),
        method: format!(
            "{size} queries (OR groups of names, NEAR, AND, NOT) over {} invented posts of about 25 words, {:.2} matches a post; normalising and segmenting each post included; \
             one thread, median of {ROUNDS} rounds after one of warm-up; asking every query on {sample} posts, with equal matches",
            posts.len(),
            matches as f64 / posts.len() as f64
        ),
    })
}
