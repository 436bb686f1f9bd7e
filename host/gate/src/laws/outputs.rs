//! What an answer may still say (B11): labels from declared sets, spans inside the text, no character that misleads.

use isocial_model::{
    Kind, Purpose,
    connector::ConnectorAnswer,
    contract::{Rights, VOCABULARY},
    language::{Analyses, Entity, EntityKind, LanguageGuess, Tasks, Topic},
    post::Post,
};
use proptest::{collection::vec, prelude::*};

use super::{arbitrary::post, kept::admitted};
use crate::{
    Door, Rejection, Untrusted, ceiling,
    connector::post::ATTRIBUTES,
    door::DoorError,
    fixtures::{contract, door, labeled, post as fixture, spec},
};

const PURPOSES: [&str; 3] = ["analysis/language", "analysis/topics", "analysis/entities"];
const TASKS: Tasks = Tasks {
    language: true,
    sentiment: false,
    emotions: false,
    entities: true,
    topics: true,
    translation: false,
};

fn pack() -> Door {
    let contract = contract("analyze", &PURPOSES, &["post.text:redacted"]);
    door("acme/vi", Kind::LanguagePack, vec![contract])
}

fn answered(text: &str, answer: Analyses) -> Result<isocial_model::language::Analysis, Rejection> {
    let pack = pack();
    let posts = [labeled(fixture("1", text))];
    let (_, open) = pack.project_documents(&posts, &[], TASKS).unwrap();
    let (admitted, _) = pack.admit_analyses(Untrusted::from_guest(Ok(answer), 1), open);
    admitted.map(|mut admitted| admitted.posts.remove(0).unwrap())
}

#[test]
fn labels_come_from_declared_sets_only() {
    let topic = |topic| Analyses {
        topics: vec![Topic {
            document: 0,
            topic,
            score: 0.5,
        }],
        ..Analyses::default()
    };
    assert_eq!(answered("tốt", topic(1)).unwrap().topics[0].0, "service");
    assert!(answered("tốt", topic(2)).is_err());
    let language = |tag: &str| {
        let answer = Analyses {
            languages: vec![tag.into()],
            language: vec![LanguageGuess {
                code: 0,
                confidence: 0.987_654,
            }],
            ..Analyses::default()
        };
        answered("tốt", answer).map(|analysis| analysis.language)
    };
    // A tag is a primary subtag: what could carry text behind it is gone.
    for (given, expected) in [
        ("vi", "vi"),
        ("zh-Hant-TW", "zh"),
        ("EN-x-canary-text", "en"),
        ("und", "und"),
    ] {
        assert_eq!(
            language(given),
            Ok(Some((expected.into(), 0.99))),
            "{given}"
        );
    }
    assert_eq!(language("x-canary-text"), Ok(None));
    assert_eq!(language("canarytext"), Ok(None));
    assert!(language("vi canary").is_err());
}

