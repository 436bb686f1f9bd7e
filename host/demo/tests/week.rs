//! The week: the same for the same seed, plausible, and about nobody real.

use std::collections::{BTreeMap, HashSet};

use isocial_demo::{Fate, SamplePost, Stance, Subject, Tongue, Week, week::Visibility, week::fold};
use isocial_model::Instant;

/// Monday, 2 March 2026, 17:00 UTC: midnight where the week is lived.
const START: Instant = Instant(1_772_470_800_000);

fn week() -> Week {
    Week::generate(7, START)
}

fn share(posts: &[SamplePost], of: impl Fn(&SamplePost) -> bool) -> f64 {
    posts.iter().filter(|post| of(post)).count() as f64 / posts.len() as f64
}

#[test]
fn same_seed_gives_the_same_bytes_twice_and_another_seed_does_not() {
    assert_eq!(format!("{:?}", week()), format!("{:?}", week()));
    assert_ne!(week().posts, Week::generate(8, START).posts);
}

#[test]
fn has_about_2400_posts_three_in_five_of_them_english() {
    for seed in [1, 7, 42] {
        let week = Week::generate(seed, START);
        assert!(
            (2_200..=2_650).contains(&week.posts.len()),
            "{} posts",
            week.posts.len()
        );
        let english = share(&week.posts, |post| post.truth.tongue == Tongue::English);
        assert!((0.55..0.65).contains(&english), "{english}");
    }
}

#[test]
fn posts_lie_inside_the_week_in_order_of_their_ids() {
    let week = week();
    assert!(
        week.posts
            .windows(2)
            .all(|two| two[0].id < two[1].id && two[0].created <= two[1].created)
    );
    assert!(
        week.posts
            .iter()
            .all(|post| (week.start..week.end()).contains(&post.created))
    );
    assert!(
        week.posts
            .iter()
            .all(|post| post.id >> 16 == post.created.as_millis().unsigned_abs())
    );
}

