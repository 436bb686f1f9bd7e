//! Packages as strangers may hand them in: whole ones, and every way of not being one.

use isocial_model::Kind;
use serde_json::json;

use crate::{Limits, MANIFEST_SECTION, Package, PackageError, manifest::Manifest};

const HEADING: &str = r#"
[plugin]
id = "acme/sounds"
version = "1.2.0"
kind = "language-pack"
interface = "isocial:plugin/language-pack@0.1.0"
name = "Sounds"
description = "Tells loud texts from quiet ones."
licence = "Apache-2.0"
languages = ["vi", "pt-BR"]
"#;

const CONTRACT: &str = r#"
[[contract]]
function = "analyze"
purposes = ["analysis/sentiment"]
input = ["post.text:redacted", "post.lang"]
output = { score = "f32[-1,1]/0.01" }
batch-max = 128
"#;

const LOG: &str = r#"(import "isocial:plugin/log@0.1.0" (instance (export "write" (func (param "message" string)))))"#;
/// What every component made from our interface has: an import of an instance that holds nothing but types.
const TYPES: &str = r#"(import "isocial:plugin/types@0.1.0" (instance (type $r (record (field "key" string))) (export "attribute" (type (eq $r)))))"#;

fn component(imports: &str, interface: &str) -> Vec<u8> {
    let text =
        format!(r#"(component {imports} (instance $i) (export "{interface}" (instance $i)))"#);
    wat::parse_str(text).unwrap()
}

fn with_manifest(mut component: Vec<u8>, manifest: &[u8]) -> Vec<u8> {
    let name = MANIFEST_SECTION.as_bytes();
    let mut section = leb(name.len());
    section.extend(name);
    section.extend(manifest);
    component.push(0);
    component.extend(leb(section.len()));
    component.extend(section);
    component
}

fn leb(mut n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while n > 0x7f {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

fn pack(manifest: &str) -> Result<Package, PackageError> {
    let component = component(
        &format!("{LOG}{TYPES}"),
        "isocial:plugin/language-pack@0.1.0",
    );
    Package::read(&with_manifest(component, manifest.as_bytes()))
}

fn refused(manifest: &str) -> String {
    pack(manifest).unwrap_err().to_string()
}

#[test]
fn a_whole_package_is_read_and_shown() {
    let package = pack(&format!("{HEADING}{CONTRACT}")).unwrap();
    assert_eq!(
        (package.kind(), package.reference().to_string().as_str()),
        (Kind::LanguagePack, "acme/sounds@1.2.0")
    );
    assert_eq!(package.imports(), ["isocial:plugin/log@0.1.0"]);
    let shown = serde_json::to_value(package.inspect()).unwrap();
    assert_eq!(
        shown["contracts"][0]["input"],
        json!(["post.lang", "post.text:redacted"])
    );
    assert_eq!(shown["digest"].as_str().unwrap().len(), 64);
    assert_eq!(shown["size"], package.size());
}

#[test]
fn imports_beyond_log_are_listed() {
    let wasi = r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func)))) (import "isocial:plugin/secrets@0.1.0" (instance (export "read" (func))))"#;
    let bytes = with_manifest(
        component(wasi, "isocial:plugin/language-pack@0.1.0"),
        HEADING.as_bytes(),
    );
    let Err(PackageError::Imports(found)) = Package::read(&bytes) else {
        panic!("not refused for its imports")
    };
    assert_eq!(
        found,
        [
            "`wasi:clocks/wall-clock@0.2.0`",
            "`isocial:plugin/secrets@0.1.0`"
        ]
    );
}

#[test]
fn an_imported_resource_is_no_mere_type() {
    let resource =
        r#"(import "isocial:plugin/types@0.1.0" (instance (export "file" (type (sub resource)))))"#;
    let bytes = with_manifest(
        component(resource, "isocial:plugin/language-pack@0.1.0"),
        HEADING.as_bytes(),
    );
    assert!(matches!(
        Package::read(&bytes),
        Err(PackageError::Imports(_))
    ));
}

#[test]
fn what_is_no_component_is_refused() {
    let whole = with_manifest(
        component(LOG, "isocial:plugin/language-pack@0.1.0"),
        format!("{HEADING}{CONTRACT}").as_bytes(),
    );
    assert!(Package::read(&whole).is_ok());
    let module = wat::parse_str("(module)").unwrap();
    for bytes in [
        &b""[..],
        b"#!/bin/sh",
        &module,
        &whole[..whole.len() / 3],
        &whole[..9],
    ] {
        assert!(
            matches!(Package::read(bytes), Err(PackageError::NotAComponent(_))),
            "{} bytes",
            bytes.len()
        );
    }
}

