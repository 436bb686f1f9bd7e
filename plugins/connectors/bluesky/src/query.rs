//! A query plan as searches that the network can make: each of words, phrases and filters that must all hold.
//!
//! The network's search has no dependable OR and NOT. So alternatives become several searches, and what cannot be asked for is left
//! out: a search then finds more than was wanted, never less, and the host decides about each post.

use isocial_sdk::connector::{Fault, PlanNode, QueryPlan};

use crate::at;

/// Most searches that one plan may become.
const ALTERNATIVES: usize = 64;
/// Most bytes of one search's words.
const WORDS: usize = 1024;

/// One search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Search {
    /// Words and quoted phrases, in order.
    pub(crate) terms: Vec<String>,
    /// Hashtags, without `#`.
    pub(crate) tags: Vec<String>,
    /// Handle or DID of the author.
    pub(crate) author: Option<String>,
    /// Language.
    pub(crate) language: Option<String>,
    /// Host that is linked to.
    pub(crate) domain: Option<String>,
}

impl Search {
    /// The words that are searched for; `*` where filters alone decide.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        let tags = self.tags.iter().map(|tag| format!("#{tag}"));
        for term in self.terms.iter().cloned().chain(tags) {
            if words.len() + term.len() < WORDS {
                if !words.is_empty() {
                    words.push(' ');
                }
                words.push_str(&term);
            }
        }
        if words.is_empty() { "*".into() } else { words }
    }

    /// Whether it asks for less than the whole network or a whole language.
    fn asks(&self) -> bool {
        !self.terms.is_empty()
            || !self.tags.is_empty()
            || self.author.is_some()
            || self.domain.is_some()
    }

    /// Both at once.
    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for term in &other.terms {
            if !both.terms.contains(term) {
                both.terms.push(term.clone());
            }
        }
        for tag in &other.tags {
            if !both.tags.contains(tag) {
                both.tags.push(tag.clone());
            }
        }
        both.author = both.author.or_else(|| other.author.clone());
        both.language = both.language.or_else(|| other.language.clone());
        both.domain = both.domain.or_else(|| other.domain.clone());
        both
    }
}

/// The searches that together find all that a plan may want.
pub(crate) fn searches(plan: &QueryPlan) -> Result<Vec<Search>, Fault> {
    let mut done: Vec<Vec<Search>> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        // Children come before their parents; one that does not is taken for a condition that cannot be asked for.
        let child = |index: &u32| done.get(*index as usize).cloned().unwrap_or_else(anything);
        let found = match node {
            PlanNode::All(children) => children
                .iter()
                .map(child)
                .fold(anything(), |all, next| both(&all, &next)),
            PlanNode::Any(children) => either(children.iter().flat_map(child).collect())?,
            leaf => vec![leaf_search(leaf)],
        };
        done.push(found);
    }
    let searches = done.pop().unwrap_or_default();
    if searches.is_empty() || searches.iter().any(|search| !search.asks()) {
        return Err(Fault::permanent(
            "Bluesky can only be searched for something: name a word, a phrase, a hashtag, an account or a site in every alternative",
        ));
    }
    Ok(searches)
}

/// The search that finds everything: no condition at all.
fn anything() -> Vec<Search> {
    vec![Search::default()]
}

/// Every pair of alternatives, or one side alone where that would be too many.
fn both(left: &[Search], right: &[Search]) -> Vec<Search> {
    if left.len() * right.len() > ALTERNATIVES {
        let asks = |side: &[Search]| side.iter().all(Search::asks);
        return if asks(left) {
            left.to_vec()
        } else {
            right.to_vec()
        };
    }
    left.iter()
        .flat_map(|l| right.iter().map(|r| l.and(r)))
        .collect()
}

fn either(all: Vec<Search>) -> Result<Vec<Search>, Fault> {
    let mut distinct: Vec<Search> = Vec::new();
    for search in all {
        if !distinct.contains(&search) {
            distinct.push(search);
        }
        if distinct.len() > ALTERNATIVES {
            return Err(Fault::permanent(format!(
                "the query has more than {ALTERNATIVES} alternatives, each of them a search of its own: split it"
            )));
        }
    }
    Ok(distinct)
}

