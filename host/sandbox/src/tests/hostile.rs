//! Guests that mean harm: each is stopped with its reason, and the next call is as good as ever.

use std::time::{Duration, Instant};

use isocial_model::{
    Instant as Time,
    export::{Cell, Options},
    language::{Analyses, Batch},
};

use super::{guests, load, sandbox, small};
use crate::{LogLevel, Plugin, Sandbox, SandboxConfig, Stop};

fn batch(text: &str) -> Batch {
    Batch {
        text: text.into(),
        ends: vec![text.len() as u32],
        ..Batch::default()
    }
}

fn why(plugin: &Plugin) -> Stop {
    plugin
        .read(batch("a text"))
        .outcome
        .expect_err("the call should have been stopped")
        .why
}

fn analyses(plugin: &Plugin, text: &str) -> Analyses {
    plugin.read(batch(text)).outcome.unwrap().value.unwrap()
}

#[test]
fn hp_09_an_infinite_loop_ends_at_its_budget() {
    let plugin = load(&guests::pack("(loop $l (br $l))"));
    let began = Instant::now();
    assert_eq!(why(&plugin), Stop::Time);
    let took = began.elapsed();
    println!(
        "a loop with a budget of 200 ms ended after {} ms",
        took.as_millis()
    );
    assert!(
        took >= Duration::from_millis(190) && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[test]
fn hp_09_a_loop_costs_others_nothing_but_time() {
    let sandbox = sandbox();
    let spin = sandbox.load(&guests::pack("(loop $l (br $l))")).unwrap();
    let echo = sandbox.load(&guests::echo()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(why(&spin), Stop::Time));
        }
        for n in 0..100 {
            assert_eq!(analyses(&echo, &n.to_string()).languages, [n.to_string()]);
        }
    });
}

#[test]
fn hp_10_a_memory_bomb_is_denied_and_named() {
    let bomb = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))";
    // It gives up as allocators do, or goes on with what it has: the host never gave more than the limit.
    assert_eq!(
        why(&load(&guests::pack(&format!("{bomb} unreachable")))),
        Stop::Memory
    );
    let modest = load(&guests::pack(&format!(
        "{bomb} (if (i32.gt_u (memory.size) (i32.const 64)) (then (loop $l (br $l))))"
    )));
    assert_eq!(analyses(&modest, "a").languages, [""; 0]);
}

#[test]
fn hp_11_tables_and_handles_are_denied() {
    let grow = "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable";
    assert_eq!(
        why(&load(&guests::pack_with(grow, "(table $t 1 funcref)"))),
        Stop::Memory
    );

    let handles = guests::writer(
        "(loop $l (drop (call $new (i32.const 1))) (br $l)) (i32.const 0)",
        "",
        "",
    );
    let (writer, _) = load(&handles).begin(start());
    assert_eq!(writer.unwrap_err().why, Stop::Trap);
}

#[test]
fn hp_12_deep_recursion_is_a_stack_and_not_a_crash() {
    let plugin = load(&guests::pack_with(
        "(drop (call $deep (i32.const 0)))",
        "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))",
    ));
    assert_eq!(why(&plugin), Stop::Stack);
    assert_eq!(why(&plugin), Stop::Stack);
}

#[test]
fn hp_13_huge_answers_are_refused_before_they_are_copied() {
    // 500,000 sentiments of 4 bytes, all inside the guest's memory: more than its output may be.
    let list = "(drop (memory.grow (i32.const 40))) (i32.store (i32.const 1040) (i32.const 65536))";
    let many = |n: u32| {
        guests::pack(&format!(
            "{list} (i32.store (i32.const 1044) (i32.const {n})) (i32.store (i32.const 1052) (i32.const {n}))"
        ))
    };
    assert_eq!(analyses(&load(&many(1_000)), "a").sentiment.len(), 1_000);
    assert_eq!(why(&load(&many(500_000))), Stop::Output);
    // Ten million, and a text of one gigabyte, are not even in its memory.
    assert_eq!(why(&load(&many(10_000_000))), Stop::Output);
    let gigabyte = "(i32.store (i32.const 1036) (i32.const 0x40000000))";
    assert_eq!(why(&load(&guests::pack(gigabyte))), Stop::Output);
}

