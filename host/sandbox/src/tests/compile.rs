//! Compiling in a process of its own: this test program, started again as `as_child` (HP-48).

use super::{guests, key, small};
use crate::{Compiler, LoadError, Sandbox, SandboxConfig};

/// What the compiling process runs. By itself it has nothing to read and fails, which is why it is not among the others.
#[test]
#[ignore = "the other tests of this file start it as the compiling process"]
fn as_child() {
    crate::compile_as_child(std::io::stdin().lock(), std::io::stdout().lock()).unwrap();
    std::process::exit(0);
}

fn this_program() -> Compiler {
    let args = [
        "--exact",
        "tests::compile::as_child",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    Compiler::this_program(&args).unwrap()
}

fn in_child(config: SandboxConfig) -> Sandbox {
    let config = SandboxConfig {
        compiler: this_program(),
        ..config
    };
    Sandbox::new(config, key()).unwrap()
}

fn works(sandbox: &Sandbox) {
    let plugin = sandbox.load(&guests::echo()).unwrap();
    let batch = isocial_model::language::Batch {
        text: "as ever".into(),
        ends: vec![7],
        ..Default::default()
    };
    let answer = plugin.read(batch).outcome.unwrap().value.unwrap();
    assert_eq!(answer.languages, ["as ever"]);
}

/// So many functions, each of so many instructions that depend on each other and on all locals.
fn bomb(functions: usize, instructions: usize) -> Vec<u8> {
    let step = "(local.set 0 (i64.add (i64.mul (local.get 1) (local.get 2)) (i64.xor (local.get 3) (local.get 0))))
                (local.set 1 (i64.rotl (local.get 0) (local.get 2)))
                (br_if 0 (i64.eqz (local.get 1)))";
    let body = step.repeat(instructions);
    let mut fields = String::new();
    for n in 0..functions {
        use std::fmt::Write as _;
        writeln!(
            fields,
            "(func $f{n} (param i64 i64 i64 i64) (result i64) (block {body}) (local.get 0))"
        )
        .unwrap();
    }
    guests::pack_with("", &fields)
}

#[test]
fn hp_48_what_a_process_of_its_own_compiles_is_used_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |compiler| SandboxConfig {
        cache_dir: Some(folder.path().join("code")),
        compiler,
        ..small()
    };
    works(&Sandbox::new(kept(this_program()), key()).unwrap());
    // The same code serves an engine that compiles in its own process: it is the same code.
    let second = Sandbox::new(kept(Compiler::InProcess), key()).unwrap();
    works(&second);
    assert_eq!(
        (second.cache_counts().hits, second.cache_counts().misses),
        (1, 0)
    );
}

#[test]
fn hp_48_a_component_that_takes_too_long_to_compile_is_ended_and_the_host_is_fine() {
    let sandbox = in_child(SandboxConfig {
        compile_ms: 250,
        ..small()
    });
    let bomb = bomb(100, 400);
    // As often as somebody likes: each is ended, and none is left behind to be waited for.
    for _ in 0..5 {
        let error = sandbox.load(&bomb).unwrap_err();
        assert!(matches!(error, LoadError::CompileTime(_)), "{error}");
    }
    works(&in_child(small()));
}

#[cfg(target_os = "linux")]
#[test]
fn hp_48_a_component_that_takes_too_much_memory_to_compile_is_ended_and_the_host_is_fine() {
    let sandbox = in_child(SandboxConfig {
        compile_bytes: 400 << 20,
        ..small()
    });
    // The small one compiles within as much: it is not the program's own size that is too much.
    works(&sandbox);
    let error = sandbox.load(&bomb(2, 30_000)).unwrap_err();
    assert!(matches!(error, LoadError::CompileMemory(_)), "{error}");
    works(&sandbox);
}

#[test]
fn hp_48_what_is_not_valid_is_said_by_the_child_and_typed() {
    let sandbox = in_child(small());
    // `inspect` does not validate function bodies: this one lacks a value.
    let mut component = guests::pack_with(
        "",
        "(func $f (result i32) (i32.const 7) (drop) (i32.const 7))",
    );
    let at = component
        .windows(6)
        .position(|w| w == [0x41, 7, 0x1a, 0x41, 7, 0x0b])
        .unwrap();
    component[at + 3] = 0x01;
    component[at + 4] = 0x01;
    let error = sandbox.load(&component).unwrap_err();
    assert!(matches!(error, LoadError::Invalid(_)), "{error}");
    works(&sandbox);
}

#[test]
fn a_program_that_is_none_or_answers_nothing_is_a_typed_error() {
    let with = |program: std::path::PathBuf, args: &[&str]| {
        let compiler = Compiler::Child {
            program,
            args: args.iter().map(ToString::to_string).collect(),
        };
        let config = SandboxConfig {
            compiler,
            ..small()
        };
        Sandbox::new(config, key())
            .unwrap()
            .load(&guests::echo())
            .unwrap_err()
    };
    let folder = tempfile::tempdir().unwrap();
    let error = with(folder.path().join("nothing"), &[]);
    assert!(matches!(error, LoadError::CompileProcess(_)), "{error}");
    let me = std::env::current_exe().unwrap();
    let error = with(me, &["--exact", "no::such::test"]);
    assert!(matches!(error, LoadError::CompileCrashed(_)), "{error}");
}
