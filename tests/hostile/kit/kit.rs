//! What the hostile guests share: the boring half of a plugin, so that each case is its attack and nothing else.

pub use isocial_sdk as sdk;
use sdk::{
    connector::{Fault, Job, Post, Visibility},
    language::{Analyses, AnalysesBuilder, Batch, Document, Sentiment},
};

/// The word that every monitor of the suite looks for.
pub const WORD: &str = "lumora";

/// What a source of the suite is configured with.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Config {
    /// Address of the fake network, without a closing slash.
    pub base: String,
    /// Texts, or whatever the case needs.
    pub lines: Vec<String>,
    /// Handle of the author of every post.
    pub handle: String,
    /// What the ids of posts begin with; `post` where it is empty.
    pub id: String,
}

/// The configuration; the empty one where there is none.
pub fn config(job: &Job) -> Config {
    job.config().unwrap_or_default()
}

/// A public post of the network `feed`, in English, by the configured author.
pub fn post(job: &Job, id: impl Into<String>, text: impl Into<String>) -> Post {
    let mut post = Post::new("feed", id);
    post.text = Some(text.into());
    post.language = Some("en".into());
    post.visibility = Visibility::Public;
    post.created = Some(job.now);
    let handle = config(job).handle;
    if !handle.is_empty() {
        post.author = Some(sdk::connector::Author {
            native_id: Some(format!("native-{handle}")),
            display_name: Some(format!("Display {handle}")),
            handle: Some(handle),
            ..Default::default()
        });
    }
    post
}

/// One post that says what the guest wants to be heard, with the word that the monitor looks for.
pub fn tell(job: &Job, what: &str) -> sdk::connector::Outcome {
    let mut page = sdk::connector::Page::new();
    page.upsert(post(job, "told", format!("{WORD} told: {what}")));
    page.into()
}

/// Answers each document with one opinion.
pub fn judge(
    batch: &Batch,
    mut opinion: impl FnMut(&Document<'_>) -> Sentiment,
) -> Result<Analyses, Fault> {
    let mut answers = AnalysesBuilder::new(batch);
    for document in batch.documents() {
        let sentiment = opinion(&document);
        answers.document(&document).sentiment(sentiment);
    }
    Ok(answers.finish())
}

/// Exports a connector of which only `next` and `respond` matter.
#[macro_export]
macro_rules! connector {
    ($next:expr, $respond:expr) => {
        struct Guest;
        $crate::sdk::connector!(Guest);
        impl $crate::sdk::connector::Connector for Guest {
            fn next(
                job: &$crate::sdk::connector::Job,
                place: &$crate::sdk::connector::Place,
            ) -> Result<$crate::sdk::connector::Outcome, $crate::sdk::connector::Fault> {
                ($next)(job, place)
            }
            fn respond(
                job: &$crate::sdk::connector::Job,
                _place: &$crate::sdk::connector::Place,
                scratch: &[u8],
                answers: Vec<$crate::sdk::connector::Answer>,
            ) -> Result<$crate::sdk::connector::Outcome, $crate::sdk::connector::Fault> {
                ($respond)(job, scratch, answers)
            }
            fn check(
                _job: &$crate::sdk::connector::Job,
            ) -> Result<Vec<$crate::sdk::connector::Request>, $crate::sdk::connector::Fault> {
                Ok(Vec::new())
            }
            fn checked(
                _job: &$crate::sdk::connector::Job,
                _answers: Vec<$crate::sdk::connector::Answer>,
            ) -> Result<String, $crate::sdk::connector::Fault> {
                Ok("ok".into())
            }
        }
    };
}

/// Exports a language pack out of one function.
#[macro_export]
macro_rules! pack {
    ($analyze:expr) => {
        struct Guest;
        $crate::sdk::language_pack!(Guest);
        impl $crate::sdk::language::LanguagePack for Guest {
            fn analyze(
                batch: &$crate::sdk::language::Batch,
            ) -> Result<$crate::sdk::language::Analyses, $crate::sdk::language::Fault> {
                ($analyze)(batch)
            }
        }
    };
}

/// Exports an alert channel out of the function that composes.
#[macro_export]
macro_rules! channel {
    ($compose:expr) => {
        struct Guest;
        $crate::sdk::alert_channel!(Guest);
        impl $crate::sdk::channel::AlertChannel for Guest {
            fn compose(
                notice: &$crate::sdk::channel::Notice,
                destination: &$crate::sdk::channel::Destination,
            ) -> Result<$crate::sdk::channel::Message, $crate::sdk::channel::Fault> {
                ($compose)(notice, destination)
            }
            fn judge(
                _notice: &$crate::sdk::channel::Notice,
                _destination: &$crate::sdk::channel::Destination,
                reply: &$crate::sdk::channel::Reply,
            ) -> Result<$crate::sdk::channel::Verdict, $crate::sdk::channel::Fault> {
                use $crate::sdk::channel::{Answer, Reply, Verdict};
                Ok(match reply {
                    Reply::Http(Answer::Response(r)) if r.is_success() => Verdict::Delivered,
                    Reply::Smtp(r) if (200..300).contains(&r.code) => Verdict::Delivered,
                    _ => Verdict::Retry(None),
                })
            }
        }
    };
}
