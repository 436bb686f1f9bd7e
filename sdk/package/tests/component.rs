//! From core modules written by hand to components: what is made, and what is refused.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use isocial_package::{Package, PackageError};

const MANIFEST: &str = "[plugin]\nid = \"acme/quiet\"\nkind = \"language-pack\"\n";

/// A module with the exports that a language pack's core module has, and these imports.
fn core(imports: &str, interface: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {imports}
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "{interface}#analyze") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
            (@custom "component-type:left-over" "not to be read")
            (@custom "producers" "\00"))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn same_input_same_bytes_and_nothing_left_over() {
    let module = core("", "isocial:plugin/language-pack@0.1.0");
    let component = Package::build(&module, MANIFEST).unwrap();
    assert_eq!(component, Package::build(&module, MANIFEST).unwrap());
    assert!(component.ends_with(MANIFEST.as_bytes()));
    let holds = |text: &[u8]| component.windows(text.len()).any(|w| w == text);
    assert!(holds(b"isocial:manifest") && !holds(b"left-over"));
}

#[test]
fn log_may_be_imported_and_nothing_else() {
    let interface = "isocial:plugin/language-pack@0.1.0";
    let log = r#"(import "isocial:plugin/log@0.1.0" "write" (func (param i32 i32 i32)))"#;
    Package::build(&core(log, interface), MANIFEST).unwrap();
    let clock = r#"(import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))"#;
    let Err(PackageError::Imports(found)) = Package::build(&core(clock, interface), MANIFEST)
    else {
        panic!("a clock was let in");
    };
    assert_eq!(found, ["`clock_time_get` from `wasi_snapshot_preview1`"]);
}

#[test]
fn what_the_module_exports_decides() {
    let none = wat::parse_str("(module)").unwrap();
    assert!(matches!(
        Package::build(&none, MANIFEST),
        Err(PackageError::KindMismatch { .. } | PackageError::NoInterface)
    ));
    let newer = core("", "isocial:plugin/language-pack@9.0.0");
    assert!(matches!(
        Package::build(&newer, MANIFEST),
        Err(PackageError::UnknownInterface(_))
    ));
    let pack = core("", "isocial:plugin/language-pack@0.1.0");
    let channel = MANIFEST.replace("language-pack", "alert-channel");
    assert!(matches!(
        Package::build(&pack, &channel),
        Err(PackageError::KindMismatch { .. })
    ));
    assert!(matches!(
        Package::build(b"text", MANIFEST),
        Err(PackageError::NotAModule(_))
    ));
    assert!(matches!(
        Package::build(&pack, "[plugin"),
        Err(PackageError::Manifest { .. })
    ));
    let component = Package::build(&pack, MANIFEST).unwrap();
    assert!(matches!(
        Package::build(&component, MANIFEST),
        Err(PackageError::NotAModule(_))
    ));
}

/// A finished component with these imports, as a tool for another language makes one.
fn finished(imports: &str) -> Vec<u8> {
    let text = format!(
        r#"(component {imports}
            (component $inner (import "clock" (func)))
            (instance $pack)
            (export "isocial:plugin/language-pack@0.1.0" (instance $pack)))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn a_finished_component_becomes_a_package_with_its_own_bytes() {
    let log = r#"(import "isocial:plugin/log@0.1.0" (instance))"#;
    let component = finished(log);
    let package = Package::wrap(&component, MANIFEST).unwrap();
    assert!(package.starts_with(&component) && package.ends_with(MANIFEST.as_bytes()));
    assert!(matches!(
        Package::wrap(&package, MANIFEST),
        Err(PackageError::Packaged)
    ));
}

#[test]
fn a_finished_component_may_import_no_more_than_others() {
    let clock = r#"(import "wasi:clocks/wall-clock@0.2.3" (instance))"#;
    let Err(PackageError::Imports(found)) = Package::wrap(&finished(clock), MANIFEST) else {
        panic!("a clock was let in");
    };
    assert_eq!(found, ["`wasi:clocks/wall-clock@0.2.3`"]);
    let channel = MANIFEST.replace("language-pack", "alert-channel");
    assert!(matches!(
        Package::wrap(&finished(""), &channel),
        Err(PackageError::KindMismatch { .. })
    ));
    let module = core("", "isocial:plugin/language-pack@0.1.0");
    assert!(matches!(
        Package::wrap(&module, MANIFEST),
        Err(PackageError::NotAComponent)
    ));
    assert!(matches!(
        Package::wrap(b"text", MANIFEST),
        Err(PackageError::NotAComponent)
    ));
}
