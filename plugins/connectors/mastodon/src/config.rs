//! What is read: the server's address, the hashtags, the searches.
//!
//! Lives here: configuration and query plan, made usable. Not here: where reading stands (`timeline`).

use isocial_sdk::{
    connector::{Fault, Job, PlanNode, QueryPlan},
    uri::{self, Uri},
};
use serde::Deserialize;

/// Hashtags that one account reads; their cursors must fit into 4 KiB.
pub(crate) const MOST_TAGS: usize = 32;
/// Searches that one account makes.
pub(crate) const MOST_TERMS: usize = 8;

/// The configuration, as it is written.
#[derive(Debug, Deserialize)]
struct Written {
    instance: String,
    #[serde(default)]
    hashtags: Vec<String>,
    #[serde(default)]
    search: bool,
    #[serde(default)]
    streaming: Option<String>,
    #[serde(default, rename = "recheck-singly")]
    recheck_singly: bool,
}

/// The server and its hashtags.
#[derive(Debug)]
pub(crate) struct Source {
    /// `https://` and the host, without a slash at the end.
    base: String,
    /// The server's host.
    pub(crate) host: String,
    /// Without `#`, in lower case, each once; at most [`MOST_TAGS`].
    pub(crate) tags: Vec<String>,
    /// Words and quoted phrases that are searched for; at most [`MOST_TERMS`].
    pub(crate) terms: Vec<String>,
    /// Whether there was more than can be read.
    pub(crate) capped: bool,
    /// Where the stream is: `wss://` or `https://` and the host.
    streaming: String,
    /// Whether the stream is one of server-sent events.
    pub(crate) events: bool,
    /// Whether the server has to be asked for each post by itself.
    pub(crate) singly: bool,
}