#[test]
fn no_contract_over_its_ceiling_becomes_a_door() {
    for kind in Kind::ALL {
        for purpose in Purpose::ALL {
            let ceiling = ceiling::of(kind, purpose);
            for field in VOCABULARY {
                for (level, step) in field.ladder.iter().enumerate().skip(1) {
                    let mut asked = contract(ceiling::functions(kind)[0], &[], &[]);
                    asked.purposes = vec![purpose];
                    asked.input = Rights::parse(&[format!("{}:{step}", field.path)]).unwrap();
                    let allowed = ceiling::allows(kind, purpose)
                        && level <= usize::from(ceiling.level(field.path));
                    let built = Door::new(spec("acme/any", kind, vec![asked]));
                    match built {
                        Ok(_) => assert!(allowed, "{kind} {purpose} {}:{step}", field.path),
                        Err(DoorError::Ceiling(_)) => {
                            assert!(!allowed, "{kind} {purpose} {}:{step}", field.path);
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
}

/// Every text of a post that people may come to see.
fn texts(post: &Post) -> Vec<&str> {
    let author = post
        .author
        .iter()
        .flat_map(|a| [&a.native_id, &a.handle, &a.display_name, &a.profile_url]);
    let own = [
        &post.reference,
        &post.url,
        &post.text,
        &post.title,
        &post.content_warning,
        &post.language,
        &post.in_reply_to,
        &post.thread,
        &post.repost_of,
        &post.quote_of,
        &post.country,
    ];
    author
        .chain(own)
        .chain(post.media.iter().flat_map(|m| [&m.url, &m.alt]))
        .chain(post.mentions.iter().flat_map(|m| [&m.native_id, &m.handle]))
        .flatten()
        .chain(&post.hashtags)
        .chain(&post.links)
        .chain(post.attributes.iter().map(|a| &a.value))
        .map(String::as_str)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn admitted_spans_lie_inside_the_posts_own_text(
        text in "([a-zà-ỹ ,.]{1,12}|[a-z]{2,5}@mail\\.example |👩‍👩‍👧){1,4}",
        spans in vec((0u32..80, 0u32..80), 1..20),
    ) {
        for (start, end) in spans {
            let answer = Analyses {
                entities: vec![Entity { document: 0, start, end, kind: EntityKind::Place, score: 0.5 }],
                ..Analyses::default()
            };
            if let Ok(analysis) = answered(&text, answer) {
                for (_, start, end, _) in analysis.entities {
                    let span = text.get(start as usize..end as usize);
                    prop_assert!(span.is_some_and(|span| !span.is_empty() && !span.contains('@')), "{:?} {}..{}", text, start, end);
                }
            }
        }
    }

    #[test]
    fn nothing_admitted_holds_a_misleading_character(mut given in post("sample"), bad in "[\u{0}-\u{1F}\u{7F}-\u{9F}\u{202A}-\u{202E}\u{2066}-\u{2069}]{1,4}") {
        for text in [&mut given.text, &mut given.title, &mut given.content_warning, &mut given.url, &mut given.thread, &mut given.reference].into_iter().flatten() { text.insert_str(text.floor_char_boundary(text.len() / 2), &bad); }
        if let Some(author) = &mut given.author {
            for text in [&mut author.handle, &mut author.display_name, &mut author.profile_url, &mut author.native_id].into_iter().flatten() { text.push_str(&bad); text.push('x'); }
        }
        for text in given.hashtags.iter_mut().chain(&mut given.links) { text.push_str(&bad); }
        for attribute in &mut given.attributes { attribute.value.push_str(&bad); }
        let door = super::kept::connector("sample", &[]);
        for post in admitted(&door, &[given]) {
            for text in texts(&post) {
                prop_assert!(text.chars().all(|c| (!c.is_control() || matches!(c, '\n' | '\t')) && !matches!(c as u32, 0x202A..=0x202E | 0x2066..=0x2069)), "{:?}", text);
            }
            prop_assert!(post.attributes.iter().all(|a| ATTRIBUTES.contains(&a.key.as_str())));
        }
    }

    #[test]
    fn a_fault_is_one_short_line(code in "\\PC{0,90}", message in "[\u{0}-\u{20}a-z\u{202E}]{0,400}") {
        let fault = isocial_model::connector::Fault::Other { code, message };
        let door = super::kept::connector("sample", &[]);
        let (_, open) = door.project_connector(super::kept::next()).unwrap();
        let (admitted, _) = door.admit_connector(Untrusted::from_guest(ConnectorAnswer::Fault(fault), 1), open);
        let Ok(crate::AdmittedConnector::Fault(isocial_model::connector::Fault::Other { code, message })) = admitted else { panic!("a fault") };
        prop_assert!(code.len() <= 64 && message.len() <= 256);
        let hidden = |c: char| c.is_control() || c == '\u{202E}';
        prop_assert!(!message.chars().any(hidden));
    }
}
