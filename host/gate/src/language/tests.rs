use isocial_model::{
    language::{
        Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Phrase, SentimentLabel, Topic,
    },
    receipt::{CallLine, Line},
};
use proptest::prelude::*;

use std::collections::BTreeMap;

use super::*;
use crate::{
    Stopped,
    fixtures::{contract, door, labeled, post, spec},
};

const ALL: Tasks = Tasks {
    language: true,
    sentiment: true,
    emotions: true,
    entities: true,
    topics: true,
    translation: true,
};

fn pack(input: &[&str]) -> Door {
    let purposes = [
        "analysis/language",
        "analysis/sentiment",
        "analysis/emotion",
        "analysis/entities",
        "analysis/topics",
    ];
    door(
        "acme/vi",
        Kind::LanguagePack,
        vec![contract("analyze", &purposes, input)],
    )
}

fn line(receipt: &Receipt) -> &CallLine {
    let Line::Call(line) = &receipt.line else {
        panic!("no call line")
    };
    line
}

fn opinion(negative: f32, neutral: f32, positive: f32, score: f32) -> Sentiment {
    Sentiment {
        label: SentimentLabel::Positive,
        negative,
        neutral,
        positive,
        score,
    }
}

fn admit(
    door: &Door,
    open: OpenReceipt<DocumentsContext>,
    analyses: Analyses,
) -> (Result<AdmittedAnalyses, Rejection>, Receipt) {
    door.admit_analyses(Untrusted::from_guest(Ok(analyses), 100), open)
}

#[test]
fn hp_01_a_pack_gets_what_its_contract_names_and_no_more() {
    let door = pack(&["post.text:redacted", "post.lang"]);
    let posts = [
        labeled(post("1", "Lumen tốt quá @an @lumen, gọi 0912345678")),
        labeled(post("2", "x an@example.vn")),
    ];
    let (passed, open) = door.project_documents(&posts, &[], ALL).unwrap();
    let batch = passed.get();
    assert_eq!(
        batch.text,
        "Lumen tốt quá ⟦user:1⟧ @lumen, gọi ⟦phone:1⟧x ⟦mail:1⟧"
    );
    assert_eq!(batch.ends.last().copied(), Some(batch.text.len() as u32));
    assert_eq!(
        (
            batch.hints.as_slice(),
            batch.hint.as_slice(),
            batch.days.len()
        ),
        (&["vi".to_owned()][..], &[0, 0][..], 0)
    );
    assert!(!batch.tasks.translation && batch.tasks.topics);
    assert!(!format!("{batch:?}").to_lowercase().contains("canary"));
    let (_, receipt) = admit(&door, open, Analyses::default());
    let line = line(&receipt);
    assert_eq!(line.fields, ["post.lang", "post.text:redacted"]);
    assert_eq!(
        line.redacted,
        BTreeMap::from([("mail".into(), 1), ("phone".into(), 1), ("user".into(), 1)])
    );
    assert_eq!(
        (line.items, line.verdict.clone(), line.purposes.len()),
        (2, Verdict::Ok, 5)
    );
    assert!(!serde_json::to_string(&receipt).unwrap().contains("Lumen"));
}

