//! From the SDK's types to JSON.

use isocial_sdk::{
    channel::{Block, Message, Verdict as DeliveryVerdict},
    connector::{
        AgeSignal, AuthorState, Change, ComeBack, Engagement, Frame, Framing, Key, Kind, MediaKind,
        Origin, Outcome, Page, Post, Subscription, Task, Verdict, Visibility,
    },
    types::{Attribute, AuthenticationProblem, Fault, Method, Request},
};
use serde_json::{Value, json};

pub(crate) fn fault(fault: &Fault) -> Value {
    match fault {
        Fault::RetryAfter(seconds) => json!({ "retry-after": seconds }),
        Fault::RateLimited(limit) => {
            json!({ "rate-limited": { "scope": limit.scope, "reset": limit.reset } })
        }
        Fault::Authentication(a) => {
            let problem = match a.problem {
                AuthenticationProblem::Missing => "missing",
                AuthenticationProblem::Rejected => "rejected",
                AuthenticationProblem::Expired => "expired",
                AuthenticationProblem::InsufficientScope => "insufficient-scope",
            };
            json!({ "authentication": { "slot": a.slot, "problem": problem } })
        }
        Fault::BadConfig(bad) => {
            json!({ "bad-config": { "pointer": bad.pointer, "problem": bad.problem } })
        }
        Fault::Upstream(status) => json!({ "upstream": status }),
        Fault::Gone => json!("gone"),
        Fault::Moved(target) => json!({ "moved": target }),
        Fault::Permanent(reason) => json!({ "permanent": reason }),
        Fault::Other((code, message)) => json!({ "other": { "code": code, "message": message } }),
    }
}

pub(crate) fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Page(inner) => json!({ "page": page(inner) }),
        Outcome::Again(again) => {
            json!({ "again": { "requests": requests(&again.requests), "scratch": again.scratch } })
        }
    }
}

pub(crate) fn requests(list: &[Request]) -> Value {
    list.iter().map(request).collect()
}

fn request(request: &Request) -> Value {
    let method = match request.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    let headers: Value = request
        .headers
        .iter()
        .map(|h| json!({ "name": h.name, "value": h.value }))
        .collect();
    json!({
        "method": method, "url": request.url, "headers": headers, "body": request.body, "credential": request.credential,
    })
}

pub(crate) fn page(page: &Page) -> Value {
    let next = match page.next {
        ComeBack::Immediately => json!("immediately"),
        ComeBack::After(seconds) => json!({ "after": seconds }),
        ComeBack::Scheduled => json!("scheduled"),
    };
    json!({
        "changes": page.changes.iter().map(change).collect::<Value>(),
        "cursor": page.cursor,
        "tasks": page.tasks.iter().map(task).collect::<Value>(),
        "state": page.state,
        "next": next,
        "seen": page.seen.as_ref().map(|w| json!({ "start": w.start, "end": w.end, "complete": w.complete })),
        "rejected": page.rejected,
    })
}

fn task(task: &Task) -> Value {
    json!({ "key": task.key, "payload": task.payload, "due": task.due })
}

fn key(key: &Key) -> Value {
    json!({ "network": key.network, "native_id": key.native_id })
}

fn change(change: &Change) -> Value {
    match change {
        Change::Upsert(inner) => json!({ "upsert": post(inner) }),
        Change::Delete(inner) => json!({ "delete": key(inner) }),
        Change::Hide(inner) => json!({ "hide": key(inner) }),
        Change::Restore(inner) => json!({ "restore": key(inner) }),
        Change::Author(event) => {
            let state = match event.state {
                AuthorState::Gone => "gone",
                AuthorState::Hidden => "hidden",
                AuthorState::Protected => "protected",
                AuthorState::Restored => "restored",
            };
            json!({ "author": { "network": event.network, "author": event.author, "state": state } })
        }
        Change::Strip(strip) => {
            json!({ "strip": { "key": key(&strip.key), "fields": strip.fields } })
        }
        Change::Replaced(r) => json!({ "replaced": { "old": key(&r.old), "new_id": r.new_id } }),
        Change::Engagement(e) => {
            json!({ "engagement": { "key": key(&e.key), "counts": engagement(&e.counts) } })
        }
        Change::Other(inner) => json!({ "other": attribute(inner) }),
    }
}

fn attribute(attribute: &Attribute) -> Value {
    json!({ "key": attribute.key, "value": attribute.value })
}

