//! What one call leaves behind must not be found by the next one in the same place of the pool, whoever makes it (HP-31).
//!
//! The guests leave a canary wherever a guest can: all over their memory, in pages that they have grown, in a global, in their table.
//! Before that each looks at all of these places and says whether it found any of them as it must not be.

use std::sync::atomic::{AtomicU64, Ordering};

use isocial_model::language::Batch;

use super::{guests, key, small};
use crate::{Executor, Limits, Plugin, Sandbox, SandboxConfig, Turn};

/// A guest with its own data at this place, that grows its memory by so many pages.
fn guest(data: u32, pages: u32) -> Vec<u8> {
    let body = format!(
        r"(local $at i32) (local $seen i64) (local $end i32)
        (local.set $end (i32.mul (memory.size) (i32.const 65536)))
        (local.set $at (i32.const 16384))
        (loop $look
          (if (i32.ne (local.get $at) (i32.const {data}))
            (then (local.set $seen (i64.or (local.get $seen) (i64.load (local.get $at)))))
            (else (if (i64.ne (i64.load (local.get $at)) (i64.const 0x6e776f2073746920)) (then (local.set $seen (i64.const 1))))))
          (br_if $look (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
        (if (i32.ne (memory.size) (i32.const 1)) (then (local.set $seen (i64.const 1))))
        (if (global.get $kept) (then (local.set $seen (i64.const 1))))
        (if (i32.eqz (ref.is_null (table.get $t (i32.const 3)))) (then (local.set $seen (i64.const 1))))
        (if (i64.ne (local.get $seen) (i64.const 0))
          (then (i32.store (i32.const 1032) (i32.const 2048)) (i32.store (i32.const 1036) (i32.const 1))))
        (drop (memory.grow (i32.const {pages})))
        (memory.fill (i32.const 16384) (i32.const 0x5a) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 16384)))
        (memory.copy (i32.const 20000) (local.get $text) (local.get $len))
        (global.set $kept (i32.const 0x5a5a5a5a))
        (table.set $t (i32.const 3) (ref.func $left))"
    );
    let fields = format!(
        r#"(global $kept (mut i32) (i32.const 0)) (table $t 8 funcref) (elem declare func $left) (func $left)
           (data (i32.const {data}) " its own")"#
    );
    guests::pack_with(&body, &fields)
}

/// Calls of three plugins by two organisations, mixed over all threads and places; how many of them found something.
fn found(cycles: u64) -> u64 {
    let config = SandboxConfig {
        language_pack: Limits {
            memory_bytes: 2 << 20,
            time_ms: 2_000,
            wall_ms: 60_000,
            ..small().language_pack
        },
        // Fewer places than threads: each is used again and again, by whoever comes.
        pool: 3,
        ..small()
    };
    let sandbox = Sandbox::new(config, key()).unwrap();
    let plugins: Vec<Plugin> = [(24_576, 0), (40_960, 0), (32_768, 1)]
        .into_iter()
        .map(|(data, pages)| sandbox.load(&guest(data, pages)).unwrap())
        .collect();
    let executor = Executor::new(4).unwrap();
    let bad = std::sync::Arc::new(AtomicU64::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        // One piece of work is many calls, so that the queue is no part of what this costs.
        const CALLS: u64 = 500;
        let mut all = Vec::new();
        for n in 0..cycles / CALLS {
            let plugins = plugins.clone();
            let bad = std::sync::Arc::clone(&bad);
            let turn = Turn {
                org: n % 2,
                plugin: None,
            };
            all.push(executor.run(turn, move || {
                for plugin in plugins
                    .iter()
                    .cycle()
                    .skip(n as usize % 3)
                    .take(CALLS as usize)
                {
                    let text = format!("canary of organisation {}", n % 2);
                    let batch = Batch {
                        ends: vec![text.len() as u32],
                        text,
                        ..Batch::default()
                    };
                    match plugin.read(batch).outcome {
                        Ok(answer)
                            if answer.value.as_ref().is_ok_and(|a| a.languages.is_empty()) => {}
                        _ => {
                            bad.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }));
        }
        for work in all {
            work.await.unwrap();
        }
    });
    let calls: u64 = plugins.iter().map(Plugin::calls).sum();
    assert_eq!(calls, cycles / 500 * 500);
    bad.load(Ordering::Relaxed)
}

#[test]
fn hp_31_nothing_of_a_call_is_found_by_another_plugins_or_organisations_call_in_a_million() {
    assert_eq!(found(1_000_000), 0);
}

#[test]
fn hp_31_the_canary_is_one_that_would_be_found() {
    // The same looks at an instance that lives on: everything that the first call has left is there. Otherwise the test above shows nothing.
    let sandbox = Sandbox::new(small(), key()).unwrap();
    let plugin = sandbox.load(&guest(24_576, 1)).unwrap();
    let batch = || Batch {
        text: "a".into(),
        ends: vec![1],
        ..Batch::default()
    };
    assert_eq!(plugin.read_twice(batch(), batch()), [0, 1]);
}