#[test]
fn title_and_warning_go_before_the_text_where_granted() {
    let door = pack(&[
        "post.text:redacted",
        "post.title:redacted",
        "post.content-warning:redacted",
        "post.created:day",
    ]);
    let (passed, open) = door
        .project_documents(&[labeled(post("1", "tốt @an quá"))], &[], ALL)
        .unwrap();
    assert_eq!(
        passed.get().text,
        "canary-warning\ncanary-title\ntốt ⟦user:1⟧ quá"
    );
    assert_eq!(passed.get().days, [20_254]);
    // A span behind a token comes back to the post's own text; one in the title or on the token does not.
    let text = passed.into_guest().text;
    let at = |word: &str| text.find(word).unwrap() as u32;
    let entity = |start: u32, end: u32| Entity {
        document: 0,
        start,
        end,
        kind: EntityKind::Other,
        score: 0.5,
    };
    let analyses = Analyses {
        entities: vec![
            entity(0, 6),
            entity(at("⟦"), at("⟧")),
            entity(at("quá"), text.len() as u32),
            entity(at("tốt"), at("tốt") + 5),
        ],
        phrases: vec![Phrase {
            document: 0,
            start: at("tốt"),
            end: text.len() as u32,
        }],
        ..Analyses::default()
    };
    let (admitted, receipt) = admit(&door, open, analyses);
    let analysis = admitted.unwrap().posts.remove(0).unwrap();
    let own = "tốt @an quá";
    let words: Vec<&str> = analysis
        .entities
        .iter()
        .map(|(_, s, e, _)| &own[*s as usize..*e as usize])
        .collect();
    assert_eq!(words, ["quá", "tốt"]);
    assert_eq!(
        (
            analysis.phrases.len(),
            line(&receipt).dropped["span-outside-text"]
        ),
        (0, 3)
    );
}

#[test]
fn restricted_held_and_empty_posts_are_left_out_and_the_rest_stays_in_place() {
    let door = pack(&["post.text:redacted"]);
    let mut posts: Vec<Labeled<Post>> = ["a", "b", "c", "d"]
        .map(|t| labeled(post(t, &format!("text {t}"))))
        .into();
    let flagged = |restricted, held| {
        let mut label = posts[0].label().clone();
        (label.restricted, label.held) = (restricted, held);
        Labeled::new(label, post("x", "secret canary"))
    };
    let (restricted, held) = (flagged(true, false), flagged(false, true));
    posts.insert(1, restricted);
    posts.insert(3, held);
    posts.insert(
        0,
        labeled(Post {
            text: None,
            title: None,
            content_warning: None,
            ..post("n", "")
        }),
    );
    let (passed, open) = door.project_documents(&posts, &[], ALL).unwrap();
    assert_eq!(passed.get().text, "text atext btext ctext d");
    assert_eq!(open.context().taken(), 7);
    let sentiment = (0..4)
        .map(|n| opinion(0.0, 0.5, 0.5, n as f32 / 10.0))
        .collect();
    let (admitted, receipt) = admit(
        &door,
        open,
        Analyses {
            sentiment,
            ..Analyses::default()
        },
    );
    let scores: Vec<_> = admitted
        .unwrap()
        .posts
        .iter()
        .map(|a| a.as_ref().map(|a| a.sentiment.unwrap().score))
        .collect();
    assert_eq!(
        scores,
        [None, Some(0.0), None, Some(0.1), None, Some(0.2), Some(0.3)]
    );
    assert_eq!(line(&receipt).restricted_skipped, 2);
}

#[test]
fn a_batch_holds_128_documents_or_256_kib() {
    let door = pack(&["post.text:redacted"]);
    let posts: Vec<_> = (0..200)
        .map(|n| labeled(post(&n.to_string(), "short")))
        .collect();
    let (passed, open) = door.project_documents(&posts, &[], ALL).unwrap();
    assert_eq!(
        (passed.get().ends.len(), open.context().taken()),
        (128, 128)
    );
    let _ = door.fail(Stopped::Time, open);
    let long = "a b ".repeat(15_000);
    let posts: Vec<_> = (0..10)
        .map(|n| labeled(post(&n.to_string(), &long)))
        .collect();
    let (passed, open) = door.project_documents(&posts, &[], ALL).unwrap();
    assert!(passed.get().text.len() <= 256 * 1024 && open.context().taken() == 4);
    let receipt = door.fail(Stopped::Trap, open);
    assert_eq!(line(&receipt).verdict, Verdict::Stopped("trap".into()));
    // One that does not fit at all is left out, so that a caller always gets on.
    let monster = labeled(post("m", &"@a ".repeat(21_800)));
    let (passed, open) = door
        .project_documents(&[&monster, &posts[0]], &[], ALL)
        .unwrap();
    assert_eq!((passed.get().ends.len(), open.context().taken()), (1, 2));
    let _ = door.fail(Stopped::Pool, open);
}

