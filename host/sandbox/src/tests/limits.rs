//! Each limit, by kind: what is configured is what holds, and no plugin can raise it.

use isocial_model::{Kind, language::Batch};

use super::{guests, key, small};
use crate::{Limits, LoadError, Sandbox, SandboxConfig, Stop};

fn with(limits: Limits) -> Sandbox {
    let config = SandboxConfig {
        language_pack: limits,
        ..small()
    };
    Sandbox::new(config, key()).unwrap()
}

fn stop(sandbox: &Sandbox, component: &[u8]) -> Option<Stop> {
    let batch = Batch {
        text: "a".into(),
        ends: vec![1],
        ..Batch::default()
    };
    sandbox
        .load(component)
        .unwrap()
        .read(batch)
        .outcome
        .err()
        .map(|e| e.why)
}

#[test]
fn every_kind_has_limits_of_its_own_and_each_is_a_bound() {
    let config = SandboxConfig::default();
    for kind in Kind::ALL {
        let limits = config.limits(kind);
        assert!(limits.memory_bytes <= 256 << 20, "{kind}");
        assert!(
            limits.time_ms <= 2_000 && limits.wall_ms <= limits.time_ms + 25,
            "{kind}"
        );
        assert!(limits.output_bytes <= 8 << 20, "{kind}");
        assert!(
            limits.table_elements <= 40_000 && limits.instances <= 32,
            "{kind}"
        );
        assert!(limits.handles <= 64 && limits.log_lines <= 64, "{kind}");
    }
}

#[test]
fn memory_is_bounded_by_what_is_configured() {
    let grow = |pages: u32| {
        guests::pack(&format!(
            "(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))"
        ))
    };
    let two = with(Limits {
        memory_bytes: 2 << 20,
        ..small().language_pack
    });
    assert_eq!(stop(&two, &grow(31)), None);
    assert_eq!(stop(&two, &grow(32)), Some(Stop::Memory));
}

#[test]
fn table_elements_are_summed_over_all_tables() {
    let grow = |n: u32| {
        guests::pack_with(
            &format!("(if (i32.eq (table.grow $a (ref.null func) (i32.const {n})) (i32.const -1)) (then unreachable))
                      (if (i32.eq (table.grow $b (ref.null func) (i32.const {n})) (i32.const -1)) (then unreachable))"),
            "(table $a 1 funcref) (table $b 1 funcref)",
        )
    };
    let thousand = with(Limits {
        table_elements: 1_000,
        ..small().language_pack
    });
    assert_eq!(stop(&thousand, &grow(400)), None);
    assert_eq!(stop(&thousand, &grow(600)), Some(Stop::Memory));
}

#[test]
fn output_is_bounded_by_what_is_configured() {
    let answer = |n: u32| {
        guests::pack(&format!(
            "(drop (memory.grow (i32.const 4))) (i32.store (i32.const 1040) (i32.const 65536)) (i32.store (i32.const 1044) (i32.const {n})) (i32.store (i32.const 1048) (i32.const {n}))"
        ))
    };
    let little = with(Limits {
        output_bytes: 20_000,
        ..small().language_pack
    });
    assert_eq!(stop(&little, &answer(500)), None);
    assert_eq!(stop(&little, &answer(10_000)), Some(Stop::Output));
}

#[test]
fn log_lines_are_bounded_by_what_is_configured() {
    let plugin = with(Limits {
        log_lines: 3,
        ..small().language_pack
    })
    .load(&guests::pack(
        &"(call $log (i32.const 1) (i32.const 0) (i32.const 1))".repeat(5),
    ))
    .unwrap();
    let log = plugin.read(Batch::default()).log;
    assert_eq!((log.lines.len(), log.dropped), (3, 2));
}

#[test]
fn core_instances_are_bounded_by_what_is_configured() {
    let one = with(Limits {
        instances: 1,
        ..small().language_pack
    });
    // Every component of the SDK is made of at least two.
    let error = one.load(&guests::echo()).unwrap_err();
    assert!(
        matches!(error, LoadError::Start(_) | LoadError::Invalid(_)),
        "{error}"
    );
}

#[test]
fn features_beyond_what_sdks_need_are_refused() {
    for (what, module) in [
        ("threads", "(memory (export \"shared\") 1 1 shared)"),
        ("64-bit memory", "(memory (export \"wide\") i64 1)"),
        ("tail calls", "(func $a (export \"a\") (return_call $a))"),
        (
            "relaxed SIMD",
            "(func (export \"a\") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))",
        ),
        ("exceptions", "(tag (export \"t\"))"),
        (
            "garbage collection",
            "(type (export \"a\") (struct (field i32)))",
        ),
        (
            "wide arithmetic",
            "(func (export \"a\") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
        (
            "custom page sizes",
            "(memory (export \"m\") 1 (pagesize 1))",
        ),
    ] {
        let text = match what {
            "garbage collection" => "(component (core module (type $s (struct (field i32))) (func (export \"a\") (param (ref null $s)))))".to_owned(),
            _ => format!("(component (core module {module}))"),
        };
        let component = wat::parse_str(&text).unwrap_or_else(|e| panic!("{what}: {e}"));
        match with(small().language_pack).load(&component) {
            Err(LoadError::Invalid(_)) => {}
            // What is only known from a function's body is refused where it is compiled, after it is known what the component is.
            Err(LoadError::NoInterface { .. }) => {
                let engine = crate::engine::compiler(4 << 30).unwrap();
                assert!(
                    engine.precompile_component(&component).is_err(),
                    "{what} compiles"
                );
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}
