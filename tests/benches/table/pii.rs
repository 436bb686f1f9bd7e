//! `pii_presidio`: the gate's detectors of personal details beside Presidio's pattern recognisers, on the same texts in the same run.
//!
//! The texts are invented and labelled as they are made, or, if `ISOCIAL_TEST_PII_DEV` names a file, labelled sentences of yours.

#[path = "../../nlp/score.rs"]
#[expect(dead_code, reason = "the example prints more of a score than this row")]
mod score;

use std::{collections::BTreeMap, path::Path, time::Instant};

use isocial_gate::redact::{OwnHandles, Redactor};
use score::{Labelled, Score, Span};

use crate::{
    bench::Bench,
    corpus::{self, Chance},
    row::{Against, Outcome, Row, median},
};

/// Invented posts.
const POSTS: usize = 2_000;
/// Rounds of ours, of which the middle one counts; one more before them warms up.
const ROUNDS: usize = 15;
/// Runs of the peer.
const PEER_RUNS: usize = 3;

/// `pii_presidio`.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let (id, unit) = ("pii_presidio", "posts/s");
    let given = std::env::var_os("ISOCIAL_TEST_PII_DEV");
    let rows = match &given {
        Some(path) => score::read(Path::new(path))?,
        None => invented(),
    };
    let whose = if given.is_some() {
        "labelled sentences of ISOCIAL_TEST_PII_DEV"
    } else {
        "invented posts, labelled as they are made"
    };
    let script = isocial_tests::root().join("tests/nlp/presidio.py");
    let own = OwnHandles::default();
    let mut ours = Vec::new();
    let mut rates = Vec::new();
    let mut theirs = Vec::new();
    let mut peer_rates = Vec::new();
    for _ in 0..PEER_RUNS {
        let Some((found, rate)) = score::peer(&script, &rows, bench.folder())? else {
            return Ok(Row {
                id,
                unit,
                outcome: Outcome::NotRun(score::INSTALL.into()),
                method:
                    "the gate's detectors beside Presidio's pattern recognisers on the same texts"
                        .into(),
            });
        };
        theirs = found;
        peer_rates.push(rate);
        for round in 0..=ROUNDS {
            let mut redactor = Redactor::new(&own);
            let began = Instant::now();
            let found = rows
                .iter()
                .map(|row| redactor.details(&row.text))
                .collect::<Result<Vec<_>, _>>()?;
            let seconds = began.elapsed().as_secs_f64();
            if round > 0 {
                rates.push(rows.len() as f64 / seconds);
            }
            let spans = |details: Vec<_>| {
                details
                    .into_iter()
                    .map(|d: isocial_gate::Detail| (d.start, d.end, d.label.to_owned()))
                    .collect()
            };
            ours = found.into_iter().map(spans).collect();
        }
    }
    let (mine, peers) = (score::score(&rows, &ours), score::score(&rows, &theirs));
    Ok(Row {
        id,
        unit,
        outcome: Outcome::Compared(
            median(rates),
            Against {
                name: score::PEER,
                value: median(peer_rates),
            },
        ),
        method: format!(
            "every detector of isocial-gate, spans as `isocial redact` writes them, beside every pattern recogniser that Presidio enables for English (tests/nlp/presidio.py as a child \
             process, start and reading not counted, words cut by rules, no model); {} {whose}, one thread, median of {PEER_RUNS} × {ROUNDS} rounds in turn with the peer; {}",
            rows.len(),
            compared(&mine, &peers)
        ),
    })
}

/// F2 of both by type, and whether ours is nowhere lower.
fn compared(ours: &BTreeMap<String, Score>, peers: &BTreeMap<String, Score>) -> String {
    let labelled: Vec<_> = ours
        .iter()
        .filter(|(_, score)| score.labelled() > 0)
        .collect();
    let theirs = |kind: &String| peers.get(kind).copied().unwrap_or_default().f2();
    let lower: Vec<&str> = labelled
        .iter()
        .filter(|(kind, score)| score.f2() < theirs(kind))
        .map(|(kind, _)| kind.as_str())
        .collect();
    let each: Vec<String> = labelled
        .iter()
        .map(|(kind, score)| format!("{kind} {:.3}/{:.3}", score.f2(), theirs(kind)))
        .collect();
    let verdict = if lower.is_empty() {
        "nowhere lower".to_owned()
    } else {
        format!("LOWER at {}", lower.join(", "))
    };
    let (all, peers_all) = (score::total(ours).f2(), score::total(peers).f2());
    format!(
        "F2 ours/peer: {}, all {all:.3}/{peers_all:.3}: {verdict}",
        each.join(", ")
    )
}

