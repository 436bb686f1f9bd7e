//! What other rooms are given: the full-text bridge, the network plan, names.

use isocial_model::{
    connector::PlanNode,
    post::{Author, Post},
};
use isocial_query::{
    Doc, Truth, evaluate, fts_query, handles_in_query, hashtags_of, parse, parse_stored, plan,
};
use proptest::prelude::*;

use crate::making::{labeled, post, query, says};

/// Runs the expressions that `fts_query` makes, as FTS5 does: phrases over words, `*` after a phrase, `AND`, `OR`, parentheses.
struct Expression<'a> {
    rest: &'a str,
    words: Vec<&'a str>,
}

impl Expression<'_> {
    fn group(&mut self) -> bool {
        let mut value = self.one();
        loop {
            if let Some(rest) = self.rest.strip_prefix(" AND ") {
                self.rest = rest;
                value &= self.one();
            } else if let Some(rest) = self.rest.strip_prefix(" OR ") {
                self.rest = rest;
                value |= self.one();
            } else {
                return value;
            }
        }
    }

    fn one(&mut self) -> bool {
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            let value = self.group();
            self.rest = self.rest.strip_prefix(')').expect("closed");
            return value;
        }
        let rest = self.rest.strip_prefix('"').expect("a phrase");
        let (phrase, rest) = rest.split_once('"').expect("closed");
        let prefix = rest.strip_prefix(" *");
        self.rest = prefix.unwrap_or(rest);
        let wanted: Vec<&str> = phrase.split(' ').collect();
        assert!(
            phrase
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' '),
            "{phrase}"
        );
        self.words.windows(wanted.len()).any(|window| {
            let last = wanted.len() - 1;
            window[..last] == wanted[..last]
                && if prefix.is_some() {
                    window[last].starts_with(wanted[last])
                } else {
                    window[last] == wanted[last]
                }
        })
    }
}

fn finds(expression: &str, tokens: &str) -> bool {
    let mut run = Expression {
        rest: expression,
        words: tokens.split(' ').collect(),
    };
    let value = run.group();
    assert!(run.rest.is_empty(), "{expression}");
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn full_text_finds_at_least_what_matches(query in query(), posts in prop::collection::vec(post(), 1..6)) {
        if let Some(expression) = fts_query(&query) {
            for post in posts {
                let doc = Doc::of(&labeled(post));
                let tokens = doc.fts_tokens();
                prop_assert!(tokens.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' '));
                if evaluate(&query, &doc, None) != Truth::No {
                    prop_assert!(finds(&expression, &tokens), "{} as {} in {}", query, expression, tokens);
                }
            }
        }
    }

    #[test]
    fn plans_are_trees_with_children_first(query in query()) {
        let plan = plan(&query);
        prop_assert!(!plan.nodes.is_empty());
        for (at, node) in plan.nodes.iter().enumerate() {
            let children: &[u32] = match node {
                PlanNode::All(children) | PlanNode::Any(children) => children,
                PlanNode::None(child) => std::slice::from_ref(child),
                _ => &[],
            };
            prop_assert!(children.iter().all(|&child| (child as usize) < at));
        }
    }
}

#[test]
fn identities_never_reach_the_full_text() {
    let author = Author {
        handle: Some("canaryhandle".into()),
        native_id: Some("canaryid".into()),
        display_name: Some("Canaryname".into()),
        ..Author::default()
    };
    let post = Post {
        author: Some(author),
        url: Some("https://canaryhome.example/1".into()),
        ..says("hello there")
    };
    let tokens = Doc::of(&labeled(post)).fts_tokens();
    let hex = |text: &str| {
        text.bytes()
            .fold(String::new(), |out, b| out + &format!("{b:02x}"))
    };
    for secret in ["canaryhandle", "canaryid", "canaryname", "canaryhome"] {
        assert!(
            !tokens.contains(secret) && !tokens.contains(&hex(secret)),
            "{tokens}"
        );
    }
    assert_eq!(tokens, format!("zb whello wthere zx n{}", hex("mastodon")));
}

#[test]
fn candidates_come_from_what_is_required() {
    let made = |source: &str| fts_query(&parse_stored(source).expect(source));
    assert_eq!(
        made("lumora AND \"new car\" -brillo lang:en").as_deref(),
        Some("(\"wlumora\" AND \"wnew wcar\")")
    );
    assert_eq!(
        made("lumora OR phở").as_deref(),
        Some("(\"wlumora\" OR \"x7068e1bb9f\")")
    );
    assert_eq!(
        made("lum*").as_deref(),
        Some("(\"wlum\" * OR \"x6c756d\" *)")
    );
    assert_eq!(made("lumora OR author:an"), None);
    assert_eq!(made("NOT lumora"), None);
}

#[test]
fn a_plan_asks_for_at_least_what_matches() {
    let nodes = |source: &str| plan(&parse_stored(source).expect(source)).nodes;
    let word = |text: &str| PlanNode::Word(text.into());
    assert_eq!(nodes("lumora"), [word("lumora")]);
    assert_eq!(
        nodes("(lumora OR \"l'Orange 汽车\") AND #phở AND author:An_Tran AND NOT car"),
        [
            word("lumora"),
            PlanNode::Phrase("l'orange 汽车".into()),
            PlanNode::Any(vec![0, 1]),
            PlanNode::Hashtag("phở".into()),
            PlanNode::Author("An_Tran".into()),
            word("car"),
            PlanNode::None(5),
            PlanNode::All(vec![2, 3, 4, 6]),
        ]
    );
    // What cannot be excluded exactly is not excluded.
    assert_eq!(nodes("lumora -title:car")[1], PlanNode::Other("not".into()));
    assert_eq!(
        nodes("lumora -(car NEAR/3 red)")[1],
        PlanNode::Other("not".into())
    );
    assert_eq!(nodes("lumora likes:>5")[1], PlanNode::Other("likes".into()));
    assert_eq!(
        nodes("lumor* lang:en site:shop.example"),
        [
            PlanNode::Other("wildcard".into()),
            PlanNode::Language("en".into()),
            PlanNode::Domain("shop.example".into()),
            PlanNode::All(vec![0, 1, 2]),
        ]
    );
    assert_eq!(nodes("*"), [PlanNode::Other("everything".into())]);
}

#[test]
fn names_in_a_query_are_known() {
    let query =
        parse("(lumora OR mention:Lumora_Care) -author:@an_tran #Lumora \"so #bad\" -#promo")
            .expect("sound");
    assert_eq!(handles_in_query(&query), ["Lumora_Care", "an_tran"]);
    assert_eq!(hashtags_of(&query), ["bad", "lumora"]);
}
