//! Language packs: what every pack must stand, whatever its languages. How well it reads is measured elsewhere.

use isocial_gate::{AdmittedAnalyses, Door, PostTarget};
use isocial_model::{
    Class, Label, Labeled,
    language::{Analysis, Tasks},
    post::Post,
};

use super::{
    Held, Suite,
    bench::{Bench, OWN_BASE, words},
};

const ALL: Tasks = Tasks {
    language: true,
    sentiment: true,
    emotions: true,
    entities: true,
    topics: true,
    translation: true,
};

/// Invented sentences in many scripts.
const SENTENCES: [&str; 12] = [
    "I love the new bell of my Lotus bike, thank you!",
    "The frame cracked after a week and nobody in Hanoi answers.",
    "Giao hàng chậm quá, tôi rất thất vọng với Lotus 😡",
    "Không tệ, nhân viên ở Đà Nẵng dễ thương lắm 🥰",
    "El sillín es cómodo, pero la entrega llegó tarde.",
    "Der Sattel ist nicht schlecht.",
    "自転車のベルが最高です。",
    "刹车很糟糕，我要退货",
    "الدراجة رائعة جدا شكرا لكم",
    "הפעמון נשבר אחרי שבוע",
    "घंटी बहुत अच्छी है",
    "จักรยานดีมาก",
];

pub(super) fn cases(suite: &mut Suite) {
    let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|t| (*t).to_owned()).collect() };
    let sets: Vec<(&str, Vec<String>)> = vec![
        (
            "nothing but white space, dots and a word",
            texts(&[" ", "\n\n\t", ".", "…", "ok"]),
        ),
        ("many scripts", texts(&SENTENCES)),
        (
            "emoji, joined, coloured and alone",
            texts(&["👩‍👩‍👧‍👦👍🏽🏳️‍🌈", "🔥", "1️⃣ 🇻🇳🇻", "so 😡😡😡 bad", "❤\u{FE0F} love"]),
        ),
        (
            "right-to-left within left-to-right",
            texts(&[
                "the word שלום and مرحبا within",
                "אבג 123 abc",
                "a\u{200F}b\u{200E}c",
            ]),
        ),
        (
            "letters in parts, joiners and odd spaces",
            texts(&[
                "Kho\u{302}ng to\u{302}\u{301}t",
                "a\u{200B}b\u{AD}c\u{2060}d",
                "e\u{301}\u{301}\u{301}\u{301}",
                "\u{FEFF}bell",
                "İIıi ẞß ﬁ",
            ]),
        ),
        (
            "what redaction leaves behind",
            texts(&[
                "write to an@lotus-bikes.example or call +84 912 345 678 today",
                "⟦mail:1⟧⟦handle:2⟧ good",
                "@lotus @bell https://lotus-bikes.example/x?y=1 bad",
                "⟦",
                "⟦mail:",
                "⟧⟧",
            ]),
        ),
        (
            "a text of 64 KiB",
            vec![text_of(SENTENCES[0], 65_000), text_of(SENTENCES[2], 65_000)],
        ),
        (
            "one word of 60,000 letters, one of as many signs",
            vec!["a".repeat(60_000), "!".repeat(60_000), "ộ".repeat(20_000)],
        ),
        (
            "numbers, addresses and code",
            texts(&[
                "1,000.50 € -3 % 10:30",
                "a.b.c.d/e?f=g#h",
                "if (x < 0) { return; } // bad",
                "#lotus #LotusBikes #quá_tệ",
            ]),
        ),
    ];
    for (name, texts) in sets {
        suite.case("built-in", name, |bench| {
            let one = analyse(bench, &texts, &[])?;
            same(&one, &analyse(bench, &texts, &[])?, "the same batch twice")
        });
    }
    suite.case(
        "built-in",
        "128 documents, the same in another order and alone",
        order,
    );
    suite.case("built-in", "sentiment towards targets", targets);
}

fn text_of(sentence: &str, bytes: usize) -> String {
    let mut text = sentence.to_owned();
    while text.len() + sentence.len() < bytes {
        text.push(' ');
        text.push_str(sentence);
    }
    text
}

/// One batch through the gate, with nothing dropped on the way back.
fn analyse(
    bench: &Bench,
    texts: &[String],
    targets: &[PostTarget],
) -> Result<AdmittedAnalyses, String> {
    let door = bench.door(&[], OWN_BASE)?;
    let posts: Vec<Labeled<Post>> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| post(i, text))
        .collect();
    let projected = door.project_documents(&posts, targets, ALL);
    let taken = projected
        .as_ref()
        .map_or(0, |(_, open)| open.context().taken());
    if projected.is_ok() && taken < texts.len() {
        return Err(format!(
            "only {taken} of {} documents fit into a batch",
            texts.len()
        ));
    }
    let (result, dropped) = bench.call(
        &door,
        projected,
        |passed| bench.plugin().analyze(passed),
        Door::admit_analyses,
    )?;
    let admitted = result.map_err(|rejection| rejection.to_string())?;
    if dropped.is_empty() {
        Ok(admitted)
    } else {
        Err(format!(
            "the gate drops a part of the answer: {}",
            words(&dropped)
        ))
    }
}

fn post(index: usize, text: &str) -> Labeled<Post> {
    let post = Post {
        network: "sample".into(),
        native_id: index.to_string(),
        text: Some(text.to_owned()),
        ..Post::default()
    };
    Labeled::new(Label::of(Class::PublicText, Some("sample")), post)
}

fn same(one: &AdmittedAnalyses, other: &AdmittedAnalyses, what: &str) -> Held {
    if one == other {
        Ok(Vec::new())
    } else {
        Err(format!("{what} is answered differently"))
    }
}

fn order(bench: &Bench) -> Held {
    let texts: Vec<String> = (0..128)
        .filter_map(|i| Some(format!("{} {i}", SENTENCES.get(i % SENTENCES.len())?)))
        .collect();
    let forward = analyse(bench, &texts, &[])?;
    let backward = analyse(bench, &texts.iter().rev().cloned().collect::<Vec<_>>(), &[])?;
    let turned: Vec<Option<Analysis>> = backward.posts.into_iter().rev().collect();
    if let Some(i) = (0..128).find(|i| forward.posts.get(*i) != turned.get(*i)) {
        return Err(format!("document {i} is read differently in another order"));
    }
    for i in [0, 1, 2, 127] {
        let alone = analyse(bench, texts.get(i..=i).unwrap_or_default(), &[])?;
        if alone.posts.first() != forward.posts.get(i) {
            return Err(format!("document {i} is read differently alone"));
        }
    }
    Ok(Vec::new())
}

fn targets(bench: &Bench) -> Held {
    let contract = bench.manifest().contract("analyze");
    if !contract.is_some_and(|c| c.input.has("post.targets")) {
        return Ok(vec!["the contract does not ask for targets".into()]);
    }
    let texts = vec![
        "Lotus is great, Tulip is awful.".to_owned(),
        "Lotus 🔥".to_owned(),
    ];
    let target = |post, start, end| PostTarget { post, start, end };
    let asked = [target(0, 0, 5), target(0, 16, 21), target(1, 0, 5)];
    let one = analyse(bench, &texts, &asked)?;
    same(
        &one,
        &analyse(bench, &texts, &asked)?,
        "the same batch twice",
    )
}
