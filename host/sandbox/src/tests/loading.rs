//! What is refused before it runs, and why.

use isocial_model::Kind;

use super::{guests, load, refused, small};
use crate::{Limits, LoadError, Sandbox, SandboxConfig, Stop};

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component with these fields that exports an empty instance under this name.
fn exporting(name: &str, fields: &str) -> Vec<u8> {
    component(&format!(
        r#"(component {fields} (instance $i) (export "{name}" (instance $i)))"#
    ))
}

const PACK: &str = "isocial:plugin/language-pack@0.1.0";

#[test]
fn every_kind_is_told_by_its_export() {
    for (world, kind) in [
        ("connector-plugin", Kind::Connector),
        ("language-plugin", Kind::LanguagePack),
        ("channel-plugin", Kind::AlertChannel),
        ("export-plugin", Kind::ExportFormat),
    ] {
        let plugin = load(&guests::dummy(guests::world(world)));
        assert_eq!(plugin.kind(), kind);
        assert_eq!(plugin.interface_version().to_string(), "0.1.0");
        assert_eq!(
            plugin.imports(),
            ["isocial:plugin/log@0.1.0"],
            "interfaces that only name types are not listed"
        );
        assert_eq!(plugin.digest().len(), 64);
        assert!(!plugin.abilities().recheck);
    }
}

#[test]
fn optional_interfaces_are_abilities() {
    let (mut resolve, _) = guests::world("connector-plugin");
    let package = resolve
        .push_str(
            "able.wit",
            "package test:able; world able { import isocial:plugin/log@0.1.0; export isocial:plugin/connector@0.1.0;
             export isocial:plugin/recheck@0.1.0; export isocial:plugin/%stream@0.1.0; }",
        )
        .unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let abilities = load(&guests::dummy((resolve, world))).abilities();
    assert_eq!(
        (abilities.recheck, abilities.stream, abilities.inbound),
        (true, true, false)
    );
}

#[test]
fn hp_08_every_import_but_log_is_refused_and_listed() {
    let wasi = exporting(
        "isocial:plugin/connector@0.1.0",
        r#"(import "wasi:cli/environment@0.2.3" (instance (export "get-environment" (func (result (list (tuple string string)))))))
           (import "wasi:clocks/monotonic-clock@0.2.3" (instance (export "now" (func (result u64)))))
           (import "isocial:plugin/log@0.1.0" (instance))
           (import "read-file" (func (result string)))"#,
    );
    let LoadError::ForbiddenImports(list) = refused(&wasi) else {
        panic!()
    };
    assert_eq!(
        list,
        [
            "wasi:cli/environment@0.2.3",
            "wasi:clocks/monotonic-clock@0.2.3",
            "read-file"
        ]
    );
    assert!(
        refused(&wasi)
            .to_string()
            .contains("wasi:cli/environment@0.2.3, wasi:clocks")
    );

    // Functions and resources cannot hide in our own package either.
    for fields in [
        r#"(import "isocial:plugin/secrets@0.1.0" (instance (export "get" (func (result string)))))"#,
        r#"(import "isocial:plugin/types@0.1.0" (instance (export "get" (func (result string)))))"#,
        r#"(import "isocial:plugin/types@0.1.0" (instance (export "file" (type (sub resource)))))"#,
        r#"(import "isocial:plugin/log@0.2.0" (instance (export "write" (func))))"#,
    ] {
        let error = refused(&exporting(PACK, fields));
        assert!(
            matches!(&error, LoadError::ForbiddenImports(list) if list.len() == 1),
            "{fields}: {error}"
        );
    }
    // `log` with a function that it does not have.
    let error = refused(&exporting(
        PACK,
        r#"(import "isocial:plugin/log@0.1.0" (instance (export "read" (func (result string)))))"#,
    ));
    assert!(
        matches!(&error, LoadError::Invalid(why) if why.contains("read")),
        "{error}"
    );
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert!(matches!(
        refused(b"Alpha bravo charlie"),
        LoadError::NotWebAssembly { bytes: 19, .. }
    ));
    assert!(matches!(
        refused(b""),
        LoadError::NotWebAssembly { bytes: 0, .. }
    ));
    assert!(matches!(
        refused(&wat::parse_str("(module)").unwrap()),
        LoadError::CoreModule
    ));
    let whole = guests::echo();
    for cut in [8, 9, whole.len() / 2, whole.len() - 1] {
        let error = refused(&whole[..cut]);
        assert!(
            matches!(
                error,
                LoadError::Invalid(_)
                    | LoadError::NotWebAssembly { .. }
                    | LoadError::NoInterface { .. }
            ),
            "{cut}: {error}"
        );
    }
}