#[test]
fn targets_go_in_and_their_sentiment_comes_back() {
    let door = pack(&["post.text:redacted", "post.targets"]);
    let posts = [
        labeled(post("1", "@an nói Lumen tốt")),
        labeled(post("2", "Lumen tệ")),
    ];
    let text = "@an nói Lumen tốt";
    let lumen = text.find("Lumen").unwrap() as u32;
    let targets = [
        PostTarget {
            post: 0,
            start: lumen,
            end: lumen + 5,
        },
        PostTarget {
            post: 0,
            start: 0,
            end: 3,
        },
        PostTarget {
            post: 1,
            start: 0,
            end: 5,
        },
        PostTarget {
            post: 1,
            start: 0,
            end: 500,
        },
        PostTarget {
            post: 9,
            start: 0,
            end: 5,
        },
    ];
    let (passed, open) = door.project_documents(&posts, &targets, ALL).unwrap();
    let batch = passed.get();
    let shown: Vec<&str> = batch
        .targets
        .iter()
        .map(|t| {
            let start = t
                .document
                .checked_sub(1)
                .map_or(0, |d| batch.ends[d as usize]);
            &batch.text[(start + t.start) as usize..(start + t.end) as usize]
        })
        .collect();
    assert_eq!(shown, ["Lumen", "Lumen"]);
    let target_sentiment = vec![opinion(0.0, 0.0, 1.0, 0.9), opinion(0.0, 0.0, 1.0, -0.9)];
    let (admitted, _) = admit(
        &door,
        open,
        Analyses {
            target_sentiment,
            ..Analyses::default()
        },
    );
    let scores: Vec<_> = admitted
        .unwrap()
        .targets
        .iter()
        .map(|s| s.map(|s| s.score))
        .collect();
    assert_eq!(scores, [Some(0.9), None, Some(-0.9), None, None]);
}

#[test]
fn hp_29_numbers_are_quantised_and_unasked_answers_dropped() {
    let door = pack(&["post.text:redacted"]);
    let (_, open) = door
        .project_documents(
            &[labeled(post("1", "tốt"))],
            &[],
            Tasks {
                sentiment: true,
                ..Tasks::default()
            },
        )
        .unwrap();
    let analyses = Analyses {
        sentiment: vec![opinion(0.123_456_7, 0.2, 0.676_543_3, -0.000_001)],
        emotions: vec![Emotion {
            document: 0,
            label: EmotionLabel::Joy,
            score: 0.5,
        }],
        topics: vec![Topic {
            document: 0,
            topic: 60_000,
            score: 0.5,
        }],
        ..Analyses::default()
    };
    let (admitted, receipt) = admit(&door, open, analyses);
    let analysis = admitted.unwrap().posts.remove(0).unwrap();
    let sentiment = analysis.sentiment.unwrap();
    assert_eq!(
        (
            sentiment.negative,
            sentiment.positive,
            sentiment.score.to_bits()
        ),
        (0.12, 0.68, 0.0f32.to_bits())
    );
    assert!(analysis.emotions.is_empty() && analysis.topics.is_empty());
    assert_eq!(line(&receipt).dropped["task-not-granted"], 2);
    assert_eq!(
        line(&receipt).purposes,
        [Purpose::Analysis(Task::Sentiment)]
    );
}

