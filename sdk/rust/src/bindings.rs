//! What is generated from `wit/`: the types that cross the boundary and, per interface, the macro that exports it.
//!
//! Lives here: generated code only. Not here: anything that a plugin author names directly; those names are re-exported by kind.
#![expect(
    clippy::same_length_and_capacity,
    reason = "generated: the ABI hands over exactly as many bytes as it asked for"
)]

wit_bindgen::generate!({
    world: "everything",
    path: "../../wit",
    generate_all,
    pub_export_macro: true,
    additional_derives: [PartialEq],
});
