//! Replays recorded exchanges against a plugin: what it asks for, and what it makes of the answers.
//!
//! A plugin's folder holds `exchanges/<case>.toml`, one case a file: the job, the calls, the requests that are expected and the
//! answers to them. What the plugin makes of them stands beside it in `<case>.expected.json`; the variable `ISOCIAL_BLESS=1` writes
//! these files anew. One line makes a test of it:
//!
//! ```no_run
//! # use isocial_sdk::{connector::*, types::*};
//! # struct Feed;
//! # impl Connector for Feed {
//! #     fn next(_: &Job, _: &Place) -> Result<Outcome, Fault> { Ok(Page::new().into()) }
//! #     fn respond(_: &Job, _: &Place, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> { Ok(Page::new().into()) }
//! #     fn check(_: &Job) -> Result<Vec<Request>, Fault> { Ok(Vec::new()) }
//! #     fn checked(_: &Job, _: Vec<Answer>) -> Result<String, Fault> { Ok(String::new()) }
//! # }
//! isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut isocial_testkit::Native::connector::<Feed>()).unwrap();
//! ```
//!
//! Lives here: the cases' form ([`case`]), the run of one ([`run_case`]), a plugin's traits as a [`Subject`] ([`Native`]). A host runs
//! the same cases against a sandboxed component by being another [`Subject`].

pub mod case;
mod check;
mod native;
pub mod reading;
mod replay;
mod run;
mod snapshot;

pub use case::{Case, Cover};
pub use native::Native;
pub use replay::{Failure, Report, load_cases, replay};
pub use run::{RunError, Subject, run_case};
pub use snapshot::tidy;