#[test]
fn manifests_are_one_and_small() {
    let bare = component(LOG, "isocial:plugin/language-pack@0.1.0");
    assert!(matches!(
        Package::read(&bare),
        Err(PackageError::NoManifest)
    ));
    let twice = with_manifest(with_manifest(bare.clone(), b"a"), b"b");
    assert!(matches!(
        Package::read(&twice),
        Err(PackageError::ManyManifests(2))
    ));
    let huge = with_manifest(bare.clone(), &vec![b'#'; 64 * 1024 + 1]);
    assert!(matches!(
        Package::read(&huge),
        Err(PackageError::TooLarge {
            what: "manifest",
            ..
        })
    ));
    let limits = Limits {
        component_bytes: 64,
        manifest_bytes: 64,
    };
    assert!(matches!(
        Package::read_within(&bare, &limits),
        Err(PackageError::TooLarge {
            what: "component",
            ..
        })
    ));
    assert!(matches!(
        Package::read(&with_manifest(bare, &[0xff, 0xfe])),
        Err(PackageError::Syntax(_))
    ));
}

#[test]
fn mistakes_are_told_with_their_place_and_the_way_out() {
    for (old, new, expected) in [
        ("licence =", "license =", "unknown field `license`"),
        ("\"1.2.0\"", "\"1.2\"", "line 4"),
        ("acme/sounds", "Acme/Sounds", "expected `publisher/name`"),
        ("acme/sounds", "../../etc", "expected `publisher/name`"),
        ("1.2.0", "1.2.0+build", "build metadata"),
        (
            "language-pack\"\ninterface",
            "export-format\"\ninterface",
            "`plugin.languages`: is for the kind language-pack",
        ),
        (
            "languages = [\"vi\", \"pt-BR\"]",
            "",
            "`plugin.languages`: is missing",
        ),
        ("\"vi\"", "\"v i\"", "BCP 47"),
        (
            "licence = \"Apache-2.0\"",
            "licence = \"Apache-2.0\"\nnetworks = [\"plaza\"]",
            "is for the kind connector",
        ),
        ("post.text:redacted", "post.*", "wildcard"),
        (
            "post.text:redacted",
            "post.text",
            "expected one of redacted, raw",
        ),
        ("analysis/sentiment", "analysis/selling", "is no purpose"),
        (
            "\"analyze\"",
            "\"compose\"",
            "`analyze` is exported without a contract",
        ),
        ("batch-max = 128", "batch-max = 0", "expected at least 1"),
        (
            "batch-max = 128",
            "egress = [{ host = \"*.example\", why = \"x\" }]",
            "no wildcards",
        ),
        (
            "language-pack@0.1.0",
            "language-pack@0.1.9",
            "but the component exports",
        ),
    ] {
        let whole = format!("{HEADING}{CONTRACT}");
        assert!(whole.contains(old), "{old}");
        let message = if old.starts_with("language-pack\"") {
            // The kind is wrong by itself, before the component is looked at.
            Manifest::parse(&whole.replace(old, new))
                .unwrap_err()
                .to_string()
        } else {
            refused(&whole.replace(old, new))
        };
        assert!(message.contains(expected), "{new}: {message}");
    }
    let extra = refused(&format!(
        "{HEADING}{CONTRACT}{}",
        CONTRACT.replace("analyze", "next")
    ));
    assert!(extra.contains("`next` is not exported"), "{extra}");
    assert!(refused(&format!("{HEADING}{CONTRACT}{CONTRACT}")).contains("has a contract already"));
}

#[test]
fn kind_and_version_are_read_from_the_exports() {
    let manifest = format!("{HEADING}{CONTRACT}");
    let read = |interface: &str| {
        Package::read(&with_manifest(
            component(LOG, interface),
            manifest.as_bytes(),
        ))
    };
    assert!(matches!(
        read("isocial:plugin/alert-channel@0.1.0"),
        Err(PackageError::Kind { .. })
    ));
    assert!(matches!(
        read("other:plugin/language-pack@0.1.0"),
        Err(PackageError::Kind { .. })
    ));
    let newer = read("isocial:plugin/language-pack@0.2.0").unwrap_err();
    assert!(newer.to_string().contains("needs a newer host"), "{newer}");
}

