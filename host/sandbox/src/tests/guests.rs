//! How the guests are made: core modules in text, wrapped against `wit/`.

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

/// The published interface and one of its worlds.
pub(super) fn world(name: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"))
        .unwrap();
    let world = resolve.select_world(&[package], Some(name)).unwrap();
    (resolve, world)
}

/// A world that somebody else has written.
pub(super) fn foreign_world(wit: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("foreign.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    (resolve, world)
}

/// Wraps a core module.
pub(super) fn wrap((resolve, world): (Resolve, WorldId), mut module: Vec<u8>) -> Vec<u8> {
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// A component of this world in which every function is `unreachable`.
pub(super) fn dummy((resolve, world): (Resolve, WorldId)) -> Vec<u8> {
    let module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    wrap((resolve, world), module)
}

/// A module with `log`, one page of memory that grows, an allocator that never frees, and whatever else.
pub(super) fn module(rest: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "isocial:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
          (memory (export "memory") 1)
          (global $free (mut i32) (i32.const 8192))
          (func $take (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
            (global.set $free (i32.add (local.get $at) (local.get $size)))
            (block $fits
              (loop $more
                (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
                (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
                (br $more)))
            (local.get $at))
          {rest})"#
    );
    wat::parse_str(text).unwrap()
}

/// A language pack whose `analyze` has this body, and these further fields. The text's address and length are `$text` and `$len`.
/// The answer at 1024 is empty unless the body writes to it: 1032 and 1036 are address and length of `languages`, 1040 and 1044 those
/// of `numbers`, 1052 how many sentiments there are and 1060 how many emotions.
pub(super) fn pack_with(body: &str, fields: &str) -> Vec<u8> {
    let analyze = format!(
        r#"(func (export "isocial:plugin/language-pack@0.1.0#analyze")
             (param $text i32) (param $len i32) (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
             {body}
             (i32.const 1024))
           {fields}"#
    );
    wrap(world("language-plugin"), module(&analyze))
}

pub(super) fn pack(body: &str) -> Vec<u8> {
    pack_with(body, "")
}

/// Answers with its text as the only language code.
pub(super) fn echo() -> Vec<u8> {
    pack(
        "(i32.store (i32.const 1032) (local.get $text)) (i32.store (i32.const 1036) (local.get $len))",
    )
}

/// An export format whose writer is built, written to and finished by these bodies. Each of the latter two answers the result at
/// 1024: 0 at 1024 is bytes, at 1032 their address and at 1036 their length.
pub(super) fn writer(new: &str, write: &str, finish: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
           (import "isocial:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
           (import "[export]isocial:plugin/export-format@0.1.0" "[resource-new]writer" (func $new (param i32) (result i32)))
           (memory (export "memory") 1)
           (global $free (mut i32) (i32.const 8192))
           (global $chunks (mut i32) (i32.const 0))
           (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
             (local $at i32)
             (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
             (global.set $free (i32.add (local.get $at) (local.get $size)))
             (local.get $at))
           (func (export "isocial:plugin/export-format@0.1.0#[constructor]writer")
             (param i32 i32 i32 i32 i64 i32 i32) (result i32) {new})
           (func (export "isocial:plugin/export-format@0.1.0#[method]writer.write")
             (param $self i32) (param $rows i32) (param $count i32) (result i32) {write} (i32.const 1024))
           (func (export "isocial:plugin/export-format@0.1.0#[method]writer.finish")
             (param $self i32) (result i32) {finish} (i32.const 1024)))"#
    );
    wrap(world("export-plugin"), wat::parse_str(text).unwrap())
}