#[test]
fn hp_14_values_that_are_none_are_refused() {
    let text =
        "(i32.store (i32.const 1032) (i32.const 3000)) (i32.store (i32.const 1036) (i32.const 3))";
    // A lone surrogate (U+D800) as UTF-8 would have it, and a bare continuation byte.
    for bytes in ["0x80a0ed", "0x808080"] {
        assert_eq!(
            why(&load(&guests::pack(&format!(
                "{text} (i32.store (i32.const 3000) (i32.const {bytes}))"
            )))),
            Stop::Output
        );
    }
    // A result that is neither ok nor error, an answer outside memory.
    assert_eq!(
        why(&load(&guests::pack(
            "(i32.store8 (i32.const 1024) (i32.const 7))"
        ))),
        Stop::Output
    );
    assert_eq!(
        why(&load(&guests::pack("(return (i32.const 0x7ffffff0))"))),
        Stop::Output
    );
}

#[test]
fn hp_14_numbers_that_the_layout_does_not_have_are_refused() {
    // One number at 4096; counts of the runs; what of the answer remains.
    let answer = |number: u32, counts: &str| {
        load(&guests::pack(&format!(
            "(i32.store (i32.const 1040) (i32.const 4096)) (i32.store (i32.const 1044) (i32.const 1))
             (i32.store (i32.const 4096) (i32.const {number})) {counts}"
        )))
    };
    let count = |at: u32, n: u32| format!("(i32.store (i32.const {at}) (i32.const {n}))");
    let emotion = |label: u32| label << 15;
    assert_eq!(
        analyses(&answer(emotion(9), &count(1060, 1)), "a").emotions[0].label,
        isocial_model::language::EmotionLabel::Trust
    );
    for (number, counts) in [
        // A label that does not exist; bits above the last field.
        (emotion(10), count(1060, 1)),
        (emotion(9) | 1 << 19, count(1060, 1)),
        (1 << 31, count(1052, 1)),
        // More than there is, and fewer; so many that the count of numbers overflows.
        (0, count(1052, 2)),
        (0, String::new()),
        (0, count(1068, 1)),
        (0, count(1068, u32::MAX)),
    ] {
        assert_eq!(
            why(&answer(number, &counts)),
            Stop::Output,
            "{number} {counts}"
        );
    }
}

#[test]
fn hp_14_hp_15_log_lines_are_few_short_and_single() {
    let flood = "(local $n i32)
        (loop $l
          (call $log (i32.const 2) (i32.const 0) (i32.const 5000))
          (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))";
    let plugin = load(&guests::pack(flood));
    let called = plugin.read(batch("a"));
    assert!(called.outcome.is_ok());
    assert_eq!((called.log.lines.len(), called.log.dropped), (64, 936));
    for line in &called.log.lines {
        assert_eq!(line.level, LogLevel::Warn);
        assert!(
            line.text.len() <= 1_024 && !line.text.contains(char::is_control),
            "{} bytes",
            line.text.len()
        );
    }
    // The next call begins with an empty log.
    assert_eq!(plugin.read(batch("a")).log.lines.len(), 64);
}

#[test]
fn what_a_guest_said_before_it_died_is_kept() {
    let last_words = "(call $log (i32.const 3) (i32.const 6000) (i32.const 9)) unreachable";
    let called = load(&guests::pack_with(
        last_words,
        r#"(data (i32.const 6000) "panicked!")"#,
    ))
    .read(batch("a"));
    assert_eq!(called.outcome.unwrap_err().why, Stop::Trap);
    assert_eq!(
        (called.log.lines[0].level, called.log.lines[0].text.as_str()),
        (LogLevel::Error, "panicked!")
    );
}

#[test]
fn a_log_line_outside_memory_or_of_no_level_is_a_trap() {
    assert_eq!(
        why(&load(&guests::pack(
            "(call $log (i32.const 0) (i32.const 0x7fffffff) (i32.const 100))"
        ))),
        Stop::Trap
    );
    assert_eq!(
        why(&load(&guests::pack(
            "(call $log (i32.const 77) (i32.const 0) (i32.const 1))"
        ))),
        Stop::Trap
    );
}

