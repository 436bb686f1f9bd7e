//! Writes plugins for iSocial Track: connectors, language packs, alert channels and export formats.
//!
//! A plugin is a pure function. It has no network, clock, randomness, file or secret: what it needs is in its arguments, and what
//! it wants done it returns. So every call can be replayed from a recording, and a plugin's tests are ordinary native tests.
//!
//! There is one trait a kind and one macro to export it:
//!
//! | kind | trait | macro |
//! | --- | --- | --- |
//! | connector | [`connector::Connector`], and optional [`connector::Recheck`], [`connector::Stream`], [`connector::Inbound`] | [`connector!`] |
//! | language pack | [`language::LanguagePack`] | [`language_pack!`] |
//! | alert channel | [`channel::AlertChannel`] | [`alert_channel!`] |
//! | export format | [`export::ExportFormat`] | [`export_format!`] |
//!
//! Each kind's module re-exports all that its plugins name; beside them stand what connectors need again and again:
//! [`uri`], [`json`], [`time`], [`html`], [`http`] and [`text`], and what language packs that go by word lists share: [`reading`].
//!
//! Lives here: the plugin's side of the interface. Not here: packaging (`isocial-package`), replaying recordings (`isocial-testkit`).

#[doc(hidden)]
pub mod bindings;
pub mod channel;
pub mod connector;
pub mod export;
pub mod html;
pub mod http;
pub mod json;
pub mod language;
pub mod log;
mod macros;
pub mod post;
pub mod reading;
pub mod text;
pub mod time;
pub mod types;
pub mod uri;

#[doc(hidden)]
pub use macros::exported;
