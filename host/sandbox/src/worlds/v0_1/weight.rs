//! How many bytes an answer brought out of a guest, for the receipt: texts and bytes by their length, other values by their size.

use std::mem::size_of;

use isocial_model::{
    channel::{Block, ChannelAnswer, DeliveryVerdict, Message},
    connector::{
        ConnectorAnswer, Fault, Frame, Origin, Outcome, Page, Request, Subscription, Verdict,
    },
    language::{Analyses, Emotion, Entity, LanguageGuess, Phrase, Sentiment, Topic},
    post::{Attribute, Author, Change, Post, PostKey},
};

fn len(text: &str) -> u64 {
    text.len() as u64
}
fn opt(text: Option<&String>) -> u64 {
    text.map_or(0, |t| len(t))
}
fn bytes(value: Option<&Vec<u8>>) -> u64 {
    value.map_or(0, |v| v.len() as u64)
}
fn texts(list: &[String]) -> u64 {
    list.iter().map(|t| len(t)).sum()
}
fn sized<T>(list: &[T]) -> u64 {
    size_of_val(list) as u64
}

/// The size of a value that has no text: numbers, flags, instants.
const PLAIN: u64 = size_of::<u64>() as u64;

pub(super) fn fault(fault: &Fault) -> u64 {
    match fault {
        Fault::RetryAfter(_) | Fault::Upstream(_) | Fault::Gone => PLAIN,
        Fault::RateLimited { scope, .. } => len(scope) + PLAIN,
        Fault::Authentication { slot, .. } => len(slot) + PLAIN,
        Fault::BadConfig { pointer, problem } => len(pointer) + len(problem),
        Fault::Moved(text) | Fault::Permanent(text) => len(text),
        Fault::Other { code, message } => len(code) + len(message),
    }
}

fn request(r: &Request) -> u64 {
    let headers: u64 = r.headers.iter().map(|h| len(&h.name) + len(&h.value)).sum();
    len(&r.url) + headers + bytes(r.body.as_ref()) + opt(r.credential.as_ref())
}

fn attributes(list: &[Attribute]) -> u64 {
    list.iter().map(|a| len(&a.key) + len(&a.value)).sum()
}

fn author(a: &Author) -> u64 {
    opt(a.native_id.as_ref())
        + opt(a.handle.as_ref())
        + opt(a.display_name.as_ref())
        + opt(a.profile_url.as_ref())
        + a.followers.map_or(0, |_| PLAIN)
        + u64::from(a.verified.is_some())
        + u64::from(a.automated.is_some())
}

fn post(p: &Post) -> u64 {
    let texts_of = [
        &p.reference,
        &p.url,
        &p.text,
        &p.title,
        &p.content_warning,
        &p.language,
        &p.in_reply_to,
        &p.thread,
        &p.repost_of,
        &p.quote_of,
        &p.country,
    ];
    let counts = p.engagement.map_or(0, |e| {
        [e.likes, e.reposts, e.replies, e.quotes, e.views]
            .into_iter()
            .flatten()
            .count() as u64
            * PLAIN
    });
    len(&p.network)
        + len(&p.native_id)
        + texts_of.into_iter().map(|t| opt(t.as_ref())).sum::<u64>()
        + p.author.as_ref().map_or(0, author)
        + texts(&p.hashtags)
        + texts(&p.links)
        + p.mentions.iter().map(|m| opt(m.native_id.as_ref()) + opt(m.handle.as_ref())).sum::<u64>()
        + p.media.iter().map(|m| opt(m.url.as_ref()) + opt(m.alt.as_ref()) + 1).sum::<u64>()
        + counts
        + attributes(&p.attributes)
        // kind, visibility, age signal; then the plain options
        + 3
        + [p.created, p.edited].into_iter().flatten().count() as u64 * PLAIN
        + p.rating.map_or(0, |_| 4)
        + u64::from(p.sensitive.is_some())
}

fn key(k: &PostKey) -> u64 {
    len(&k.network) + len(&k.native_id)
}