#[test]
fn deliveries_and_the_word_on_their_signatures_go_together() {
    let heading = HEADING.replace("language-pack", "connector").replace(
        "languages = [\"vi\", \"pt-BR\"]",
        "networks = [\"plaza\"]\ndeletion = \"ttl\"\nvisibility = \"public-only\"",
    );
    let contracts = |functions: &[&str]| -> String {
        let one = |f: &&str| {
            format!("[[contract]]\nfunction = \"{f}\"\npurposes = [\"collection\"]\ninput = []\n")
        };
        functions.iter().map(one).collect()
    };
    let rule = "[[credential]]\nname = \"hook\"\ndescription = \"A secret.\"\n[credential.kind.hmac]\ntemplate = \"{body}\"\n\
         algorithm = \"sha256\"\nencoding = \"hex\"\nheader = \"x-sig\"\n[inbound]\ncredential = \"hook\"\n";
    let own = ["next", "respond", "check", "checked"];
    let more = [&own[..], &["challenge", "receive"]].concat();
    let read = |interfaces: &[&str], rule: &str, functions: &[&str]| {
        let each = |name: &&str| format!(r#"(export "isocial:plugin/{name}@0.1.0" (instance $i))"#);
        let exports: Vec<String> = interfaces.iter().map(each).collect();
        let exports = exports.concat();
        let component = wat::parse_str(format!("(component (instance $i) {exports})")).unwrap();
        let manifest = format!("{heading}{rule}{}", contracts(functions));
        Package::read(&with_manifest(component, manifest.as_bytes())).map_err(|e| e.to_string())
    };
    assert!(read(&["connector"], "", &own).is_ok());
    let package = read(&["connector", "inbound"], rule, &more).unwrap();
    assert!(package.manifest().inbound.is_some());
    assert!(package.manifest_json().contains("\"inbound\""));
    let unsaid = read(&["connector", "inbound"], "", &more).unwrap_err();
    assert!(unsaid.contains("`inbound`: is missing"), "{unsaid}");
    let idle = read(&["connector"], rule, &own).unwrap_err();
    assert!(idle.contains("does not export `inbound`"), "{idle}");
}

#[test]
fn configuration_becomes_canonical() {
    let config = r#"
[config]
required = ["tag"]
[config.properties.tag]
type = "string"
maxLength = 8
[config.properties.limit]
type = "integer"
minimum = 1
maximum = 40
default = 20
[config.properties.mode]
type = "string"
enum = ["all", "some"]
[config.properties.hosts]
type = "array"
maxItems = 2
"#;
    let schema = Manifest::parse(&format!("{HEADING}{config}{CONTRACT}"))
        .unwrap()
        .config;
    assert_eq!(
        schema
            .canonical(&json!({ "tag": "trà", "mode": null }))
            .unwrap(),
        r#"{"limit":20,"tag":"trà"}"#
    );
    assert_eq!(
        schema
            .canonical(&json!({ "tag": "t", "limit": 3, "hosts": ["b", "a"] }))
            .unwrap(),
        r#"{"hosts":["b","a"],"limit":3,"tag":"t"}"#
    );
    for (given, pointer) in [
        (json!({}), "/tag"),
        (json!({ "tag": 7 }), "/tag"),
        (json!({ "tag": "123456789" }), "/tag"),
        (json!({ "tag": "t", "limit": 0 }), "/limit"),
        (json!({ "tag": "t", "limit": 2.5 }), "/limit"),
        (json!({ "tag": "t", "mode": "none" }), "/mode"),
        (json!({ "tag": "t", "hosts": ["a", "b", "c"] }), "/hosts"),
        (json!({ "tag": "t", "hosts": [1] }), "/hosts"),
        (json!({ "tag": "t", "a/b": 1 }), "/a~1b"),
        (json!("tag"), ""),
    ] {
        assert_eq!(
            schema.canonical(&given).unwrap_err().pointer,
            pointer,
            "{given}"
        );
    }
    let bad = Manifest::parse(&format!(
        "{HEADING}{}{CONTRACT}",
        config.replace("default = 20", "default = 50")
    ))
    .unwrap_err();
    assert!(
        bad.to_string().contains("config.properties.limit.default"),
        "{bad}"
    );
}
