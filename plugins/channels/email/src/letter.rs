//! The mail's words: what happened, since when, what people wrote, where to look.
//!
//! A notice holds only what the grant names; what it does not hold is left out, and every sentence reads well without it.

use isocial_sdk::{
    channel::{Block, Email, Instant, Notice, Severity},
    time,
};

/// Most characters of a subject and of a heading.
const LINE: usize = 200;
/// Most characters of a quotation.
const QUOTE: usize = 1000;

/// The mail for a notice.
pub(crate) fn letter(notice: &Notice) -> Email {
    let happened = happened(notice);
    let mut blocks = vec![
        Block::Heading(line(&happened)),
        Block::Paragraph(told(notice)),
    ];
    let facts = facts(notice);
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    let quotes: Vec<Block> = notice
        .excerpts
        .iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| Block::Quote(text.trim().chars().take(QUOTE).collect()))
        .collect();
    if !quotes.is_empty() {
        let which = match quotes.len() as u64 {
            all if all >= notice.count => "What was written, without personal details:",
            _ => "Some of what was written, without personal details:",
        };
        blocks.push(Block::Paragraph(which.into()));
        blocks.extend(quotes);
    }
    if !notice.link.is_empty() {
        blocks.push(Block::Action(("See all of it".into(), notice.link.clone())));
    }
    blocks.push(Block::Paragraph(why(notice)));
    let subject = match notice.severity {
        _ if notice.event == "test" => happened,
        Severity::Info => happened,
        Severity::Warning => format!("Warning: {happened}"),
        Severity::Critical => format!("Critical: {happened}"),
    };
    Email {
        subject: line(&subject),
        blocks,
    }
}

/// What happened, in one line.
fn happened(notice: &Notice) -> String {
    let what = match (notice.event.as_str(), notice.count) {
        ("test", _) => return "Test alert: everything works".into(),
        ("spike", _) => "more mentions than usual".into(),
        ("sentiment", _) => "the mood has changed".into(),
        ("mention", 0 | 1) => "a new mention".into(),
        ("mention", count) => format!("{count} new mentions"),
        _ => "an alert".into(),
    };
    let monitor = notice.monitor.trim();
    if monitor.is_empty() {
        let mut letters = what.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    } else {
        format!("{monitor}: {what}")
    }
}

/// The same in a sentence or two, with the counts.
fn told(notice: &Notice) -> String {
    let mentions = match notice.count {
        0 => None,
        1 => Some("1 mention".to_owned()),
        count => Some(format!("{count} mentions")),
    };
    let told = match (notice.event.as_str(), mentions, notice.expected) {
        ("test", ..) => "This is a test that somebody asked for. Nothing has happened.".to_owned(),
        ("spike", Some(mentions), Some(expected)) => {
            format!(
                "{mentions} came in, where about {} were to be expected.",
                number(expected)
            )
        }
        ("sentiment", Some(mentions), _) => {
            format!("The mood of what people write has changed: it is about {mentions}.")
        }
        (_, Some(mentions), _) => format!("{mentions} came in."),
        (_, None, _) => "A rule that watches your mentions has found something.".to_owned(),
    };
    if notice.severity == Severity::Critical && notice.event != "test" {
        told + " The rule calls this critical: have a look soon."
    } else {
        told
    }
}

fn facts(notice: &Notice) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut put = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            facts.push((line(label), value.chars().take(QUOTE).collect()));
        }
    };
    put("Monitor", Some(notice.monitor.clone()));
    put("Rule", Some(notice.rule.clone()));
    put(
        "Mentions",
        (notice.count > 0).then(|| notice.count.to_string()),
    );
    put("Expected", notice.expected.map(number));
    let span = at(notice.start) != at(notice.end);
    put(if span { "From" } else { "At" }, at(notice.start));
    put("To", at(notice.end).filter(|_| span));
    for attribute in &notice.attributes {
        put(&attribute.key, Some(attribute.value.clone()));
    }
    facts
}

/// Why this mail came, and what to do about that.
fn why(notice: &Notice) -> String {
    let rule = match notice.rule.trim() {
        "" => "a rule".to_owned(),
        rule => format!("the rule “{rule}”"),
    };
    format!(
        "You get this mail because {rule} in iSocial Track names your address. Whoever looks after the rule can change that."
    )
}

/// To the minute, in UTC; nothing where no time is given.
fn at(instant: Instant) -> Option<String> {
    let text = (instant != 0)
        .then(|| time::to_rfc3339(instant))
        .flatten()?;
    Some(format!("{} {} UTC", text.get(..10)?, text.get(11..16)?))
}

/// With one decimal, where it says something.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// One line that is short enough for a subject.
fn line(text: &str) -> String {
    let one: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match one.char_indices().nth(LINE) {
        Some(_) => one.chars().take(LINE - 1).chain(['…']).collect(),
        None => one,
    }
}