fn engagement(e: &Engagement) -> Value {
    json!({ "likes": e.likes, "reposts": e.reposts, "replies": e.replies, "quotes": e.quotes, "views": e.views })
}

fn post(post: &Post) -> Value {
    let kind = match post.kind {
        Kind::Post => "post",
        Kind::Reply => "reply",
        Kind::Repost => "repost",
        Kind::Quote => "quote",
        Kind::Comment => "comment",
        Kind::Review => "review",
        Kind::Article => "article",
        Kind::Video => "video",
    };
    let visibility = match post.visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Restricted => "restricted",
        Visibility::Private => "private",
        Visibility::Unknown => "unknown",
    };
    let age_signal = match post.age_signal {
        AgeSignal::NotPublished => "not-published",
        AgeSignal::Adult => "adult",
        AgeSignal::Minor => "minor",
        AgeSignal::Unknown => "unknown",
    };
    let author = post.author.as_ref().map(|a| {
        json!({
            "native_id": a.native_id, "handle": a.handle, "display_name": a.display_name, "profile_url": a.profile_url,
            "followers": a.followers, "verified": a.verified, "automated": a.automated,
        })
    });
    let mentions: Value = post
        .mentions
        .iter()
        .map(|m| json!({ "native_id": m.native_id, "handle": m.handle }))
        .collect();
    let media: Value = post
        .media
        .iter()
        .map(|m| json!({ "kind": media_kind(m.kind), "url": m.url, "alt": m.alt }))
        .collect();
    json!({
        "network": post.network, "native_id": post.native_id, "reference": post.ref_, "url": post.url, "kind": kind,
        "text": post.text, "title": post.title, "content_warning": post.content_warning, "language": post.language,
        "created": post.created, "edited": post.edited, "author": author, "visibility": visibility, "age_signal": age_signal,
        "in_reply_to": post.in_reply_to, "thread": post.thread, "repost_of": post.repost_of, "quote_of": post.quote_of,
        "hashtags": post.hashtags, "mentions": mentions, "links": post.links, "media": media, "rating": post.rating,
        "engagement": post.engagement.as_ref().map(engagement), "country": post.country, "sensitive": post.sensitive,
        "attributes": post.attributes.iter().map(attribute).collect::<Value>(),
    })
}

fn media_kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Link => "link",
        MediaKind::Other => "other",
    }
}

pub(crate) fn verdict(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Alive => json!("alive"),
        Verdict::Gone => json!("gone"),
        Verdict::Changed(inner) => json!({ "changed": post(inner) }),
        Verdict::Unknown => json!("unknown"),
    }
}

pub(crate) fn subscription(s: &Subscription) -> Value {
    let origin = match &s.origin {
        Origin::Network(url) => json!({ "network": url }),
        Origin::Input => json!("input"),
    };
    let framing = match s.framing {
        Framing::Websocket => "websocket",
        Framing::Sse => "sse",
        Framing::Lines => "lines",
        Framing::LengthPrefixed => "length-prefixed",
    };
    let frame = |frame: &Frame| match frame {
        Frame::Text(text) => json!({ "text": text }),
        Frame::Binary(bytes) => json!({ "binary": bytes }),
        Frame::Closed(code) => json!({ "closed": code }),
    };
    json!({
        "origin": origin, "framing": framing, "subprotocols": s.subprotocols,
        "greeting": s.greeting.iter().map(frame).collect::<Value>(), "ping": s.ping, "credential": s.credential,
    })
}

pub(crate) fn message(message: &Message) -> Value {
    match message {
        Message::Http(inner) => json!({ "http": request(inner) }),
        Message::Email(email) => {
            let block = |block: &Block| match block {
                Block::Heading(text) => json!({ "heading": text }),
                Block::Paragraph(text) => json!({ "paragraph": text }),
                Block::Quote(text) => json!({ "quote": text }),
                Block::Facts(facts) => json!({ "facts": facts }),
                Block::Action((label, link)) => json!({ "action": [label, link] }),
            };
            json!({ "email": { "subject": email.subject, "blocks": email.blocks.iter().map(block).collect::<Value>() } })
        }
    }
}

pub(crate) fn delivery_verdict(verdict: &DeliveryVerdict) -> Value {
    match verdict {
        DeliveryVerdict::Delivered => json!("delivered"),
        DeliveryVerdict::Retry(after) => json!({ "retry": after }),
        DeliveryVerdict::Failed(reason) => json!({ "failed": reason }),
    }
}