fn leaf_search(node: &PlanNode) -> Search {
    let mut search = Search::default();
    match node {
        PlanNode::Word(word) => search.terms.extend(term(word, false)),
        PlanNode::Phrase(phrase) => search.terms.extend(term(phrase, true)),
        PlanNode::Hashtag(tag) => search
            .tags
            .extend(Some(tag.trim_start_matches('#').to_owned()).filter(|t| !t.is_empty())),
        PlanNode::Author(name) => {
            let name = name.trim_start_matches('@');
            search.author = (at::is_did(name) || at::is_handle(name)).then(|| name.to_owned());
        }
        PlanNode::Language(tag) => search.language = Some(tag.clone()).filter(|t| !t.is_empty()),
        PlanNode::Domain(host) => search.domain = Some(host.clone()).filter(|h| !h.is_empty()),
        // What must not be there cannot be asked for, nor what this version does not name.
        _ => {}
    }
    search
}

/// A word as it is, or in quotes where the search could take it for something else.
fn term(text: &str, quote: bool) -> Option<String> {
    let text = text.replace(['"', '\\'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.len() > WORDS - 2 {
        return None;
    }
    let plain =
        !matches!(text.as_str(), "AND" | "OR" | "NOT") && text.chars().all(char::is_alphanumeric);
    Some(if quote || !plain {
        format!("\"{text}\"")
    } else {
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(nodes: Vec<PlanNode>) -> QueryPlan {
        QueryPlan { nodes }
    }
    fn word(word: &str) -> PlanNode {
        PlanNode::Word(word.into())
    }

    #[test]
    fn alternatives_become_searches() {
        let searches = searches(&plan(vec![
            word("lumora"),
            PlanNode::Phrase("iced  tea".into()),
            PlanNode::Any(vec![0, 1]),
            PlanNode::Hashtag("#summer".into()),
            PlanNode::Language("vi".into()),
            word("rain"),
            PlanNode::None(5),
            PlanNode::Other("near".into()),
            PlanNode::All(vec![2, 3, 4, 6, 7]),
        ]))
        .unwrap();
        let words: Vec<String> = searches.iter().map(Search::words).collect();
        assert_eq!(words, ["lumora #summer", "\"iced tea\" #summer"]);
        assert!(
            searches
                .iter()
                .all(|s| s.language.as_deref() == Some("vi") && s.tags == ["summer"])
        );
    }

    #[test]
    fn a_search_for_everything_is_refused() {
        for nodes in [
            vec![],
            vec![PlanNode::Language("en".into())],
            vec![word("a"), PlanNode::None(0)],
            vec![
                word("a"),
                PlanNode::Other("x".into()),
                PlanNode::Any(vec![0, 1]),
            ],
            vec![word("\"")],
            vec![PlanNode::Any(vec![])],
            vec![PlanNode::All(vec![9])],
        ] {
            assert!(
                matches!(searches(&plan(nodes.clone())), Err(Fault::Permanent(_))),
                "{nodes:?}"
            );
        }
    }

    #[test]
    fn many_alternatives_are_asked_one_side_at_a_time_or_refused() {
        let mut nodes: Vec<PlanNode> = (0..20).map(|n| word(&format!("w{n}"))).collect();
        nodes.push(PlanNode::Any((0..10).collect()));
        nodes.push(PlanNode::Any((10..20).collect()));
        nodes.push(PlanNode::All(vec![20, 21]));
        let found = searches(&plan(nodes)).unwrap();
        assert_eq!(
            found.len(),
            10,
            "a superset: the host decides about the rest"
        );
        let mut nodes: Vec<PlanNode> = (0..65).map(|n| word(&format!("w{n}"))).collect();
        nodes.push(PlanNode::Any((0..65).collect()));
        assert!(searches(&plan(nodes)).is_err());
    }

    #[test]
    fn words_that_mean_something_to_a_search_are_quoted() {
        for (given, expected) in [
            ("tea", "tea"),
            ("can't", "\"can't\""),
            ("OR", "\"OR\""),
            ("from:x", "\"from:x\""),
            ("cà", "cà"),
        ] {
            assert_eq!(term(given, false).as_deref(), Some(expected));
        }
        let filtered = Search {
            author: Some("orla.example".into()),
            ..Search::default()
        };
        assert_eq!(filtered.words(), "*");
    }
}
