//! How fast posts are matched: `cargo run --release -p isocial-query --example match_rate [POSTS.jsonl or text lines]`.
//!
//! Without a file the posts are invented: 5,000 posts of words with Zipf's frequencies, about 190 characters each. Queries, seeded:
//! an OR of 2–7 brand terms (30 % of two words), joined to a group of three commoner words by NEAR/5 (25 %), AND (60 % of the rest), and
//! with 40 % of them excluding a third group. Brand terms are mostly names of their own, some are words that posts use.
//! Prints one line a size: posts a second with and without making the document, candidates and matches a post, build time.

use std::{collections::HashSet, io::Write, sync::Arc, time::Instant};

use isocial_model::{
    Class, Label, Labeled,
    post::{AgeSignal, Post, PostKind, Visibility},
};
use isocial_query::{Doc, Index, Query, Scratch, Truth, evaluate, parse};

/// Seeded chance (xorshift*), so that every run measures the same work.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % n.max(1)
    }
    /// A rank with Zipf's frequencies.
    fn rank(&mut self, n: usize) -> usize {
        let u = self.below(1 << 30) as f64 / f64::from(1 << 30);
        ((n as f64).powf(u) as usize).saturating_sub(1).min(n - 1)
    }
}

const SYLLABLES: [&str; 32] = [
    "lu", "mo", "ra", "bri", "llo", "ka", "ti", "ven", "do", "sha", "pe", "qui", "zen", "to",
    "mar", "el", "fi", "go", "hun", "ja", "ke", "ly", "nu", "or", "pra", "ri", "su", "tha", "um",
    "wi", "xa", "yo",
];

/// The word of a rank: common ones are short.
fn word(rank: usize) -> String {
    let mut left = rank * 7 + 3;
    let mut out = String::new();
    while out.is_empty() || left > 0 {
        out.push_str(SYLLABLES[left % 32]);
        left /= 32;
    }
    out
}

const VOCABULARY: usize = 60_000;

fn invented(chance: &mut Chance) -> String {
    let words = 16 + chance.below(20);
    let mut text = String::new();
    for nth in 0..words {
        if nth > 0 {
            text.push_str(if chance.below(12) == 0 { ", " } else { " " });
        }
        let mut next = word(chance.rank(VOCABULARY));
        match chance.below(60) {
            0 => next = format!("#{next}"),
            1 => next = format!("{next}é"),
            2..=6 => next[..1].make_ascii_uppercase(),
            7 => next = "👍".into(),
            8 => next = format!("https://{next}.example/{}", chance.below(999)),
            _ => {}
        }
        text.push_str(&next);
    }
    text
}

fn post(text: String) -> Labeled<Post> {
    let post = Post {
        network: "mastodon".into(),
        native_id: "1".into(),
        reference: None,
        url: None,
        kind: PostKind::Post,
        text: Some(text),
        title: None,
        content_warning: None,
        language: Some("en".into()),
        created: None,
        edited: None,
        author: None,
        visibility: Visibility::Public,
        age_signal: AgeSignal::NotPublished,
        in_reply_to: None,
        thread: None,
        repost_of: None,
        quote_of: None,
        hashtags: Vec::new(),
        mentions: Vec::new(),
        links: Vec::new(),
        media: Vec::new(),
        rating: None,
        engagement: None,
        country: None,
        sensitive: None,
        attributes: Vec::new(),
    };
    Labeled::new(Label::of(Class::PublicText, Some("mastodon")), post)
}

/// Texts of a file: lines, or the string after `"text":` of JSON lines, unescaped no further than speed needs.
fn texts(file: &str) -> std::io::Result<Vec<String>> {
    let content = std::fs::read_to_string(file)?;
    Ok(content
        .lines()
        .map(|line| match line.split_once("\"text\":") {
            Some((_, rest)) => {
                let rest = rest.trim_start().trim_start_matches('"');
                let end = rest
                    .match_indices('"')
                    .find(|(at, _)| !rest[..*at].ends_with('\\'))
                    .map_or(rest.len(), |(at, _)| at);
                rest[..end].replace("\\n", "\n").replace("\\\"", "\"")
            }
            None => line.to_owned(),
        })
        .collect())
}