#[test]
fn broken_answers_are_rejected_whole() {
    let door = pack(&["post.text:redacted"]);
    let entity = |document, start, end| Analyses {
        entities: vec![Entity {
            document,
            start,
            end,
            kind: EntityKind::Place,
            score: 0.5,
        }],
        ..Analyses::default()
    };
    let emotion = |document, score| Emotion {
        document,
        label: EmotionLabel::Joy,
        score,
    };
    let language = |code, tag: &str| Analyses {
        languages: vec![tag.into()],
        language: vec![
            LanguageGuess {
                code,
                confidence: 0.5
            };
            2
        ],
        ..Analyses::default()
    };
    let sentiments = |sentiment: Sentiment| Analyses {
        sentiment: vec![sentiment; 2],
        ..Analyses::default()
    };
    for (rule, analyses) in [
        (
            "sentiment",
            Analyses {
                sentiment: vec![opinion(0.0, 0.0, 1.0, 0.0)],
                ..Analyses::default()
            },
        ),
        ("probability", sentiments(opinion(f32::NAN, 0.5, 0.5, 0.0))),
        (
            "probability",
            sentiments(opinion(f32::INFINITY, 0.5, 0.5, 0.0)),
        ),
        ("probability", sentiments(opinion(-0.1, 0.6, 0.5, 0.0))),
        ("probability", sentiments(opinion(0.1, 0.1, 0.1, 0.0))),
        ("score", sentiments(opinion(0.0, 0.0, 1.0, 1.5))),
        ("score", sentiments(opinion(0.0, 0.0, 1.0, f32::NAN))),
        (
            "target-sentiment",
            Analyses {
                target_sentiment: vec![opinion(0.0, 0.0, 1.0, 0.0)],
                ..Analyses::default()
            },
        ),
        ("entities", entity(2, 0, 1)),
        ("span", entity(0, 0, 100)),
        ("span", entity(0, 1, 1)),
        ("span", entity(0, 2, 1)),
        ("span", entity(0, 2, 3)), // inside ố
        ("span", entity(0, 0, u32::MAX)),
        (
            "emotions",
            Analyses {
                emotions: vec![emotion(1, 0.5), emotion(0, 0.5)],
                ..Analyses::default()
            },
        ),
        (
            "emotions",
            Analyses {
                emotions: vec![emotion(0, 0.5); 9],
                ..Analyses::default()
            },
        ),
        (
            "probability",
            Analyses {
                emotions: vec![emotion(0, 1.01)],
                ..Analyses::default()
            },
        ),
        (
            "topic",
            Analyses {
                topics: vec![Topic {
                    document: 0,
                    topic: 2,
                    score: 0.5,
                }],
                ..Analyses::default()
            },
        ),
        ("language", language(1, "vi")),
        ("languages", language(0, "vi\u{202E}")),
        (
            "languages",
            Analyses {
                languages: vec!["vi".into(); 256],
                ..Analyses::default()
            },
        ),
        (
            "phrases",
            Analyses {
                phrases: vec![
                    Phrase {
                        document: 0,
                        start: 0,
                        end: 1
                    };
                    33
                ],
                ..Analyses::default()
            },
        ),
    ] {
        let (_, open) = door
            .project_documents(
                &[labeled(post("1", "tốt")), labeled(post("2", "xấu"))],
                &[],
                ALL,
            )
            .unwrap();
        let (admitted, receipt) = admit(&door, open, analyses);
        assert_eq!(admitted.unwrap_err().name(), rule);
        assert_eq!(line(&receipt).verdict, Verdict::Rejected(rule.into()));
        assert_eq!(line(&receipt).items_out, 0);
    }
}

#[test]
fn a_fault_is_neutral_and_on_the_receipt() {
    let door = pack(&["post.text:redacted"]);
    let (_, open) = door
        .project_documents(&[labeled(post("1", "tốt"))], &[], ALL)
        .unwrap();
    let fault = Fault::Permanent(format!("line\r\n\u{1b}[31m{}", "x".repeat(1000)));
    let (admitted, receipt) = door.admit_analyses(Untrusted::from_guest(Err(fault), 9), open);
    let Err(Rejection::Fault(Fault::Permanent(reason))) = admitted else {
        panic!("no fault")
    };
    assert!(reason.len() <= 256 && !reason.contains(['\r', '\n', '\u{1b}']));
    assert_eq!(line(&receipt).verdict, Verdict::Fault("permanent".into()));
}

