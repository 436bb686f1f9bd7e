//! Invented posts, seeded, so that every run measures the same work: nobody has ever written them.

use std::fmt::Write;

use isocial_model::{
    Class, Instant, Label, Labeled,
    post::{AgeSignal, Author, Post, Visibility},
};

/// Seeded chance (xorshift*).
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Chance that always falls the same way for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    /// 0 ≤ n < `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % bound.max(1)
    }
    /// A rank below `bound` with the frequencies of words (Zipf).
    pub(crate) fn rank(&mut self, bound: usize) -> usize {
        let part = self.below(1 << 30) as f64 / f64::from(1 << 30);
        ((bound as f64).powf(part) as usize)
            .saturating_sub(1)
            .min(bound - 1)
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len())).copied().unwrap_or("")
    }
}

const THINGS: [&str; 10] = [
    "the Lumo lamp",
    "my Lumo speaker",
    "the new Lumo app",
    "Lumo's delivery",
    "the Lumo kettle",
    "their support team",
    "the update",
    "the battery",
    "the shop in Harrowgate Lane",
    "the subscription",
];
const CLAIMS: [&str; 16] = [
    "is honestly brilliant",
    "was late again and nobody answered",
    "feels cheap for the price",
    "works better than I expected",
    "broke after two weeks",
    "is fine, nothing special",
    "arrived today",
    "isn't worth the money",
    "saved my morning",
    "keeps crashing whenever I open it",
    "looks gorgeous in the kitchen",
    "makes a terrible noise at night",
    "has never let me down",
    "is not bad at all",
    "ships on Thursday, they say",
    "costs 49.99 now",
];
const ENDS: [&str; 10] = [
    "Would buy again!",
    "Very disappointed.",
    "Anyone else seeing this?",
    "So happy with it 😀",
    "I want a refund.",
    "Thanks to Mirela Oduya for the tip.",
    "More on Monday.",
    "Not sure what to think.",
    "LOVE IT",
    "Never again, sorry.",
];
const DETAILS: [&str; 8] = [
    "@lumo",
    "@tilda_venn have a look",
    "write to me at tilda@venn.example",
    "call 0912 555 0143",
    "https://shop.example/lumo?ref=17",
    "#lumo #homelight",
    "cc @orrin.quay @lumo",
    "order 4471-22",
];

/// A post in English of one to three sentences, some with handles, links and personal details.
pub(crate) fn english(chance: &mut Chance) -> String {
    let mut text = String::new();
    for nth in 0..=chance.below(3) {
        if nth > 0 {
            text.push(' ');
        }
        let thing = chance.pick(&THINGS);
        let mut letters = thing.chars();
        text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        text.push_str(letters.as_str());
        // Writing to a string cannot fail.
        let _ = write!(text, " {}", chance.pick(&CLAIMS));
        if chance.below(3) == 0 {
            let _ = write!(
                text,
                ", but {} {}",
                chance.pick(&THINGS),
                chance.pick(&CLAIMS)
            );
        }
        text.push('.');
    }
    if chance.below(2) == 0 {
        let _ = write!(text, " {}", chance.pick(&ENDS));
    }
    if chance.below(3) == 0 {
        let _ = write!(text, " {}", chance.pick(&DETAILS));
    }
    text
}

/// A public post with this text, as a connector gives one.
pub(crate) fn post(text: String, nth: usize) -> Labeled<Post> {
    let post = Post {
        network: "sample".into(),
        native_id: format!("post-{nth}"),
        url: Some(format!("https://sample.example/{nth}")),
        text: Some(text),
        language: Some("en".into()),
        created: Some(Instant(1_750_000_000_000 + nth as i64 * 1_000)),
        author: Some(Author {
            native_id: Some(format!("author-{}", nth % 977)),
            handle: Some(format!("writer{}", nth % 977)),
            ..Author::default()
        }),
        visibility: Visibility::Public,
        age_signal: AgeSignal::Adult,
        ..Post::default()
    };
    Labeled::new(Label::of(Class::PublicText, Some("sample")), post)
}

/// So many posts in English.
pub(crate) fn posts(seed: u64, count: usize) -> Vec<Labeled<Post>> {
    let mut chance = Chance::new(seed);
    (0..count)
        .map(|nth| post(english(&mut chance), nth))
        .collect()
}

/// So many posts in English as the lines of an archive. Each names the brand `lumo`.
pub(crate) fn archive(seed: u64, count: usize) -> String {
    let mut chance = Chance::new(seed);
    let mut lines = String::new();
    for nth in 0..count {
        let mut text = english(&mut chance);
        // As a word of its own: `Lumo's` is another.
        if !text.contains("Lumo ") {
            text.push_str(" lumo");
        }
        let line = serde_json::json!({
            "id": format!("line-{nth}"),
            "text": text,
            "lang": "en",
            "created": format!("2025-0{}-{:02}T{:02}:{:02}:{:02}Z", 1 + nth % 9, 1 + nth % 28, nth % 24, nth % 60, nth / 7 % 60),
            "url": format!("https://sample.example/{nth}"),
            "author": { "id": format!("author-{}", nth % 977), "handle": format!("writer{}", nth % 977) },
        });
        let _ = writeln!(lines, "{line}");
    }
    lines
}
