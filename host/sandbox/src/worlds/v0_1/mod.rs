//! The interface `isocial:plugin@0.1`: its types as wasmtime reads and writes them, and their conversion to and from the domain's words.
//!
//! Only types are generated: every function is looked up by a cached index and called by its own signature (`calls`), because the
//! generated look-up of an interface type-checks all of its functions in every fresh instance.

#[expect(clippy::all, clippy::pedantic, unreachable_pub, dead_code, reason = "generated from wit/")]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        interfaces: "
            import isocial:plugin/log@0.1.0;
            import isocial:plugin/connector@0.1.0;
            import isocial:plugin/recheck@0.1.0;
            import isocial:plugin/%stream@0.1.0;
            import isocial:plugin/inbound@0.1.0;
            import isocial:plugin/language-pack@0.1.0;
            import isocial:plugin/alert-channel@0.1.0;
            import isocial:plugin/export-format@0.1.0;
        ",
    });
}
