//! Non-interference: what a post holds outside the effective contract changes no byte that a plugin gets.

use isocial_model::{
    Instant, Kind, Purpose, Task,
    channel::Severity,
    contract::{Contract, Rights},
    language::Tasks,
    post::{Attribute, Post},
};
use proptest::prelude::*;

use super::arbitrary::{analysis, outside, post, text, within};
use crate::{
    Door, ExportRow, NoticeDraft, ceiling,
    fixtures::{contract, door, labeled},
    policy,
};

const TASKS: Tasks = Tasks {
    language: true,
    sentiment: true,
    emotions: true,
    entities: true,
    topics: true,
    translation: false,
};

/// A contract that asks for exactly these rights.
fn asking(function: &str, purpose: &str, rights: Rights) -> Contract {
    let mut contract = contract(function, &[purpose], &[]);
    contract.input = rights;
    contract
}

fn pack(rights: Rights) -> Door {
    let contract = asking("analyze", "analysis/sentiment", rights);
    door("acme/vi", Kind::LanguagePack, vec![contract])
}

fn rights_of(kind: Kind, purpose: Purpose) -> impl Strategy<Value = Rights> {
    within(ceiling::of(kind, purpose))
}

/// Two posts that differ in everything that the rights do not show, for a network whose own rules narrow them further.
fn pair(rights: &Rights, network: &str, post: &Post, noise: &Post) -> (Post, Post) {
    let left = rights.narrow(&policy::pack(network).given);
    (post.clone(), outside(&left, post, noise))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_language_pack_gets_the_same_bytes(
        rights in rights_of(Kind::LanguagePack, Purpose::Analysis(Task::Sentiment)),
        known in post("sample"), noise in post("sample"),
        foreign in post("nowhere"), other in post("nowhere"),
    ) {
        let pack = pack(rights.clone());
        let (a, b) = pair(&rights, "sample", &known, &noise);
        let (c, d) = pair(&rights, "nowhere", &foreign, &other);
        let given = |posts: [Post; 2]| {
            let posts = posts.map(labeled);
            pack.project_documents(&posts, &[], TASKS).map(|(passed, open)| {
                drop(open);
                passed.into_guest()
            })
        };
        let one = given([a, c]);
        let two = given([b, d]);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn a_detail_of_the_same_kind_in_another_value_is_the_same_to_a_pack(before in "[a-zà-ỹ ]{0,20}", after in "[a-zà-ỹ ]{0,20}", a in "[a-z]{2,8}", b in "[a-z]{2,8}") {
        let rights = Rights::parse(&["post.text:redacted"]).unwrap();
        let pack = pack(rights);
        let given = |name: &str| {
            let post = Post { text: Some(format!("{before} {name}@mail.example {after}")), ..crate::fixtures::post("x", "") };
            let (passed, open) = pack.project_documents(&[labeled(post)], &[], TASKS).unwrap();
            drop(open);
            passed.into_guest()
        };
        prop_assert_eq!(given(&a), given(&b));
    }

    #[test]
    fn an_export_gets_the_same_bytes(
        rights in rights_of(Kind::ExportFormat, Purpose::Export),
        known in post("sample"), noise in post("sample"),
        foreign in post("nowhere"), other in post("nowhere"),
        read in analysis(), misread in analysis(),
        mention in "[a-z]{4}", monitor in text(), name in text(),
    ) {
        let export = door("acme/csv", Kind::ExportFormat, vec![asking("writer", "export", rights.clone())]);
        let columns = export.columns();
        prop_assume!(!columns.is_empty());
        let (a, b) = pair(&rights, "sample", &known, &noise);
        let (c, d) = pair(&rights, "nowhere", &foreign, &other);
        let mut unread = read.clone();
        for (path, take) in [
            ("analysis.language", (|to, from| to.language = from.language) as fn(&mut isocial_model::language::Analysis, isocial_model::language::Analysis)),
            ("analysis.sentiment", |to, from| to.sentiment = from.sentiment),
            ("analysis.emotions", |to, from| to.emotions = from.emotions),
            ("analysis.entities", |to, from| to.entities = from.entities),
            ("analysis.topics", |to, from| to.topics = from.topics),
        ] {
            if !rights.has(path) {
                take(&mut unread, misread.clone());
            }
        }
        let own = |has: bool, one: &str, two: &str| if has { one.to_owned() } else { two.to_owned() };
        let given = |posts: [Post; 2], analysis, mention: &str, monitor: &str| {
            let posts = posts.map(labeled);
            let rows: Vec<_> = posts.iter().map(|post| ExportRow { post, analysis: Some(analysis), mention, monitor }).collect();
            let (passed, open) = export.project_rows(&columns, &rows).unwrap();
            drop(open);
            passed.into_guest()
        };
        let one = given([a, c], &read, &mention, &monitor);
        let other_mention = own(rights.has("mention.id"), &mention, "another");
        let other_monitor = own(rights.has("mention.monitor"), &monitor, &name);
        let two = given([b, d], &unread, &other_mention, &other_monitor);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn a_channel_gets_the_same_bytes(
        rights in rights_of(Kind::AlertChannel, Purpose::Alerting),
        shown in post("sample"), noise in post("sample"),
        rule in text(), monitor in text(), other in text(),
        counts in (any::<u64>(), any::<u64>()), times in (0..i64::from(u32::MAX), 0..i64::from(u32::MAX)),
    ) {
        let channel = door("acme/hook", Kind::AlertChannel, vec![asking("compose", "alerting", rights.clone())]);
        let draft = NoticeDraft {
            idempotency_key: "inc_1:ins_1".into(),
            attempt: 1,
            rule,
            monitor,
            severity: Severity::Critical,
            event: "spike".into(),
            count: counts.0,
            expected: Some(1.5),
            start: Instant(times.0),
            end: Instant(times.1),
            link: "https://track.example/incidents/1".into(),
            attributes: vec![Attribute { key: "board".into(), value: "b".into() }],
        };
        let mut changed = draft.clone();
        if !rights.has("notice.rule") { changed.rule.clone_from(&other); }
        if !rights.has("notice.monitor") { changed.monitor = other; }
        if !rights.has("notice.severity") { changed.severity = Severity::Info; }
        if !rights.has("notice.count") { (changed.count, changed.expected) = (counts.1, None); }
        if !rights.has("notice.link") { changed.link = "https://track.example/incidents/2".into(); }
        for (time, drawn) in [(&mut changed.start, times.1), (&mut changed.end, times.0)] {
            *time = if rights.has("notice.time") { time.floor(Instant::MINUTE_MS).plus_ms(drawn % Instant::MINUTE_MS) } else { Instant(drawn) };
        }
        // An excerpt is a post's text, or its title where it has none; nothing else of it.
        let seen = Rights::parse(&["post.text:raw", "post.title:raw"]).unwrap();
        let excerpt = if rights.has("notice.excerpts") { outside(&seen, &shown, &noise) } else { noise.clone() };
        let destination = |has: bool| if has { r#"{"url":"https://hooks.example.com/a"}"# } else { r#"{"url":"https://hooks.example.com/b"}"# };
        let given = |draft: &NoticeDraft, post: Post, destination: &str| {
            let (passed, open) = channel.project_notice(draft, &[labeled(post)], destination).unwrap();
            drop(open);
            passed.into_guest()
        };
        let one = given(&draft, shown, destination(true));
        let two = given(&changed, excerpt, destination(rights.has("destination.config")));
        prop_assert_eq!(one, two);
    }
}