fn change(change: &Change) -> u64 {
    match change {
        Change::Upsert(p) => post(p),
        Change::Delete(k) | Change::Hide(k) | Change::Restore(k) => key(k),
        Change::Author {
            network, author, ..
        } => len(network) + len(author) + 1,
        Change::Strip { key: k, fields } => key(k) + texts(fields),
        Change::Replaced { old, new_id } => key(old) + len(new_id),
        Change::Engagement { key: k, .. } => key(k) + 5 * PLAIN,
        Change::Other(attribute) => attributes(std::slice::from_ref(attribute)),
    }
}

fn page(p: &Page) -> u64 {
    p.changes.iter().map(change).sum::<u64>()
        + bytes(p.cursor.as_ref())
        + bytes(p.state.as_ref())
        + p.tasks
            .iter()
            .map(|t| len(&t.key) + t.payload.len() as u64 + t.due.map_or(0, |_| PLAIN))
            .sum::<u64>()
        + p.seen.map_or(0, |_| 2 * PLAIN + 1)
        + PLAIN
}

fn subscription(s: &Subscription) -> u64 {
    let origin = match &s.origin {
        Origin::Network(url) => len(url),
        Origin::Input => 1,
    };
    let frame = |f: &Frame| match f {
        Frame::Text(text) => len(text),
        Frame::Binary(b) => b.len() as u64,
        Frame::Closed(_) => 2,
    };
    origin
        + texts(&s.subprotocols)
        + s.greeting.iter().map(frame).sum::<u64>()
        + opt(s.credential.as_ref())
        + PLAIN
}

pub(super) fn connector(answer: &ConnectorAnswer) -> u64 {
    match answer {
        ConnectorAnswer::Outcome(Outcome::Page(p)) | ConnectorAnswer::Page(p) => page(p),
        ConnectorAnswer::Outcome(Outcome::Again { requests, scratch }) => {
            requests.iter().map(request).sum::<u64>() + scratch.len() as u64
        }
        ConnectorAnswer::Requests(requests) => requests.iter().map(request).sum(),
        ConnectorAnswer::Text(text) => len(text),
        ConnectorAnswer::Verdicts(verdicts) => verdicts
            .iter()
            .map(|v| match v {
                Verdict::Changed(p) => post(p) + 1,
                Verdict::Alive | Verdict::Gone | Verdict::Unknown => 1,
            })
            .sum(),
        ConnectorAnswer::Subscription(s) => subscription(s),
        ConnectorAnswer::Fault(f) => fault(f),
    }
}

pub(super) fn channel(answer: &ChannelAnswer) -> u64 {
    match answer {
        ChannelAnswer::Message(Message::Http(r)) => request(r),
        ChannelAnswer::Message(Message::Email(mail)) => {
            len(&mail.subject) + mail.blocks.iter().map(block).sum::<u64>()
        }
        ChannelAnswer::Verdict(DeliveryVerdict::Failed(why)) => len(why),
        ChannelAnswer::Verdict(DeliveryVerdict::Delivered | DeliveryVerdict::Retry(_)) => PLAIN,
        ChannelAnswer::Fault(f) => fault(f),
    }
}

fn block(block: &Block) -> u64 {
    match block {
        Block::Heading(text) | Block::Paragraph(text) | Block::Quote(text) => len(text),
        Block::Facts(facts) => facts
            .iter()
            .map(|(label, value)| len(label) + len(value))
            .sum(),
        Block::Action(label, link) => len(label) + len(link),
    }
}

pub(super) fn analyses(a: &Analyses) -> u64 {
    texts(&a.languages)
        + sized::<LanguageGuess>(&a.language)
        + sized::<Sentiment>(&a.sentiment)
        + sized::<Sentiment>(&a.target_sentiment)
        + sized::<Emotion>(&a.emotions)
        + sized::<Entity>(&a.entities)
        + sized::<Phrase>(&a.phrases)
        + sized::<Topic>(&a.topics)
}