#[test]
fn what_is_said_to_be_about_the_brand_names_it_and_noise_names_nobody() {
    for post in &week().posts {
        let text = post.first.text.to_lowercase();
        match post.truth.subject {
            Subject::Brand => assert!(text.contains("ryndola"), "{text}"),
            Subject::Competitor => {
                assert!(!text.contains("ryndola"), "{text}");
                assert!(
                    text.contains("voltekka") || text.contains("pedrimo"),
                    "{text}"
                );
            }
            Subject::Noise => {
                assert!(
                    ["ryndola", "voltekka", "pedrimo"]
                        .iter()
                        .all(|name| !text.contains(name)),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn crisis_is_twelve_times_as_loud_and_mostly_angry() {
    let week = week();
    let (from, to) = week.crisis();
    assert_eq!(to.as_millis() - from.as_millis(), 3 * Instant::HOUR_MS);
    let about = |shift: i64| {
        let span = from.plus_ms(shift * Instant::DAY_MS)..to.plus_ms(shift * Instant::DAY_MS);
        week.posts.iter().filter(move |post| {
            post.truth.subject == Subject::Brand && span.contains(&post.created)
        })
    };
    let usual = [-3, -2, -1, 2, 3]
        .map(|shift| about(shift).count())
        .iter()
        .sum::<usize>() as f64
        / 5.0;
    let ratio = about(0).count() as f64 / usual;
    assert!((9.0..15.0).contains(&ratio), "{ratio}");
    let angry = about(0)
        .filter(|post| post.truth.stance == Stance::Negative)
        .count();
    assert!(
        angry * 10 > about(0).count() * 7,
        "{angry} of {}",
        about(0).count()
    );
    assert!(
        week.posts
            .iter()
            .all(|post| !post.truth.crisis || post.created >= from)
    );
}

#[test]
fn crisis_falls_on_the_fourth_day_whatever_the_hour_of_the_start() {
    for hour in 0..24 {
        let week = Week::generate(1, START.plus_ms(hour * Instant::HOUR_MS + 12_345));
        let into = week.crisis().0.as_millis() - week.start.as_millis();
        assert!(
            (3 * Instant::DAY_MS..4 * Instant::DAY_MS).contains(&into),
            "{hour}: {into}"
        );
    }
}

#[test]
fn nights_are_quieter_than_evenings() {
    let week = week();
    let mut hours: BTreeMap<i64, usize> = BTreeMap::new();
    for post in week.posts.iter().filter(|post| !post.truth.crisis) {
        *hours
            .entry((post.created.as_millis() - week.start.as_millis()) / Instant::HOUR_MS % 24)
            .or_default() += 1;
    }
    assert!(
        hours[&18] > 5 * hours.get(&3).copied().unwrap_or(0),
        "{hours:?}"
    );
}

#[test]
fn every_post_is_in_one_of_the_four_timelines() {
    for post in &week().posts {
        assert!(
            post.tags
                .iter()
                .any(|tag| Week::HASHTAGS.contains(&fold(tag).as_str())),
            "{:?}",
            post.tags
        );
    }
}

#[test]
fn tags_are_folded_as_the_network_folds_them() {
    assert_eq!(fold("XeĐiện"), "xedien");
    assert_eq!(fold("RYNDOLA"), "ryndola");
    assert_eq!(fold("CàPhê"), "caphe");
}

#[test]
fn texts_vary_and_no_slot_stays_empty() {
    let week = week();
    let distinct: HashSet<&str> = week
        .posts
        .iter()
        .map(|post| post.first.text.as_str())
        .collect();
    assert!(
        distinct.len() * 100 > week.posts.len() * 97,
        "{} of {}",
        distinct.len(),
        week.posts.len()
    );
    for post in &week.posts {
        for shown in [Some(&post.first), post.later.as_ref()]
            .into_iter()
            .flatten()
        {
            assert!(!shown.text.contains(['{', '}']), "{}", shown.text);
            assert!(!shown.text.contains("  "), "{}", shown.text);
            assert!(
                shown.html.starts_with("<p>") && shown.html.ends_with("</p>"),
                "{}",
                shown.html
            );
        }
    }
}

#[test]
fn vietnamese_is_written_with_its_marks() {
    let week = week();
    let vietnamese: Vec<_> = week
        .posts
        .iter()
        .filter(|post| post.truth.tongue == Tongue::Vietnamese)
        .collect();
    assert!(
        vietnamese
            .iter()
            .all(|post| fold(&post.first.text) != post.first.text.to_lowercase())
    );
}

#[test]
fn everything_that_a_monitor_must_cope_with_occurs() {
    let week = week();
    let count =
        |of: &dyn Fn(&SamplePost) -> bool| week.posts.iter().filter(|post| of(post)).count();
    assert!(count(&|post| post.visibility == Visibility::Unlisted) > 40);
    assert!(count(&|post| post.visibility == Visibility::Restricted) > 10);
    assert!(count(&|post| post.visibility == Visibility::Private) > 3);
    assert!(count(&|post| post.language.is_none()) > 100);
    assert!(count(&|post| post.answers.is_some()) > 150);
    assert!(count(&|post| !post.mentions.is_empty()) > 200);
    assert!(count(&|post| !post.spoiler.is_empty()) > 30);
    assert!(count(&|post| post.sensitive && post.spoiler.is_empty()) > 10);
    assert!(count(&|post| post.link.is_some()) > 150);
    assert!(count(&|post| post.picture.is_some()) > 150);
    assert!(count(&|post| matches!(post.fate, Fate::Edited { .. })) > 30);
    assert!(count(&|post| post.fate == Fate::Deleted) > 30);
    assert!(count(&|post| !week.people[post.author].findable) > 30);
    assert!(count(&|post| week.people[post.author].bot) > 5);
    for sign in ["@", "+1 ", "+84 ", "+44 ", "4111 1111"] {
        assert!(
            count(&|post| post.truth.personal && post.first.text.contains(sign)) > 0,
            "{sign}"
        );
    }
}

#[test]
fn replies_answer_earlier_public_posts_of_others() {
    let week = week();
    for (index, post) in week.posts.iter().enumerate() {
        let Some(answered) = post.answers else {
            continue;
        };
        assert!(answered < index);
        assert_eq!(week.posts[answered].visibility, Visibility::Public);
        assert_ne!(week.posts[answered].author, post.author);
        assert!(post.mentions.contains(&week.posts[answered].author));
    }
}

#[test]
fn edits_change_the_text_within_the_week() {
    let week = week();
    for post in &week.posts {
        match (&post.fate, &post.later) {
            (Fate::Edited { at }, Some(later)) => {
                assert!(*at > post.created && *at <= week.end());
                assert!(
                    later.text.starts_with(&post.first.text)
                        && later.text.len() > post.first.text.len()
                );
            }
            (Fate::Edited { .. }, None) => panic!("an edit without a text"),
            (_, later) => assert!(later.is_none()),
        }
    }
}

#[test]
fn handles_are_unique_and_personal_details_lead_nowhere() {
    let week = week();
    let accts: HashSet<String> = week.people.iter().map(isocial_demo::Person::acct).collect();
    assert_eq!(accts.len(), week.people.len());
    let ids: HashSet<u64> = week.people.iter().map(|person| person.id).collect();
    assert_eq!(ids.len(), week.people.len());
    for post in &week.posts {
        // Whatever looks like a mail address ends in a name that nobody can register.
        for word in post
            .first
            .text
            .split_whitespace()
            .filter(|word| word.find('@').is_some_and(|at| at > 0))
        {
            let word = word.trim_end_matches(['.', ',', '!', ':']);
            assert!(word.ends_with(".example"), "{word}");
        }
    }
}

#[test]
fn every_address_is_under_example() {
    let week = week();
    let mut all: Vec<String> = week
        .posts
        .iter()
        .flat_map(|post| [post.first.html.clone(), post.first.text.clone()])
        .collect();
    all.extend(
        week.posts
            .iter()
            .filter_map(|post| post.later.as_ref().map(|later| later.html.clone())),
    );
    all.extend(
        week.people
            .iter()
            .flat_map(|person| [person.url(), person.uri()]),
    );
    all.extend(
        week.press
            .iter()
            .chain(&week.blog)
            .map(|article| article.url.clone()),
    );
    let mut seen = 0;
    for text in &all {
        for rest in text.split("://").skip(1) {
            let host = rest
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-')
                .next()
                .unwrap();
            // The scheme stands alone where the network hides it from the eye.
            if host.is_empty() && rest.starts_with("</span>") {
                continue;
            }
            assert!(host.ends_with(".example"), "{host} in {text}");
            seen += 1;
        }
    }
    assert!(seen > 4_000, "{seen}");
}

#[test]
fn press_writes_about_the_recall_only_after_it() {
    let week = week();
    for article in week.press.iter().chain(&week.blog) {
        assert!(
            (week.start..week.end()).contains(&article.published),
            "{}",
            article.title
        );
        if article.title.contains("Breeze 2") {
            assert!(article.published > week.crisis().0, "{}", article.title);
        }
    }
    assert!(week.press.len() >= 20 && week.blog.len() >= 9);
    assert!(
        week.press
            .windows(2)
            .all(|two| two[0].published <= two[1].published)
    );
    let ids: HashSet<&str> = week
        .press
        .iter()
        .chain(&week.blog)
        .map(|article| article.id.as_str())
        .collect();
    assert_eq!(ids.len(), week.press.len() + week.blog.len());
}