impl Source {
    /// The source of a job.
    pub(crate) fn of(job: &Job) -> Result<Self, Fault> {
        let written: Written = job.config()?;
        let base = written.instance.trim();
        let base = base.strip_suffix('/').unwrap_or(base);
        let base = if base.contains("://") {
            base.to_owned()
        } else {
            format!("https://{base}")
        };
        let expected = || {
            Fault::bad_config(
                "/instance",
                "expected the address of a server, such as https://mastodon.example",
            )
        };
        // Plain http is the host's to refuse: an operator may have made an exception for an address of the same machine.
        let parts = uri::parts(&base).ok_or_else(expected)?;
        let plain = parts.path.is_empty() && parts.query.is_none() && parts.fragment.is_none();
        if !plain || !matches!(parts.scheme, "https" | "http") {
            return Err(expected());
        }
        let host = uri::host(&base).ok_or_else(expected)?;
        let streaming = match written.streaming.as_deref().map(str::trim) {
            Some(given) if !given.is_empty() => stream_base(given)?,
            _ => base.replacen("http", "ws", 1),
        };
        let (of_plan, mut terms) = of_plan(&job.plan);
        if !written.search {
            terms.clear();
        }
        let given = if written.hashtags.iter().all(|tag| folded(tag).is_none()) {
            of_plan
        } else {
            written.hashtags
        };
        let mut tags: Vec<String> = Vec::new();
        for tag in given.iter().filter_map(|tag| folded(tag)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let capped = tags.len() > MOST_TAGS || terms.len() > MOST_TERMS;
        tags.truncate(MOST_TAGS);
        terms.truncate(MOST_TERMS);
        Ok(Self {
            base,
            host,
            tags,
            terms,
            capped,
            events: streaming.starts_with("http"),
            streaming,
            singly: written.recheck_singly,
        })
    }

    /// All that is read, in its order: hashtags, then searches (marked by `true`).
    pub(crate) fn units(&self) -> Vec<(bool, &str)> {
        let tags = self.tags.iter().map(|tag| (false, tag.as_str()));
        tags.chain(self.terms.iter().map(|term| (true, term.as_str())))
            .collect()
    }

    /// An address of the server's stream.
    pub(crate) fn streaming<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Uri {
        Uri::base(&self.streaming)
            .path(["api", "v1", "streaming"])
            .path(path)
    }

    /// An address of the server's API.
    pub(crate) fn api<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Uri {
        Uri::base(&self.base).path(["api"]).path(path)
    }
}

/// The address of a stream, without a slash at the end.
fn stream_base(given: &str) -> Result<String, Fault> {
    let base = given.strip_suffix('/').unwrap_or(given);
    let plain = uri::parts(base).is_some_and(|parts| {
        let known = matches!(parts.scheme, "wss" | "ws" | "https" | "http");
        known && parts.path.is_empty() && parts.query.is_none() && parts.fragment.is_none()
    });
    if plain {
        Ok(base.to_owned())
    } else {
        let expected = "expected the address of a stream, such as wss://streaming.mastodon.example";
        Err(Fault::bad_config("/streaming", expected))
    }
}

/// A hashtag as it is asked for; nothing if nothing is left of it, or more than any network takes.
fn folded(tag: &str) -> Option<String> {
    let tag = tag.trim().trim_start_matches(['#', '＃']).to_lowercase();
    // No hashtag holds such signs, and in a path some of them would be more than text.
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || (c.is_ascii_punctuation() && c != '_');
    ((1..=256).contains(&tag.len()) && !tag.contains(odd)).then_some(tag)
}

/// The hashtags that a post may have to match the plan, and the words and phrases that it may hold: all that is named, but for what is
/// excluded.
fn of_plan(plan: &QueryPlan) -> (Vec<String>, Vec<String>) {
    let mut found = Vec::new();
    let mut terms: Vec<String> = Vec::new();
    let Some(root) = plan.nodes.len().checked_sub(1) else {
        return (found, terms);
    };
    // What the server would take for more than words stays out of the search.
    let bare = |text: &str| {
        text.replace(['"', ':', '#', '@'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut search = |term: String| {
        if (1..=256).contains(&term.len()) && !terms.contains(&term) {
            terms.push(term);
        }
    };
    let mut seen = vec![false; plan.nodes.len()];
    let mut waiting = vec![root];
    while let Some(index) = waiting.pop() {
        let (Some(node), Some(seen)) = (plan.nodes.get(index), seen.get_mut(index)) else {
            continue;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        match node {
            PlanNode::Hashtag(tag) => found.push(tag.clone()),
            PlanNode::Word(word) => search(bare(word).trim_start_matches('-').to_owned()),
            PlanNode::Phrase(phrase) if !bare(phrase).is_empty() => {
                search(format!("\"{}\"", bare(phrase)));
            }
            PlanNode::All(children) | PlanNode::Any(children) => {
                waiting.extend(children.iter().rev().map(|child| *child as usize));
            }
            _ => {}
        }
    }
    (found, terms)
}

#[cfg(test)]
mod tests {
    use isocial_sdk::connector::Budget;

    use super::*;

    pub(crate) fn job(config: &str, nodes: Vec<PlanNode>) -> Job {
        Job {
            plan: QueryPlan { nodes },
            config: config.into(),
            state: None,
            budget: Budget {
                items: 100,
                requests: 4,
            },
            now: 1_772_600_767_000,
            since: None,
        }
    }

    #[test]
    fn hashtags_come_from_the_configuration_or_else_from_the_plan() {
        let plan = || {
            vec![
                PlanNode::Hashtag("Lotus".into()),
                PlanNode::Hashtag("spam".into()),
                PlanNode::None(1),
                PlanNode::Word("bike".into()),
                PlanNode::Any(vec![0, 3]),
                PlanNode::All(vec![4, 2, 99]),
            ]
        };
        let read = |config: &str| Source::of(&job(config, plan())).unwrap().tags;
        assert_eq!(read(r#"{"instance":"plaza.example"}"#), ["lotus"]);
        assert_eq!(
            read(
                r##"{"instance":"https://plaza.example/","hashtags":["#Bikes","bikes"," ","a/b","..","Xe_Đạp"]}"##
            ),
            ["bikes", "xe_đạp"]
        );
        assert_eq!(
            read(r#"{"instance":"plaza.example","hashtags":[" "]}"#),
            ["lotus"]
        );
    }

    #[test]
    fn words_and_phrases_are_searched_for_where_that_is_wanted() {
        let plan = || {
            vec![
                PlanNode::Word("-bike".into()),
                PlanNode::Phrase("two \"wheels\"".into()),
                PlanNode::Word("from:x".into()),
                PlanNode::Word("never".into()),
                PlanNode::None(3),
                PlanNode::Any(vec![0, 1, 2]),
                PlanNode::All(vec![5, 4, 0]),
            ]
        };
        let source = |config: &str| Source::of(&job(config, plan())).unwrap();
        let wanted = source(r#"{"instance":"plaza.example","search":true}"#);
        assert_eq!(wanted.terms, ["bike", "\"two wheels\"", "from x"]);
        assert!(source(r#"{"instance":"plaza.example"}"#).terms.is_empty());
    }

    #[test]
    fn an_address_is_a_server_and_nothing_more() {
        for bad in [
            "",
            "https://",
            "ftp://a.example",
            "https://a.example/@x",
            "https://a.example?x",
        ] {
            let config = serde_json::json!({ "instance": bad }).to_string();
            assert!(
                matches!(
                    Source::of(&job(&config, Vec::new())),
                    Err(Fault::BadConfig(_))
                ),
                "{bad}"
            );
        }
        let source = Source::of(&job(r#"{"instance":"http://127.0.0.1:81"}"#, Vec::new())).unwrap();
        assert_eq!(
            source.api(["v1", "x y"]).to_string(),
            "http://127.0.0.1:81/api/v1/x%20y"
        );
    }
}
