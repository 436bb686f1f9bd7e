//! Draws the posts: who says what, about which brand, in which mood, and what becomes of it.

use isocial_model::{Instant, post::Visibility};

use super::{
    Fate, Person, SamplePost, Stance, Subject, Tongue, Truth, Week,
    body::{self, Part},
    dice::Dice,
    rhythm,
    words::{self, Words},
};

/// What each maker sells; the first of our brand is the one that is recalled.
const MODELS: [(&str, [&str; 3]); 3] = [
    (Week::BRAND, ["Breeze 2", "Metro", "Hop S"]),
    (Week::COMPETITORS[0], ["V9", "Arc", "Dash"]),
    (Week::COMPETITORS[1], ["Pico", "Tour", "Lite"]),
];
/// Numbers that look real and reach nobody: ranges kept for fiction, and a prefix that was never given out.
const PHONES: [&str; 6] = [
    "+1 202-555-0143",
    "+1 (312) 555-0178",
    "+44 20 7946 0832",
    "+44 1632 960957",
    "+84 600 555 123",
    "+84 600 555 987",
];
/// Numbers that pass the check of a card and belong to none.
const CARDS: [&str; 4] = [
    "4111 1111 1111 1111",
    "5555 5555 5555 4444",
    "4242-4242-4242-4242",
    "4000056655665556",
];
const SITES: [&str; 5] = [
    "morningtram.example",
    "riverpost.example",
    "tinngoai.example",
    "xenha.example",
    "wheels-weekly.example",
];

/// What one post is to be.
#[derive(Debug, Clone, Copy)]
struct Plan {
    created: Instant,
    subject: Subject,
    crisis: bool,
}

/// Draws a week's posts, oldest first.
pub(super) fn draw(
    dice: &mut Dice,
    start: Instant,
    crisis: (Instant, Instant),
    people: &[Person],
) -> Vec<SamplePost> {
    let end = start.plus_ms(7 * Instant::DAY_MS);
    let mut plans = Vec::new();
    for hour in 0..7 * 24 {
        plan_hour(
            dice,
            start.plus_ms(hour * Instant::HOUR_MS),
            crisis,
            &mut plans,
        );
    }
    plans.sort_by_key(|plan| plan.created);
    let mut posts: Vec<SamplePost> = Vec::with_capacity(plans.len());
    for plan in plans {
        let post = write(dice, plan, end, people, &posts);
        if let Some(answered) = post.answers.and_then(|index| posts.get_mut(index)) {
            answered.counts[0] += 1;
        }
        posts.push(post);
    }
    posts
}

fn plan_hour(dice: &mut Dice, hour: Instant, crisis: (Instant, Instant), plans: &mut Vec<Plan>) {
    for subject in [Subject::Brand, Subject::Competitor, Subject::Noise] {
        let usual = rhythm::expected(hour, subject);
        let wave = if subject == Subject::Brand {
            rhythm::wave(hour, crisis)
        } else {
            1
        };
        // Every hour is a little off, as hours are.
        let drawn = usual * wave * (850 + dice.below(301)) / 1_000;
        let count = drawn / 1_000 + usize::from(dice.chance(drawn % 1_000));
        for _ in 0..count {
            let created = hour.plus_ms(dice.below(Instant::HOUR_MS as usize) as i64);
            // What goes beyond the usual volume is there because of the crisis.
            let crisis = wave > 1 && dice.below(wave) > 0;
            plans.push(Plan {
                created,
                subject,
                crisis,
            });
        }
    }
}

fn stance(dice: &mut Dice, plan: Plan) -> Stance {
    let (positive, neutral) = match (plan.subject, plan.crisis) {
        (Subject::Brand, true) => (60, 120),
        (Subject::Brand, false) => (430, 350),
        (Subject::Competitor, _) => (360, 330),
        (Subject::Noise, _) => (0, 1_000),
    };
    match dice.below(1_000) {
        roll if roll < positive => Stance::Positive,
        roll if roll < positive + neutral => Stance::Neutral,
        _ => Stance::Negative,
    }
}

