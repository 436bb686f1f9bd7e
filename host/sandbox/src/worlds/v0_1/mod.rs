//! The interface `isocial:plugin@0.1`: its types as wasmtime reads and writes them, their conversion to and from the domain's words
//! (by move: no text is copied), and its exported functions.
//!
//! Only types are generated. Functions are looked up by a cached index and called by their own signature (`exports`), because the
//! generated look-up of an interface would type-check all of its functions in every fresh instance.

/// Generated from `wit/`: the host's side of imports, of which only the types are used.
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

/// Converts between two enumerations of the same words.
macro_rules! same_words {
    ($from:ty => $to:ty { $($word:ident),* $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value { $(<$from>::$word => Self::$word),* }
            }
        }
    };
}

mod channel;
mod connector;
mod export;
mod exports;
mod language;
mod posts;
mod shared;
mod weight;

pub(crate) use exports::{ExportedNames, Exports, WriterHandle};

/// Converts a list item by item.
fn vec<A, B: From<A>>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(Into::into).collect()
}
