//! The index finds exactly what asking every query finds.

use std::{collections::BTreeMap, sync::Arc};

use isocial_query::{Doc, Index, Scratch, Truth, evaluate};
use proptest::prelude::*;

use crate::making::{labeled, post, query};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_index_equals_asking_every_query(
        queries in prop::collection::vec(query(), 1..40),
        posts in prop::collection::vec(post(), 1..12),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        learn in any::<bool>(),
    ) {
        let mut index = Index::new();
        let mut scratch = Scratch::default();
        let mut doc = Doc::default();
        if learn {
            for _ in 0..600 {
                index.learn(&Doc::of(&labeled(posts[0].clone())));
            }
        }
        let mut all: BTreeMap<usize, Arc<_>> = BTreeMap::new();
        for (key, query) in queries.into_iter().enumerate() {
            let query = Arc::new(query);
            all.insert(key, query.clone());
            index.insert(key, query);
        }
        for place in removed {
            let key = place.index(index.len() + 1);
            prop_assert_eq!(index.remove(key), all.remove(&key).is_some());
        }
        // What was removed makes room for what comes; what has the same key is replaced.
        if let Some((&key, query)) = all.iter().next() {
            let query = query.clone();
            index.insert(1000, query.clone());
            index.insert(key, query.clone());
            all.insert(1000, query);
        }
        prop_assert_eq!(index.len(), all.len());
        for post in posts {
            doc.refill(&labeled(post));
            let mut found = BTreeMap::new();
            index.matches(&doc, &mut scratch, |key, truth| assert!(found.insert(key, truth).is_none(), "found twice"));
            let expected: BTreeMap<usize, Truth> = all
                .iter()
                .map(|(&key, query)| (key, evaluate(query, &doc, None)))
                .filter(|&(_, truth)| truth != Truth::No)
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn an_emptied_index_is_empty() {
    let mut index = Index::new();
    for (key, text) in [
        "lumora car*",
        "\"new car\" OR #phở",
        "author:an",
        "site:shop.example",
        "mention:an",
    ]
    .iter()
    .enumerate()
    {
        index.insert(key, Arc::new(isocial_query::parse(text).expect("sound")));
    }
    assert_eq!((index.len(), index.always_asked()), (5, 0));
    for key in 0..5 {
        assert!(index.remove(key));
    }
    assert!(index.is_empty() && !index.remove(0) && index.get(0).is_none());
}

#[test]
fn other_queries_cost_a_post_nothing() {
    let mut index = Index::new();
    for key in 0..2000 {
        let text = format!(
            "brand{key} OR \"{key}x motors\" OR author:user{key} OR fabric{key}a* OR site:s{key}.example"
        );
        index.insert(key, Arc::new(isocial_query::parse(&text).expect("sound")));
    }
    let mut scratch = Scratch::default();
    let doc = Doc::of(&labeled(crate::making::says(
        "I drove a brand7 home, see https://s9.example/x and fabric11ab motors",
    )));
    let mut found = Vec::new();
    index.matches(&doc, &mut scratch, |key, _| found.push(key));
    found.sort_unstable();
    assert_eq!(found, [7, 9, 11]);
    assert_eq!(scratch.candidates(), 3);
}
