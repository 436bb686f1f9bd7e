//! What happens over time: collect, match, analyse, commit, detect, notify, export, recheck.
//!
//! Lives here: the way of a post, as jobs over a durable queue. Not here: what each station does by itself (`gate`, `query`,
//! `sandbox`, `egress`, `store`), and who may ask for what (`api`).

pub mod address;
mod analyse;
pub mod books;
mod collect;
pub mod counters;
pub mod detect;
pub mod enable;
pub mod explain;
pub mod export;
pub mod grant;
pub mod health;
pub mod host;
pub mod inbound;
pub mod input;
mod job;
pub mod keeper;
mod land;
pub mod library;
mod matching;
mod notify;
mod plugged;
pub mod probe;
mod recheck;
pub mod replace;
mod retain;
pub mod said;
pub mod settings;
mod step;
pub mod stream;
pub mod tenant;
mod unregister;
pub mod watch;
pub mod worker;

pub use grant::Grant;
pub use host::{Host, LiveMention, Parts};
pub use job::{JobError, Next};
pub use land::Landed;
pub use library::{Library, Loaded, RegisterError};
pub use matching::{Matcher, Verdicts, Watched};
pub use plugged::{CallError, Plugged};
pub use probe::{Probe, Stage};
pub use settings::Settings;
pub use step::{Step, StepError};