#[test]
fn kinds_and_versions_that_cannot_be_spoken_say_what_can() {
    assert!(matches!(
        refused(&component("(component)")),
        LoadError::NoInterface { .. }
    ));
    let both = component(&format!(
        r#"(component (instance $i) (export "{PACK}" (instance $i)) (export "isocial:plugin/connector@0.1.0" (instance $i)))"#
    ));
    assert!(
        matches!(refused(&both), LoadError::ManyKinds(kinds) if kinds == ["language-pack", "connector"])
    );
    for (version, hint) in [
        ("@0.2.0", "update the host"),
        ("@1.0.0", "update the host"),
        ("@0.0.9", "current SDK"),
        ("", "published SDK"),
    ] {
        let error = refused(&exporting(
            &format!("isocial:plugin/connector{version}"),
            "",
        ));
        assert!(
            matches!(&error, LoadError::UnsupportedVersion { .. }),
            "{version}: {error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("isocial:plugin 0.1") && text.contains(hint),
            "{text}"
        );
    }
}

#[test]
fn a_later_patch_of_the_interface_is_spoken() {
    let wit = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"))
        .unwrap()
        .map(|file| {
            std::fs::read_to_string(file.unwrap().path())
                .unwrap()
                .replace("isocial:plugin@0.1.0", "isocial:plugin@0.1.7")
        })
        .collect::<Vec<_>>();
    let mut resolve = wit_parser::Resolve::default();
    let mut files = wit_parser::SourceMap::new();
    for (n, text) in wit.iter().enumerate() {
        files.push_str(&format!("{n}.wit"), text);
    }
    let package = resolve
        .push_group(files.parse().map_err(|(_, e)| e).unwrap())
        .unwrap();
    let world = resolve
        .select_world(&[package], Some("language-plugin"))
        .unwrap();
    let plugin = load(&guests::dummy((resolve, world)));
    assert_eq!(plugin.interface_version().to_string(), "0.1.7");
    assert_eq!(plugin.imports(), ["isocial:plugin/log@0.1.7"]);
    assert_eq!(
        plugin
            .read(isocial_model::language::Batch::default())
            .outcome
            .unwrap_err()
            .why,
        Stop::Trap
    );
}

#[test]
fn functions_must_be_there_and_have_their_type() {
    for (analyze, cause) in [
        ("analyze: func(text: string) -> string;", "type mismatch"),
        ("other: func();", "not exported"),
    ] {
        let wit = format!(
            "package isocial:plugin@0.1.0; interface language-pack {{ {analyze} }} world w {{ export language-pack; }}"
        );
        let error = refused(&guests::dummy(guests::foreign_world(&wit)));
        let LoadError::Interface {
            function,
            cause: told,
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!(function, "language-pack.analyze");
        assert!(!told.is_empty(), "expected something like `{cause}`");
    }
}

#[test]
fn hp_47_size_and_counts_are_capped_before_anything_is_compiled() {
    let config = SandboxConfig {
        component_bytes: 1_000,
        ..small()
    };
    let error = Sandbox::new(config, super::key())
        .unwrap()
        .load(&vec![0; 1_001])
        .unwrap_err();
    assert!(matches!(
        error,
        LoadError::TooLarge {
            given: 1_001,
            limit: 1_000
        }
    ));

    let many = |what: &'static str, fields: String| match refused(&exporting(PACK, &fields)) {
        LoadError::TooMany { what: told, .. } => assert_eq!(told, what),
        error => panic!("{what}: {error}"),
    };
    many("core modules", "(core module)".repeat(65));
    many("nested components", "(component)".repeat(257));
    many("memories", "(core module (memory 1))".repeat(9));
    many("tables", "(core module (table 1 funcref))".repeat(33));
    many(
        "instances",
        format!(
            "(core module $m) {}",
            "(core instance (instantiate $m))".repeat(1_001)
        ),
    );
    many(
        "levels of nesting",
        format!("{}{}", "(component ".repeat(9), ")".repeat(9)),
    );
    many(
        "functions",
        format!("(core module {})", "(func)".repeat(100_001)),
    );
    many(
        "bytes in one function",
        format!(
            "(core module (func {}))",
            "i32.const 1000000 drop ".repeat(400_000)
        ),
    );
}

