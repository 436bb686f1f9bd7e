//! Writes a small seed for each target whose inputs are no text: answers of well-behaved plugins and their near misses, and components.

use std::{fs, io, path::Path};

use isocial_model::{
    channel::{Block, DeliveryVerdict, Email, Message},
    connector::{
        ComeBack, Fault, Framing, Header, Method, Origin, Outcome, Page, Request, Subscription,
        TaskItem, Verdict, Window,
    },
    language::{
        Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Phrase, Sentiment,
        SentimentLabel, Topic,
    },
    post::{Author, Change, Engagement, Post, PostKey, Visibility},
};
use serde::Serialize;

use isocial_fuzz::{HOST, NOW, OWN_BASE};

fn put(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

/// A first byte and a value after it.
fn seed<T: Serialize>(target: &str, name: &str, which: u8, value: &T) -> io::Result<()> {
    let mut bytes = vec![which];
    bytes.extend(postcard::to_allocvec(value).map_err(io::Error::other)?);
    put(target, name, &bytes)
}

fn request(url: String) -> Request {
    Request {
        method: Method::Post,
        url,
        headers: vec![Header {
            name: "accept".into(),
            value: "application/json".into(),
        }],
        body: Some(br#"{"link":"https://track.example/1"}"#.to_vec()),
        credential: Some("token".into()),
    }
}

fn a_post() -> Post {
    Post {
        network: "mastodon".into(),
        native_id: "116170".into(),
        url: Some("https://plaza.example/@rosa/116170".into()),
        text: Some("=1+1 the bell, rosa@lotus-bikes.example".into()),
        title: Some("\u{feff}-2".into()),
        created: Some(NOW),
        author: Some(Author {
            handle: Some("rosa".into()),
            ..Author::default()
        }),
        visibility: Visibility::Public,
        hashtags: vec!["lotus".into()],
        engagement: Some(Engagement {
            likes: Some(3),
            ..Engagement::default()
        }),
        ..Post::default()
    }
}

fn connector() -> io::Result<()> {
    let target = "admit_connector";
    let key = |id: &str| PostKey {
        network: "mastodon".into(),
        native_id: id.into(),
    };
    let page = Page {
        changes: vec![
            Change::Upsert(Box::new(a_post())),
            Change::Delete(key("7")),
            Change::Hide(key("8")),
        ],
        cursor: Some(b"116170".to_vec()),
        tasks: vec![TaskItem {
            key: "thread:1".into(),
            payload: b"1".to_vec(),
            due: Some(NOW),
        }],
        state: None,
        next: ComeBack::After(30),
        seen: Some(Window {
            start: NOW,
            end: NOW,
            complete: true,
        }),
        rejected: 1,
    };
    // The low digit is the shape of the answer, the next one the call.
    seed(target, "page", 8, &Outcome::Page(page.clone()))?;
    let again = Outcome::Again {
        requests: vec![request(format!("https://{HOST}/api/v1/x"))],
        scratch: b"s".to_vec(),
    };
    seed(target, "again", 0, &again)?;
    let elsewhere = vec![request(format!("https://{HOST}@elsewhere.example/"))];
    seed(target, "requests", (2 << 3) + 2, &elsewhere)?;
    seed(target, "text", (3 << 3) + 3, &"reads \u{202e}it")?;
    let verdicts = vec![Verdict::Gone, Verdict::Changed(Box::new(a_post()))];
    seed(target, "verdicts", (5 << 3) + 4, &verdicts)?;
    let subscription = Subscription {
        origin: Origin::Network(format!("wss://{HOST}/api/v1/streaming")),
        framing: Framing::Websocket,
        subprotocols: Vec::new(),
        greeting: Vec::new(),
        ping: 30,
        credential: Some("token".into()),
    };
    seed(target, "subscription", (6 << 3) + 5, &subscription)?;
    seed(target, "frames", (7 << 3) + 6, &page)?;
    seed(target, "fault", 7, &Fault::Permanent("no\r\nmore".into()))
}

fn language() -> io::Result<()> {
    let opinion = Sentiment {
        label: SentimentLabel::Negative,
        negative: 0.7,
        neutral: 0.2,
        positive: 0.1,
        score: -0.6,
    };
    let guess = LanguageGuess {
        code: 0,
        confidence: 0.9,
    };
    let answer = (
        vec!["en".to_owned()],
        vec![guess; 3],
        vec![opinion; 3],
        Vec::<Sentiment>::new(),
        vec![Emotion {
            document: 0,
            label: EmotionLabel::Anger,
            score: 0.5,
        }],
        vec![Entity {
            document: 0,
            start: 4,
            end: 10,
            kind: EntityKind::Organisation,
            score: 0.8,
        }],
        vec![Phrase {
            document: 1,
            start: 0,
            end: 5,
        }],
        vec![Topic {
            document: 0,
            topic: 2,
            score: 0.4,
        }],
    );
    seed("admit_language", "everything", 0, &answer)?;
    seed("admit_language", "not-asked", 0x1f, &answer)?;
    seed("admit_language", "fault", 0x80, &Fault::RetryAfter(1))
}

fn channel() -> io::Result<()> {
    let target = "admit_channel";
    let http = Message::Http(request(format!("https://{HOST}/hook")));
    seed(target, "http", 0, &http)?;
    let mail = Message::Email(Email {
        subject: "Crisis: Lotus".into(),
        blocks: vec![
            Block::Heading("40 mentions <b>".into()),
            Block::Paragraph("more than usual, see https://elsewhere.example".into()),
            Block::Quote("the frame cracked".into()),
            Block::Facts(vec![("expected".into(), "2.5".into())]),
            Block::Action("Look".into(), format!("{OWN_BASE}incidents/1")),
        ],
    });
    seed(target, "mail", 8, &mail)?;
    seed(target, "retry", 3, &DeliveryVerdict::Retry(Some(60)))?;
    seed(target, "failed", 3, &DeliveryVerdict::Failed("no\nmore".into()))?;
    seed(target, "fault", 4, &Fault::Gone)
}

fn export() -> io::Result<()> {
    let chunk: (Result<Vec<u8>, Fault>, u32) = (Ok(b"a,b\n".to_vec()), 0);
    seed("admit_export", "chunk", 0, &chunk)?;
    let large: (Result<Vec<u8>, Fault>, u32) = (Ok(Vec::new()), (4 << 20) + 1);
    seed("admit_export", "large", 0, &large)?;
    seed("admit_export", "rows", 1, &(vec![a_post()], "=Lotus"))
}

fn component() -> io::Result<()> {
    let pack = r#"(component
        (import "isocial:plugin/log@0.1.0" (instance))
        (core module $m (memory (export "m") 1) (func (export "f")))
        (core instance $i (instantiate $m))
        (instance $pack)
        (export "isocial:plugin/language-pack@0.1.0" (instance $pack)))"#;
    let clock = r#"(component (import "wasi:clocks/wall-clock@0.2.3" (instance)))"#;
    let nested = "(component (component (component (component))) (core module (table 1 funcref)))";
    for (name, text) in [("pack", pack), ("clock", clock), ("nested", nested)] {
        put("component", name, &wat::parse_str(text).map_err(io::Error::other)?)?;
    }
    let mut package = wat::parse_str(pack).map_err(io::Error::other)?;
    let manifest = include_bytes!("../../../examples/dutch-pack-py/plugin.toml");
    section(&mut package, "isocial:manifest", manifest);
    put("component", "package", &package)
}

/// Appends a custom section.
fn section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut body = Vec::new();
    number(&mut body, name.len());
    body.extend(name.as_bytes());
    body.extend(data);
    component.push(0);
    number(component, body.len());
    component.extend(body);
}

/// Appends a number in LEB128.
fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn main() -> io::Result<()> {
    connector()?;
    language()?;
    channel()?;
    export()?;
    component()
}