#[test]
fn a_trap_is_a_trap_and_the_error_quotes_nobody() {
    let plugin = load(&guests::pack("unreachable"));
    let error = plugin.read(batch("seeded-canary")).outcome.unwrap_err();
    assert_eq!(error.why, Stop::Trap);
    assert_eq!(
        error.to_string(),
        format!("plugin {} was stopped: it trapped", &plugin.digest()[..16])
    );
    assert_eq!(
        why(&load(&guests::pack("(drop (i32.load (i32.const -4)))"))),
        Stop::Trap
    );
    assert_eq!(
        why(&load(&guests::pack(
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))"
        ))),
        Stop::Trap
    );
}

#[test]
fn hp_31_nothing_survives_from_one_call_to_the_next() {
    // It answers what it finds in its memory and leaves its text there, for the next call in the same place of the pool.
    let guest = guests::pack_with(
        "(i32.store (i32.const 1032) (i32.const 5000)) (i32.store (i32.const 1036) (i32.add (global.get $kept) (i32.const 32)))
         (if (i32.eqz (local.get $len)) (then (return (i32.const 1024))))
         (memory.copy (i32.const 5000) (local.get $text) (local.get $len))
         (memory.copy (i32.const 60000) (local.get $text) (local.get $len))
         (global.set $kept (local.get $len))
         (i32.store (i32.const 1036) (i32.const 0))",
        "(global $kept (mut i32) (i32.const 0))",
    );
    let plugin = load(&guest);
    for _ in 0..10_000 {
        let _ = analyses(&plugin, "seeded-canary");
        assert_eq!(analyses(&plugin, "").languages, ["\0".repeat(32)]);
    }
    assert_eq!(plugin.calls(), 20_000);
}

#[test]
fn a_full_pool_is_waited_for_and_then_named() {
    let writer = guests::writer("(call $new (i32.const 1))", "", "");
    let sandbox = Sandbox::new(
        SandboxConfig {
            pool: 2,
            pool_wait_ms: 20,
            ..small()
        },
        super::key(),
    )
    .unwrap();
    let (plugin, echo) = (
        sandbox.load(&writer).unwrap(),
        sandbox.load(&guests::echo()).unwrap(),
    );
    let first = plugin.begin(start()).0.unwrap();
    let second = plugin.begin(start()).0.unwrap();
    assert_eq!(why(&echo), Stop::Pool);
    drop(first);
    assert_eq!(analyses(&echo, "again").languages, ["again"]);
    drop(second);
    // More callers than places: all of them get their turn.
    let sandbox = Sandbox::new(SandboxConfig { pool: 2, ..small() }, super::key()).unwrap();
    let echo = sandbox.load(&guests::echo()).unwrap();
    std::thread::scope(|scope| {
        for n in 0..16 {
            let echo = echo.clone();
            scope.spawn(move || {
                assert_eq!(analyses(&echo, &n.to_string()).languages, [n.to_string()]);
            });
        }
    });
}

#[test]
fn a_writer_that_was_stopped_has_ended() {
    // It loops at the third chunk.
    let guest = guests::writer(
        "(call $new (i32.const 1))",
        "(global.set $chunks (i32.add (global.get $chunks) (i32.const 1)))
         (if (i32.eq (global.get $chunks) (i32.const 3)) (then (loop $l (br $l))))
         (i32.store (i32.const 1032) (i32.const 7000)) (i32.store (i32.const 1036) (local.get $count))",
        "",
    );
    let plugin = load(&guest);
    let mut writer = plugin.begin(start()).0.unwrap();
    let rows = || vec![vec![Cell::Text("a".into()), Cell::Absent]; 3];
    for _ in 0..2 {
        assert_eq!(
            writer.rows(rows()).outcome.unwrap().value.unwrap(),
            [0, 0, 0]
        );
    }
    assert_eq!(writer.rows(rows()).outcome.unwrap_err().why, Stop::Time);
    assert_eq!(writer.rows(rows()).outcome.unwrap_err().why, Stop::Ended);
    assert_eq!(writer.end().outcome.unwrap_err().why, Stop::Ended);
    assert_eq!(plugin.calls(), 6);
}

fn start() -> isocial_gate::WriterStart {
    isocial_gate::WriterStart {
        columns: Vec::new(),
        options: Options {
            title: "Weekly".into(),
            now: Time(0),
            config: "{}".into(),
        },
    }
}