/// Invented posts, two of three with a detail in a sentence of its own.
fn invented() -> Vec<Labelled> {
    let mut chance = Chance::new(77);
    (0..POSTS)
        .map(|nth| {
            let mut text = corpus::english(&mut chance);
            let mut spans: Vec<Span> = Vec::new();
            // What the corpus itself puts in is no detail of these types, or is one that is labelled here.
            spans.extend(known(&text, "tilda@venn.example", "EMAIL_ADDRESS"));
            spans.extend(known(&text, "0912 555 0143", "PHONE_NUMBER"));
            spans.extend(known(
                &text,
                "https://shop.example/lumo?ref=17",
                "DOMAIN_NAME",
            ));
            if nth % 3 != 0 {
                let (before, detail, after, kind) = sentence(&mut chance);
                text.push_str(before);
                let start = text.chars().count();
                text.push_str(&detail);
                spans.push((start, start + detail.chars().count(), kind.to_owned()));
                text.push_str(after);
            }
            Labelled { text, spans }
        })
        .collect()
}

/// The span of a known detail, if the text holds it.
fn known(text: &str, detail: &str, kind: &str) -> Option<Span> {
    let start = text.get(..text.find(detail)?)?.chars().count();
    Some((start, start + detail.chars().count(), kind.to_owned()))
}

/// So many digits, the first of them not 0.
fn digits(chance: &mut Chance, count: usize) -> String {
    (0..count)
        .map(|nth| {
            char::from(
                b'0' + chance.below(if nth == 0 { 9 } else { 10 }) as u8 + u8::from(nth == 0),
            )
        })
        .collect()
}

/// The digit that makes Luhn's sum a multiple of ten.
fn with_luhn(head: &str) -> String {
    let sum: u32 = head
        .bytes()
        .rev()
        .enumerate()
        .map(|(nth, d)| {
            let twice = u32::from(d - b'0') * if nth % 2 == 0 { 2 } else { 1 };
            twice / 10 + twice % 10
        })
        .sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// A sentence with a detail: what stands before it, it, what stands behind it, its type.
fn sentence(chance: &mut Chance) -> (&'static str, String, &'static str, &'static str) {
    let lead = ["3", "9", "7", "8"];
    match chance.below(8) {
        0 => (
            " Write to ",
            format!("quay{}@harrow.example.com", chance.below(900)),
            " please.",
            "EMAIL_ADDRESS",
        ),
        1 => {
            let number = match chance.below(6) {
                0 => format!(
                    "0{}{} {} {}",
                    lead.get(chance.below(4)).unwrap_or(&"9"),
                    digits(chance, 2),
                    digits(chance, 3),
                    digits(chance, 3)
                ),
                1 => format!("({}) 555-{}", 201 + chance.below(700), digits(chance, 4)),
                2 => format!("+44 20 7946 0{}", 100 + chance.below(900)),
                3 => format!(
                    "06 12 34 {} {}",
                    10 + chance.below(80),
                    10 + chance.below(80)
                ),
                4 => format!("+91 98765 {}", digits(chance, 5)),
                _ => format!("{}-555-{}", 201 + chance.below(700), digits(chance, 4)),
            };
            (" Call me at ", number, " today.", "PHONE_NUMBER")
        }
        2 => {
            let card = with_luhn(&format!("4{}", digits(chance, 14)));
            (" They charged my card ", card, " twice!", "CREDIT_CARD")
        }
        3 => {
            let account = digits(chance, 18);
            // Letters count from 10: DE is 1314, and the check digits stand last.
            let rest = format!("{account}131400")
                .bytes()
                .fold(0u32, |rest, d| (rest * 10 + u32::from(d - b'0')) % 97);
            (
                " The refund goes to ",
                format!("DE{:02}{account}", 98 - rest),
                ".",
                "IBAN_CODE",
            )
        }
        4 => {
            let number = format!(
                "{}-{:02}-{}",
                100 + chance.below(500),
                10 + chance.below(80),
                1000 + chance.below(8999)
            );
            (" My SSN is ", number, ", they asked for it.", "US_SSN")
        }
        5 => {
            let address = format!(
                "{}.{}.{}.{}",
                20 + chance.below(180),
                chance.below(256),
                chance.below(256),
                1 + chance.below(254)
            );
            (" It comes from ", address, " I think.", "IP_ADDRESS")
        }
        6 => (
            " Bitcoin to ",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2".to_owned(),
            " if you like it.",
            "CRYPTO",
        ),
        _ => (
            " More at ",
            format!("https://www.lumo-{}.com/", chance.below(900)),
            " they say.",
            "DOMAIN_NAME",
        ),
    }
}
