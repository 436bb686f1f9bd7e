//! Errors say where, what was expected, and repair it with one click.

use isocial_query::{Doubt, ParseError, Problem, parse, parse_stored, parse_with_lints};

fn first(source: &str) -> ParseError {
    parse(source).expect_err(source).errors()[0].clone()
}

/// The source after the first error's repair.
fn repaired(source: &str) -> String {
    first(source)
        .fix
        .unwrap_or_else(|| panic!("no fix for {source}"))
        .apply(source)
}

#[test]
fn repairs_make_queries_that_read() {
    for (source, expected) in [
        ("auhtor:an lumora", "author:an lumora"),
        ("re:invent", "\"re:invent\""),
        ("(lumora OR brillo", "(lumora OR brillo)"),
        ("\"new car", "\"new car\""),
        ("lumora)", "lumora"),
        ("lumora AND", "lumora "),
        ("lumora && brillo", "lumora AND brillo"),
        ("lumora NEAR/x car", "lumora NEAR/4 car"),
        ("\"a b\"~", "\"a b\"~4"),
        ("lumora lang:English", "lumora lang:en"),
        ("lumora sentiment:negativ", "lumora sentiment:negative"),
        ("lumora type:repyl", "lumora type:reply"),
        ("lumora rating:>=4", "lumora rating:>=0.8"),
        ("lumora likes:9..3", "lumora likes:3..9"),
        ("site:shop.example/cars", "site:shop.example"),
        ("https://shop.example/cars", "url:https://shop.example/cars"),
        ("ca*", "ca"),
        ("@lumora_care", "mention:lumora_care"),
        ("lumora author: an", "lumora author:an"),
        (
            "car NOT lumora NEAR/3 brillo",
            "car NOT (lumora NEAR/3 brillo)",
        ),
        ("car NOT NOT lumora", "car NOT lumora"),
        ("lumora /* brand", "lumora /* brand */"),
        ("lumora~2", "lumora"),
        ("lumora ()", "lumora "),
    ] {
        assert_eq!(repaired(source), expected, "{source}");
        parse(expected).unwrap_or_else(|errors| panic!("{expected}: {errors}"));
    }
}

#[test]
fn an_error_says_line_column_and_span() {
    let source = "lumora AND\n  (phở OR auhtor:an)";
    let error = first(source);
    assert_eq!((error.line, error.column), (2, 11));
    assert_eq!(&source[error.span.clone()], "auhtor");
    assert_eq!(
        error.problem,
        Problem::UnknownField {
            name: "auhtor".into()
        }
    );
    assert!(error.expected.contains("author_name"));
    assert_eq!(
        error.to_string(),
        "line 2, column 11: there is no field `auhtor`"
    );
}

#[test]
fn several_errors_are_told_at_once() {
    let errors = parse("auhtor:an tilte:(x OR y) ca* likes:many").expect_err("four errors");
    assert_eq!(errors.errors().len(), 4, "{errors}");
}

#[test]
fn what_requires_nothing_is_not_saved() {
    for source in [
        "NOT lumora",
        "-lumora -brillo",
        "lumora OR NOT brillo",
        "sentiment:negative",
        "network:mastodon",
        "lang:en likes:>5",
        "*",
        "lumora OR lang:en",
    ] {
        assert_eq!(first(source).problem, Problem::NothingRequired, "{source}");
        parse_stored(source).unwrap_or_else(|errors| panic!("{source}: {errors}"));
    }
    for source in [
        "lumora -brillo",
        "lumora OR author:an",
        "#lumora lang:en",
        "site:shop.example",
        "lumora OR (brillo AND likes:>5)",
        "NOT x AND (a1 OR b1)",
    ] {
        parse(source).unwrap_or_else(|errors| panic!("{source}: {errors}"));
    }
}

#[test]
fn limits_of_saving_hold() {
    assert_eq!(
        first(&"lumora ".repeat(1200)).problem,
        Problem::TooLong {
            bytes: 8400,
            max: 8192
        }
    );
    assert_eq!(
        first(&"a ".repeat(2001)).problem,
        Problem::TooManyTerms {
            terms: 2001,
            max: 2000
        }
    );
    assert!(parse(&"a ".repeat(2000)).is_ok());
    assert_eq!(
        first(&"lum* ".repeat(21)).problem,
        Problem::TooManyWildcards {
            wildcards: 21,
            max: 20
        }
    );
    assert!(parse(&"lum* ".repeat(20)).is_ok());
    let nested = |levels: usize| "(".repeat(levels) + "a" + &")".repeat(levels);
    assert!(parse(&nested(32)).is_ok());
    assert_eq!(first(&nested(33)).problem, Problem::TooDeep { max: 32 });
    assert_eq!(
        first("ab*").problem,
        Problem::ShortPrefix {
            written: "ab*".into(),
            min: 3
        }
    );
    assert_eq!(
        first("삼*").problem,
        Problem::ShortPrefix {
            written: "삼*".into(),
            min: 2
        }
    );
    assert!(parse("abc*").is_ok() && parse("삼성*").is_ok() && parse("汽车*").is_ok());
    assert!(matches!(first("c?r").problem, Problem::ShortPrefix { .. }));
}

#[test]
fn what_comes_later_says_so() {
    for source in [
        "raw:\"x\"",
        "case:NASA",
        "SENTENCE(a b)",
        ">=2:lumora",
        "lumora~1",
        "@competitors",
        "*mora",
        "lu*mora",
        "published:>5 lumora",
        "\"new car*\"~3",
        "hashtags:split lumora",
    ] {
        assert!(
            matches!(first(source).problem, Problem::NotYet { .. }),
            "{source}: {:?}",
            first(source).problem
        );
    }
}

#[test]
fn near_joins_only_what_has_a_place() {
    for source in [
        "(a AND b) NEAR/3 c",
        "a NEAR/3 (b OR NOT c)",
        "a NEAR/3 lang:en",
        "a NEAR -b",
    ] {
        assert!(
            matches!(first(source).problem, Problem::NotPositional { .. }),
            "{source}"
        );
    }
}

#[test]
fn two_bare_words_are_doubted_with_both_readings() {
    let source = "lumora car";
    let lints = parse_with_lints(source).expect("allowed").lints;
    assert_eq!(lints.len(), 1);
    assert_eq!(lints[0].doubt, Doubt::BareWords);
    let readings: Vec<String> = lints[0].fixes.iter().map(|fix| fix.apply(source)).collect();
    assert_eq!(readings, ["\"lumora car\"", "lumora AND car"]);
    for clear in [
        "lumora AND car",
        "\"lumora car\"",
        "lumora -car",
        "lumora #car",
        "lumora lang:en",
        "lumora (car OR cars)",
    ] {
        assert!(
            parse_with_lints(clear).expect(clear).lints.is_empty(),
            "{clear}"
        );
    }
}

#[test]
fn small_operators_are_doubted() {
    let lints = parse_with_lints("lumora or #car").expect("allowed").lints;
    assert!(
        lints
            .iter()
            .any(|lint| lint.doubt == Doubt::SmallOperator && lint.fixes[0].text == "OR")
    );
}
