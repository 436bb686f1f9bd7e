//! What is printed reads back as the same query; nothing that anybody writes can break the reader.

use isocial_query::{parse, parse_stored, parse_with_lints};
use proptest::prelude::*;

use crate::making::query;

fn check(source: &str) {
    if let Ok(query) = parse_stored(source) {
        let printed = query.to_string();
        let again = parse_stored(&printed).unwrap_or_else(|errors| {
            panic!("{source:?} prints {printed:?}, which is refused: {errors}")
        });
        assert_eq!(query.root(), again.root(), "{source:?} prints {printed:?}");
        assert_eq!(query.stable_hash(), again.stable_hash());
    }
    match parse_with_lints(source) {
        Ok(parsed) => {
            for lint in parsed.lints {
                assert!(source.get(lint.span).is_some());
                for fix in lint.fixes {
                    assert!(source.get(fix.span).is_some());
                }
            }
        }
        Err(errors) => {
            assert!(!errors.errors().is_empty());
            for error in errors.errors() {
                assert!(source.get(error.span.clone()).is_some(), "{error:?}");
                assert!(error.line >= 1 && error.column >= 1 && !error.expected.is_empty());
                if let Some(fix) = &error.fix {
                    assert!(source.get(fix.span.clone()).is_some());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn printing_and_reading_change_nothing(query in query()) {
        let printed = query.to_string();
        let again = parse_stored(&printed).map_err(|errors| TestCaseError::fail(format!("{printed}: {errors}")))?;
        prop_assert_eq!(query.root(), again.root(), "{}", printed);
        prop_assert_eq!(query.stable_hash(), again.stable_hash());
        if let Ok(saved) = parse(&printed) {
            prop_assert_eq!(saved.root(), query.root());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(source in any::<String>()) {
        check(&source);
    }

    #[test]
    fn anything_like_a_query_is_read_or_refused(parts in prop::collection::vec(prop::sample::select(vec![
        "lumora", "a", "phở", "汽车", "ﷺ", "İ", "ß", "👍🏽", "don't", "co-op", "2.0", "*", "?", "car*", "bri?l", "\"", "“", "”", "\"a b\"", "~3", "~", "(", ")", "((", " ", " ", " ", "\n",
        "AND", "OR", "NOT", "-", "NEAR", "NEAR/3", "ONEAR/2f", "NEAR/x", "and", "title:", "author:@an", "author:", "lang:en", "likes:>3", "likes:1..2", "rating:0.5", "url:shop.example/a?b=1", "site:",
        "entity:person", "entity:\"person\"", "sentiment:", "foo:bar", "http://x.example", "#tag", "#1", "@list", "/*", "*/", "/* c */", ">=2:x", "SENTENCE(", "&&", ":", "\u{AD}", "\u{301}", "＂", "＃x",
    ]), 0..14)) {
        check(&parts.concat());
    }
}

#[test]
fn deep_and_long_texts_are_refused_without_harm() {
    for text in [
        "(".repeat(8000),
        "NOT(".repeat(2000),
        "-(".repeat(4000),
        "title:(".repeat(1000),
        "a NEAR ".repeat(1000) + "a",
        "a ".repeat(4000),
        "\"".repeat(8000),
        "a OR ".repeat(1600) + "a",
        "x".repeat(300_000),
    ] {
        check(&text);
    }
}