/// A made-up query over the words of the corpus, commonest first.
fn query(chance: &mut Chance, words: &[String]) -> Query {
    let name = |chance: &mut Chance| match chance.below(12) {
        0 => words[words.len() / 20 + chance.below(words.len() - words.len() / 20)].clone(),
        _ => format!(
            "{}{}",
            word(chance.below(900_000)),
            SYLLABLES[chance.below(32)]
        ),
    };
    let common =
        |chance: &mut Chance| words[30 + chance.below((words.len() - 31).min(3000))].clone();
    let brands: Vec<String> = (0..2 + chance.below(6))
        .map(|_| {
            if chance.below(10) < 3 {
                format!("\"{} {}\"", name(chance), common(chance))
            } else {
                format!("\"{}\"", name(chance))
            }
        })
        .collect();
    let group = |chance: &mut Chance| {
        (0..3)
            .map(|_| format!("\"{}\"", common(chance)))
            .collect::<Vec<_>>()
            .join(" OR ")
    };
    let mut text = format!("({})", brands.join(" OR "));
    if chance.below(4) == 0 {
        text = format!("{text} NEAR/5 ({})", group(chance));
    } else if chance.below(10) < 6 {
        text = format!("{text} AND ({})", group(chance));
    }
    if chance.below(10) < 4 {
        text = format!("{text} AND NOT ({})", group(chance));
    }
    parse(&text).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

/// Seconds of this thread on a processor where the system tells (Linux), of the wall otherwise: other work on the machine does not count.
struct Stopwatch(Instant, Option<f64>);

impl Stopwatch {
    fn on_processor() -> Option<f64> {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    }
    fn start() -> Self {
        Self(Instant::now(), Self::on_processor())
    }
    fn seconds(&self) -> f64 {
        match (self.1, Self::on_processor()) {
            (Some(start), Some(end)) => end - start,
            _ => self.0.elapsed().as_secs_f64(),
        }
    }
}

/// Rounds of `work` over so many posts until half a second has gone: posts a second.
fn rate(posts: usize, mut work: impl FnMut()) -> f64 {
    work();
    let watch = Stopwatch::start();
    let mut rounds = 0;
    loop {
        work();
        rounds += 1;
        let seconds = watch.seconds();
        if seconds > 0.5 {
            return (posts * rounds) as f64 / seconds;
        }
    }
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let mut chance = Chance(0x1234_5678_9ABC_DEF1);
    let texts = match std::env::args().nth(1) {
        Some(file) => texts(&file)?,
        None => (0..5000).map(|_| invented(&mut chance)).collect(),
    };
    let mean = texts.iter().map(|text| text.chars().count()).sum::<usize>() / texts.len().max(1);
    let posts: Vec<Labeled<Post>> = texts.iter().cloned().map(post).collect();
    let mut counts: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    for text in &texts {
        for word in text
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().any(char::is_alphabetic))
        {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    let mut words: Vec<(u32, String)> = counts
        .into_iter()
        .map(|(word, count)| (count, word))
        .collect();
    words.sort_unstable_by(|a, b| b.cmp(a));
    let words: Vec<String> = words.into_iter().map(|(_, word)| word).collect();

    let mut doc = Doc::default();
    let made = rate(posts.len(), || {
        for post in &posts {
            doc.refill(post);
        }
    });
    writeln!(
        out,
        "{} posts, mean {mean} characters, {} words; documents {made:.0}/s",
        posts.len(),
        words.len()
    )?;
    let docs: Vec<Doc> = posts.iter().map(Doc::of).collect();
    for (name, size) in [
        ("match_1k", 1_000),
        ("match_10k", 10_000),
        ("match_100k", 100_000),
    ] {
        let queries: Vec<Arc<Query>> = (0..size)
            .map(|_| Arc::new(query(&mut chance, &words)))
            .collect();
        let mut index = Index::new();
        docs.iter().take(2000).for_each(|doc| index.learn(doc));
        let start = Stopwatch::start();
        for (key, query) in queries.iter().enumerate() {
            index.insert(key, query.clone());
        }
        let build_ms = start.seconds() * 1e3;
        let mut scratch = Scratch::default();
        let (mut found, mut candidates) = (0_u64, 0_usize);
        for doc in &docs {
            index.matches(doc, &mut scratch, |_, _| found += 1);
            candidates += scratch.candidates();
        }
        let alone = rate(docs.len(), || {
            for doc in &docs {
                index.matches(doc, &mut scratch, |_, _| ());
            }
        });
        let whole = rate(docs.len(), || {
            for post in &posts {
                doc.refill(post);
                index.matches(&doc, &mut scratch, |_, _| ());
            }
        });
        // The same answer by asking every query, on a sample, and its speed.
        let sample = (40_000_000 / size / 100).clamp(20, docs.len());
        let start = Stopwatch::start();
        let slow: HashSet<(usize, usize)> = docs
            .iter()
            .take(sample)
            .enumerate()
            .flat_map(|(at, doc)| {
                let queries = &queries;
                (0..queries.len())
                    .filter(move |&key| evaluate(&queries[key], doc, None) == Truth::Yes)
                    .map(move |key| (at, key))
            })
            .collect();
        let every = sample as f64 / start.seconds();
        let mut fast = HashSet::new();
        for (at, doc) in docs.iter().take(sample).enumerate() {
            index.matches(doc, &mut scratch, |key, _| {
                fast.insert((at, key));
            });
        }
        assert_eq!(
            fast, slow,
            "the index must find what asking every query finds"
        );
        let per_post = docs.len() as f64;
        writeln!(
            out,
            "{name}: {alone:.0} posts/s matching, {whole:.0} with making the document, {every:.0} asking every query; \
             {:.2} candidates and {:.2} matches a post; build {build_ms:.1} ms; {} equal matches in {sample} posts",
            candidates as f64 / per_post,
            found as f64 / per_post,
            slow.len()
        )?;
    }
    Ok(())
}