fn write(
    dice: &mut Dice,
    plan: Plan,
    end: Instant,
    people: &[Person],
    before: &[SamplePost],
) -> SamplePost {
    let tongue = if dice.chance(600) {
        Tongue::English
    } else {
        Tongue::Vietnamese
    };
    let author = writer(dice, tongue, people);
    let answers = if dice.chance(150) {
        answered(dice, plan, tongue, author, before)
    } else {
        None
    };
    let stance = stance(dice, plan);
    let words = Words::of(tongue);
    let maker = match plan.subject {
        Subject::Competitor => 1 + dice.below(2),
        _ => 0,
    };
    let slots = Slots::draw(dice, words, maker, plan.crisis);

    let mut mentions = Vec::new();
    let mut parts = Vec::new();
    if let Some(post) = answers.and_then(|index| before.get(index)) {
        mentions.push(post.author);
        parts.push(Part::Mention(post.author));
    }
    parts.push(Part::Text(sentences(dice, plan, stance, words, &slots)));
    let personal = plan.subject != Subject::Noise && dice.chance(45);
    if personal {
        parts.push(Part::Text(details(dice, words, &slots, people.get(author))));
    }
    if plan.subject != Subject::Noise && dice.chance(110) {
        mentions.push(maker);
        parts.push(Part::Mention(maker));
    }
    if dice.chance(330) {
        parts.push(Part::Text(dice.pick(words::emojis(stance)).to_owned()));
    }
    let link = dice.chance(100).then(|| link(dice, plan));
    if let Some(url) = &link {
        parts.push(Part::Link(url.clone()));
    }
    let tags = tags(dice, plan.subject, maker, tongue, words);
    if dice.chance(600) {
        parts.push(Part::Paragraph);
    }
    parts.extend(tags.iter().cloned().map(Part::Tag));

    let first = body::render(&parts, people);
    let fate = fate(dice, plan.created, end);
    let later = matches!(fate, Fate::Edited { .. }).then(|| {
        parts.push(Part::Paragraph);
        parts.push(Part::Text(dice.pick(words.edits).to_owned()));
        body::render(&parts, people)
    });
    let spoiler = if dice.chance(if plan.crisis { 60 } else { 20 }) {
        dice.pick(words.warnings)
    } else {
        ""
    };
    SamplePost {
        // As the network makes ids: the time, then what keeps posts of one millisecond apart.
        id: (plan.created.as_millis().unsigned_abs() << 16) | (before.len() as u64 & 0xffff),
        author,
        created: plan.created,
        first,
        later,
        language: dice.chance(920).then_some(tongue),
        visibility: match dice.below(1_000) {
            0..40 => Visibility::Unlisted,
            40..55 => Visibility::Restricted,
            55..60 => Visibility::Private,
            _ => Visibility::Public,
        },
        sensitive: !spoiler.is_empty() || dice.chance(15),
        spoiler: spoiler.to_owned(),
        tags,
        mentions,
        answers,
        link,
        picture: dice
            .chance(90)
            .then(|| dice.pick(words.pictures).to_owned()),
        counts: [
            0,
            (dice.below(6) * dice.below(6)) as u32,
            (dice.below(9) * dice.below(9)) as u32,
        ],
        fate,
        truth: Truth {
            subject: plan.subject,
            stance,
            tongue,
            crisis: plan.crisis,
            personal,
        },
    }
}

/// A few write much, most write little; the brands' own accounts only get mentioned.
fn writer(dice: &mut Dice, tongue: Tongue, people: &[Person]) -> usize {
    loop {
        let index = dice.below(people.len()).min(dice.below(people.len()));
        match people.get(index) {
            Some(person) if index >= MODELS.len() && person.tongue != tongue => {}
            Some(_) if index < MODELS.len() => {}
            _ => return index,
        }
    }
}

/// A recent public post about the same, by somebody else.
fn answered(
    dice: &mut Dice,
    plan: Plan,
    tongue: Tongue,
    author: usize,
    before: &[SamplePost],
) -> Option<usize> {
    let fitting: Vec<usize> = (before.len().saturating_sub(60)..before.len())
        .filter(|&index| {
            before.get(index).is_some_and(|post| {
                post.truth.subject == plan.subject
                    && post.truth.tongue == tongue
                    && post.author != author
                    && post.visibility == Visibility::Public
            })
        })
        .collect();
    (!fitting.is_empty()).then(|| dice.pick(&fitting))
}

fn sentences(dice: &mut Dice, plan: Plan, stance: Stance, words: &Words, slots: &Slots) -> String {
    let (mains, more) = match plan.subject {
        Subject::Noise if dice.chance(350) => (words.scooters, words.city_more),
        Subject::Noise => (words.city, words.city_more),
        _ if plan.crisis => words.recall(stance),
        _ => words.about(stance),
    };
    let mut said = capital(&slots.fill(dice.pick(mains)));
    if dice.chance(160) {
        said.insert_str(0, dice.pick(words.openers));
    }
    if dice.chance(620) {
        said.push(' ');
        said.push_str(dice.pick(more));
    }
    if stance != Stance::Neutral && dice.chance(120) && said.ends_with('.') {
        said.pop();
        said.push_str(if dice.chance(500) { "!!!" } else { "!" });
    }
    // Some never find the shift key; the brand's name loses its capital too.
    if dice.chance(90) {
        said.to_lowercase()
    } else {
        said
    }
}