#[test]
fn hp_48_compiling_is_bounded_in_time() {
    // Some 20,000 functions take longer than one millisecond on any machine.
    let bomb = exporting(
        PACK,
        &format!(
            "(core module {})",
            "(func (result i32) (i32.mul (i32.const 3) (i32.const 4)))".repeat(20_000)
        ),
    );
    let sandbox = Sandbox::new(
        SandboxConfig {
            compile_ms: 1,
            ..small()
        },
        super::key(),
    )
    .unwrap();
    assert!(matches!(
        sandbox.load(&bomb),
        Err(LoadError::CompileTime(_))
    ));
    // At most two compilations that nobody waits for any more.
    let _ = sandbox.load(&bomb);
    assert!(matches!(
        sandbox.load(&bomb),
        Err(LoadError::CompileBusy | LoadError::CompileTime(_))
    ));
}

#[test]
fn hp_10_a_component_of_too_many_parts_does_not_start() {
    // Instances beyond the pool's limit are refused when it is compiled.
    let error = refused(&exporting(
        PACK,
        &format!(
            "(core module $m) {}",
            "(core instance (instantiate $m))".repeat(40)
        ),
    ));
    assert!(matches!(error, LoadError::Invalid(_)), "{error}");
    // One memory beyond the limit of the kind, and three that are beyond it only together.
    let pages = small().language_pack.memory_bytes / 65_536;
    let third = pages / 3 + 1;
    let one = format!(
        "(core module $a (memory {})) (core instance (instantiate $a))",
        pages + 1
    );
    let three = format!(
        "(core module $a (memory {third})) {}",
        "(core instance (instantiate $a))".repeat(3)
    );
    for memories in [one, three] {
        let LoadError::Start(error) = refused(&exporting(PACK, &memories)) else {
            panic!("{memories}")
        };
        assert_eq!(error.why, Stop::Memory);
    }
    // Two of the three are within it: what is missing then is the function.
    let two = format!(
        "(core module $a (memory {third})) {}",
        "(core instance (instantiate $a))".repeat(2)
    );
    assert!(matches!(
        refused(&exporting(PACK, &two)),
        LoadError::Interface { .. }
    ));
}

#[test]
fn hp_09_a_start_function_that_never_ends_is_stopped_at_load() {
    let guest = guests::pack_with("", "(func $spin (loop $l (br $l))) (start $spin)");
    let LoadError::Start(error) = refused(&guest) else {
        panic!()
    };
    assert_eq!(error.why, Stop::Time);
}

#[test]
fn parts_of_the_language_that_are_off_are_refused() {
    for module in [
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(memory 1) (memory 1)",
        "(func $f return_call $f)",
        "(type (struct))",
        "(tag)",
    ] {
        let error = refused(&exporting(PACK, &format!("(core module {module})")));
        assert!(matches!(error, LoadError::Invalid(_)), "{module}: {error}");
    }
}

#[test]
fn limits_of_one_kind_do_not_touch_another() {
    let less_than_a_page = |limits: Limits| Limits {
        memory_bytes: 32_768,
        ..limits
    };
    let config = SandboxConfig {
        alert_channel: less_than_a_page(small().alert_channel),
        ..small()
    };
    assert!(
        Sandbox::new(config, super::key())
            .unwrap()
            .load(&guests::echo())
            .is_ok()
    );
    let config = SandboxConfig {
        language_pack: less_than_a_page(small().language_pack),
        ..small()
    };
    let LoadError::Start(error) = Sandbox::new(config, super::key())
        .unwrap()
        .load(&guests::echo())
        .unwrap_err()
    else {
        panic!()
    };
    assert_eq!(error.why, Stop::Memory);
}
