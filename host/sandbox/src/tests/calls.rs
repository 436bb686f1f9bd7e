//! Calls that go well.

use std::time::Duration;

use isocial_model::{
    connector::{
        Budget, ComeBack, ConnectorAnswer, ConnectorCall, Fault, Job, Method, Outcome, Page, Place,
        QueryPlan, Request, TaskItem,
    },
    language::{Batch, Tasks},
    post::{Change, PostKey},
};

use super::{guests, load};
use crate::Stop;

fn job() -> Job {
    Job {
        plan: QueryPlan::default(),
        config: "{}".into(),
        state: None,
        budget: Budget {
            items: 100,
            requests: 4,
        },
        now: isocial_model::Instant(0),
        since: None,
    }
}

#[test]
fn text_crosses_both_ways_and_is_weighed() {
    let text = "Phở ngon quá 🍜 — 0123456789".repeat(1_000);
    let plugin = load(&guests::echo());
    let batch = Batch {
        ends: vec![text.len() as u32],
        hints: vec!["vi".into(), "en".into()],
        hint: vec![0],
        days: vec![20_000],
        text: text.clone(),
        tasks: Tasks {
            sentiment: true,
            topics: true,
            ..Tasks::default()
        },
        ..Batch::default()
    };
    let answer = plugin.read(batch).outcome.unwrap();
    // The hints stand behind the texts.
    assert_eq!(answer.bytes, text.len() as u64 + 4);
    assert_eq!(answer.value.unwrap().languages, [text + "vien"]);
}

#[test]
fn the_tasks_that_are_asked_for_are_the_tasks_that_arrive() {
    // Answers as many sentiments as the flags say as a number.
    let plugin = load(&guests::wrap(
        guests::world("language-plugin"),
        guests::module(
            r#"(func (export "isocial:plugin/language-pack@0.1.0#analyze")
                 (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (param $tasks i32) (result i32)
                 (i32.store (i32.const 1040) (i32.const 16384)) (i32.store (i32.const 1044) (local.get $tasks))
                 (i32.store (i32.const 1052) (local.get $tasks))
                 (i32.const 1024))"#,
        ),
    ));
    for (tasks, flags) in [
        (Tasks::default(), 0),
        (
            Tasks {
                language: true,
                ..Tasks::default()
            },
            1,
        ),
        (
            Tasks {
                sentiment: true,
                ..Tasks::default()
            },
            2,
        ),
        (
            Tasks {
                emotions: true,
                ..Tasks::default()
            },
            4,
        ),
        (
            Tasks {
                entities: true,
                ..Tasks::default()
            },
            8,
        ),
        (
            Tasks {
                topics: true,
                ..Tasks::default()
            },
            16,
        ),
        (
            Tasks {
                translation: true,
                ..Tasks::default()
            },
            32,
        ),
    ] {
        let answer = plugin
            .read(Batch {
                tasks,
                ..Batch::default()
            })
            .outcome
            .unwrap();
        assert_eq!(answer.value.unwrap().sentiment.len(), flags, "{tasks:?}");
    }
}

#[test]
fn a_packs_own_fault_is_an_answer() {
    // result: error; fault: `permanent` (case 7) with a text.
    let plugin = load(&guests::pack_with(
        "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1032) (i32.const 7))
         (i32.store (i32.const 1040) (i32.const 6000)) (i32.store (i32.const 1044) (i32.const 8))",
        r#"(data (i32.const 6000) "no model")"#,
    ));
    let answer = plugin.read(Batch::default()).outcome.unwrap();
    assert_eq!(answer.value, Err(Fault::Permanent("no model".into())));
    assert_eq!(answer.bytes, 8);
}