fn details(dice: &mut Dice, words: &Words, slots: &Slots, author: Option<&Person>) -> String {
    let name = author.map_or("somebody", |person| person.username.as_str());
    let mail = format!(
        "{name}@{}",
        dice.pick(&["post.example", "mail.quanso.example", "thu.example"])
    );
    let (phone, card) = (dice.pick(&PHONES), dice.pick(&CARDS));
    slots
        .fill(dice.pick(words.personal))
        .replace("{mail}", &mail)
        .replace("{phone}", phone)
        .replace("{card}", card)
}

fn link(dice: &mut Dice, plan: Plan) -> String {
    let site = dice.pick(&SITES);
    let page = match (plan.subject, plan.crisis) {
        (Subject::Brand, true) => "recall-battery-what-owners-need-to-know",
        (Subject::Brand, false) => "test/scooters-for-the-daily-commute",
        (Subject::Competitor, _) => "test/long-term-comparison",
        (Subject::Noise, _) => "city/today",
    };
    format!("https://{site}/{page}-{}", 100 + dice.below(900))
}

/// At least one of the week's four hashtags, so that their timelines show everything.
fn tags(
    dice: &mut Dice,
    subject: Subject,
    maker: usize,
    tongue: Tongue,
    words: &Words,
) -> Vec<String> {
    let mut tags = Vec::new();
    let scooter: &[&str] = match tongue {
        Tongue::English => &["escooter", "EScooter", "eScooter"],
        Tongue::Vietnamese => &["xeđiện", "XeĐiện", "xedien"],
    };
    let city: &[&str] = &["citylife", "CityLife"];
    match subject {
        Subject::Brand => {
            let named = dice.chance(880);
            if named {
                tags.push(
                    dice.pick(&["Ryndola", "ryndola", "Ryndola", "RYNDOLA"])
                        .to_owned(),
                );
            }
            if !named || dice.chance(450) {
                tags.push(dice.pick(scooter).to_owned());
            }
        }
        Subject::Competitor => {
            tags.push(MODELS.get(maker).map_or("", |made| made.0).to_owned());
            tags.push(dice.pick(scooter).to_owned());
        }
        Subject::Noise => {
            tags.push(dice.pick(city).to_owned());
            if dice.chance(300) {
                tags.push(dice.pick(scooter).to_owned());
            }
        }
    }
    if dice.chance(220) {
        tags.push(dice.pick(words.tags).to_owned());
    }
    tags
}

fn fate(dice: &mut Dice, created: Instant, end: Instant) -> Fate {
    match dice.below(1_000) {
        0..22 => Fate::Edited {
            at: created
                .plus_ms((10 + dice.below(600)) as i64 * Instant::MINUTE_MS)
                .min(end),
        },
        22..44 => Fate::Deleted,
        _ => Fate::Stays,
    }
}

/// What the slots of one post's sentences are filled with: the same in all of them.
#[derive(Debug)]
struct Slots([(&'static str, String); 8]);

impl Slots {
    fn draw(dice: &mut Dice, words: &Words, maker: usize, crisis: bool) -> Self {
        let (brand, models) = MODELS.get(maker).copied().unwrap_or_default();
        let model = if crisis {
            models[0]
        } else {
            dice.pick(&models)
        };
        let rivals: Vec<&str> = MODELS
            .iter()
            .map(|made| made.0)
            .filter(|name| *name != brand && *name != Week::BRAND)
            .collect();
        Self([
            ("{brand}", brand.to_owned()),
            ("{rival}", dice.pick(&rivals).to_owned()),
            ("{model}", model.to_owned()),
            ("{part}", dice.pick(words.parts).to_owned()),
            ("{place}", dice.pick(words.places).to_owned()),
            ("{when}", dice.pick(words.whens).to_owned()),
            ("{km}", (20 + dice.below(90) * 10).to_string()),
            ("{days}", (2 + dice.below(9)).to_string()),
        ])
    }

    fn fill(&self, template: &str) -> String {
        self.0
            .iter()
            .fold(template.to_owned(), |text, (slot, word)| {
                text.replace(slot, word)
            })
    }
}

/// The text with a capital at its start: slots may stand there.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