#[test]
fn a_receipt_dropped_open_is_counted_and_becomes_a_line() {
    let door = pack(&["post.text:redacted"]);
    let (_, open) = door
        .project_documents(&[labeled(post("1", "tốt"))], &[], ALL)
        .unwrap();
    drop(open);
    assert_eq!(door.abandoned().count(), 1);
    let lines = door.abandoned().take();
    assert_eq!(line(&lines[0]).verdict, Verdict::Abandoned);
    assert_eq!(line(&lines[0]).items, 1);
    assert!(door.abandoned().take().is_empty());
    let (_, open) = door
        .project_documents(&[labeled(post("1", "tốt"))], &[], ALL)
        .unwrap();
    let _ = door.fail(Stopped::Memory, open);
    assert_eq!(door.abandoned().count(), 1);
}

#[test]
fn without_contract_purpose_or_posts_there_is_no_call() {
    let door = pack(&["post.text:redacted"]);
    let none: [Labeled<Post>; 0] = [];
    assert!(matches!(
        door.project_documents(&none, &[], ALL),
        Err(ProjectError::Nothing(_))
    ));
    let only = Tasks {
        translation: true,
        ..Tasks::default()
    };
    assert!(matches!(
        door.project_documents(&[labeled(post("1", "x"))], &[], only),
        Err(ProjectError::NoPurpose { .. })
    ));
    let other = Door::new(spec("acme/vi", Kind::LanguagePack, vec![])).unwrap();
    assert!(matches!(
        other.project_documents(&[labeled(post("1", "x"))], &[], ALL),
        Err(ProjectError::NoContract { .. })
    ));
    assert!(matches!(
        door.project_finish(),
        Err(ProjectError::WrongKind { .. })
    ));
}

proptest! {
    /// Non-interference: what is outside the contract changes no byte of what the pack gets.
    #[test]
    fn fields_outside_the_contract_change_nothing(id in "[a-z0-9]{1,8}", handle in "[a-z]{1,8}", title in "\\PC{0,20}", likes: u64, created in 0..i64::from(u32::MAX), country in "[A-Z]{2}") {
        let door = pack(&["post.text:redacted", "post.lang"]);
        let one = post("1", "Lumen tốt @an");
        let mut two = one.clone();
        two.native_id = id;
        two.author.as_mut().unwrap().handle = Some(handle);
        two.title = Some(title);
        two.engagement.as_mut().unwrap().likes = Some(likes);
        two.created = Some(isocial_model::Instant(created));
        two.country = Some(country);
        two.url = None;
        let project = |post: Post| {
            let (passed, open) = door.project_documents(&[labeled(post)], &[], ALL).unwrap();
            let receipt = door.fail(Stopped::Trap, open);
            (passed.into_guest(), line(&receipt).commitment.clone())
        };
        prop_assert_eq!(project(one), project(two));
    }

    /// Whatever a pack answers, admission neither panics nor lets a span out that is none of the post's text.
    #[test]
    fn no_answer_breaks_admission(spans in proptest::collection::vec((0u32..3, 0u32..60, 0u32..60), 0..10), text in "\\PC{0,30}") {
        let door = pack(&["post.text:redacted", "post.title:redacted"]);
        let posts = [labeled(post("1", &text)), labeled(post("2", "@an x an@example.vn y"))];
        let (_, open) = door.project_documents(&posts, &[], ALL).unwrap();
        let mut entities: Vec<_> = spans.iter().map(|(document, start, end)| Entity { document: *document, start: *start, end: *end, kind: EntityKind::Other, score: 1.0 }).collect();
        entities.sort_by_key(|e| e.document);
        let (admitted, _) = admit(&door, open, Analyses { entities, ..Analyses::default() });
        if let Ok(admitted) = admitted {
            for (post, analysis) in posts.iter().zip(&admitted.posts) {
                let own = post.open(Opening::Gate).text.as_deref().unwrap();
                for (_, start, end, _) in analysis.iter().flat_map(|a| &a.entities) {
                    prop_assert!(own.get(*start as usize..*end as usize).is_some());
                }
            }
        }
    }
}