/// A connector whose `next` has this body; its answer is at 1024. The other functions are `unreachable`.
fn connector(body: &str, data: &str) -> Vec<u8> {
    let interface = "isocial:plugin/connector@0.1.0#";
    // More than 16 flat parameters arrive as one address.
    let other = |name: &str, params: &str| {
        format!(r#"(func (export "{interface}{name}") (param {params}) (result i32) unreachable)"#)
    };
    let rest = format!(
        r#"(func (export "{interface}next") (param $args i32) (result i32) {body} (i32.const 1024)) {} {} {} {data}"#,
        other("respond", "i32"),
        other("check", "i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i64"),
        other(
            "checked",
            "i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i64 i32 i32"
        ),
    );
    guests::wrap(guests::world("connector-plugin"), guests::module(&rest))
}

fn next(body: &str, data: &str) -> (ConnectorAnswer, u64) {
    let plugin = load(&connector(body, data));
    let task = TaskItem {
        key: "thread".into(),
        payload: vec![1, 2],
        due: Some(isocial_model::Instant(5)),
    };
    let answer = plugin
        .connect(ConnectorCall::Next {
            job: job(),
            place: Place::Task(task),
        })
        .outcome
        .unwrap();
    (answer.value, answer.bytes)
}

#[test]
fn a_connector_asks_for_requests() {
    let (answer, bytes) = next(
        // outcome: again; one request at 3000; scratch
        "(i32.store8 (i32.const 1032) (i32.const 1))
         (i32.store (i32.const 1040) (i32.const 3000)) (i32.store (i32.const 1044) (i32.const 1))
         (i32.store (i32.const 1048) (i32.const 6000)) (i32.store (i32.const 1052) (i32.const 5))
         (i32.store8 (i32.const 3000) (i32.const 2))
         (i32.store (i32.const 3004) (i32.const 6005)) (i32.store (i32.const 3008) (i32.const 15))
         (i32.store8 (i32.const 3032) (i32.const 1))
         (i32.store (i32.const 3036) (i32.const 6000)) (i32.store (i32.const 3040) (i32.const 3))",
        r#"(data (i32.const 6000) "tokenhttps://a.test/")"#,
    );
    let request = Request {
        method: Method::Post,
        url: "https://a.test/".into(),
        headers: vec![],
        body: None,
        credential: Some("tok".into()),
    };
    let again = Outcome::Again {
        requests: vec![request],
        scratch: b"token".to_vec(),
    };
    assert_eq!(
        (answer, bytes),
        (ConnectorAnswer::Outcome(again), 15 + 3 + 5)
    );
}

#[test]
fn a_connector_answers_a_page_and_is_given_its_task() {
    let (answer, _) = next(
        // The task's key, from the arguments (place: discriminant at 64, key at 72), becomes the deleted post's native id.
        "(i32.store (i32.const 1040) (i32.const 3000)) (i32.store (i32.const 1044) (i32.const 1))
         (i32.store8 (i32.const 3000) (i32.const 1))
         (i32.store (i32.const 3008) (i32.const 6000)) (i32.store (i32.const 3012) (i32.const 4))
         (i32.store (i32.const 3016) (i32.load (i32.add (local.get $args) (i32.const 72))))
         (i32.store (i32.const 3020) (i32.load (i32.add (local.get $args) (i32.const 76))))
         (i32.store8 (i32.const 1048) (i32.const 1))
         (i32.store (i32.const 1052) (i32.const 6000)) (i32.store (i32.const 1056) (i32.const 2))
         (i32.store8 (i32.const 1080) (i32.const 1)) (i32.store (i32.const 1084) (i32.const 60))
         (i32.store (i32.const 1120) (i32.const 3))",
        r#"(data (i32.const 6000) "tide")"#,
    );
    let page = Page {
        changes: vec![Change::Delete(PostKey {
            network: "tide".into(),
            native_id: "thread".into(),
        })],
        cursor: Some(b"ti".to_vec()),
        tasks: vec![],
        state: None,
        next: ComeBack::After(60),
        seen: None,
        rejected: 3,
    };
    assert_eq!(answer, ConnectorAnswer::Outcome(Outcome::Page(page)));
}

#[test]
fn a_call_of_the_wrong_kind_and_a_missing_ability_are_named_and_counted() {
    let pack = load(&guests::echo());
    assert_eq!(
        pack.connect(ConnectorCall::Check { job: job() })
            .outcome
            .unwrap_err()
            .why,
        Stop::Kind
    );
    assert_eq!(pack.calls(), 1);
    let plugin = load(&guests::dummy(guests::world("connector-plugin")));
    assert_eq!(
        plugin
            .connect(ConnectorCall::Ask {
                job: job(),
                refs: vec![]
            })
            .outcome
            .unwrap_err()
            .why,
        Stop::Missing("ask")
    );
    assert_eq!(
        plugin
            .connect(ConnectorCall::Next {
                job: job(),
                place: Place::Cursor(None)
            })
            .outcome
            .unwrap_err()
            .why,
        Stop::Trap
    );
    assert_eq!(plugin.calls(), 2);
}

#[test]
fn what_a_call_costs() {
    let plugin = load(&guests::echo());
    // The best of many short rounds: on a busy machine the rest measures the others.
    let rounds: Vec<_> = (0..100).map(|_| plugin.bench(200).unwrap()).collect();
    let best =
        |of: fn(&crate::BenchTimes) -> Duration| rounds.iter().map(of).min().unwrap().as_nanos();
    let (instantiate, fresh, empty) = (
        best(|t| t.instantiate),
        best(|t| t.fresh_call),
        best(|t| t.empty_call),
    );
    println!("instantiate {instantiate} ns, fresh call {fresh} ns, empty call {empty} ns");
    assert!(empty < fresh, "an instance costs more than a call");
}
