//! One module a world and version: what the host speaks, and how it is turned into the domain's words.
pub(crate) mod v0_1;
