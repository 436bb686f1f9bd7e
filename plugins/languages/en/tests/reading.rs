//! What the English pack reads from invented sentences, and that no text breaks it.

use isocial_sdk::{
    language::{EmotionLabel, EntityKind, LanguagePack, SentimentLabel, Tasks},
    reading::{Opinion, Polarity, TOPICS},
};
use isocial_testkit::reading::{batch, declared_topics, out_of_bounds, target};
use plugin_en::{English, analyze_native};
use proptest::prelude::*;

fn score(text: &str) -> f32 {
    analyze_native(text).opinion.score
}

fn polarity(text: &str) -> Polarity {
    analyze_native(text).opinion.polarity
}

#[test]
fn plain_opinions_are_read() {
    assert_eq!(
        polarity("I love the new Zentora kettle, it is wonderful!"),
        Polarity::Positive
    );
    assert_eq!(
        polarity("Horrible service at Brello, I hate waiting for rude staff"),
        Polarity::Negative
    );
    assert_eq!(
        polarity("Zentora opens its shop on Elm Road at 9:00 on Monday http"),
        Polarity::Neutral
    );
}

#[test]
fn negation_turns_an_opinion_within_its_clause() {
    assert!(score("the food was good") > 0.0 && score("the food was not good") < 0.0);
    assert!(score("I don't think it is good") < 0.0 && score("it isn’t good") < 0.0);
    assert!(score("no, it is good") > 0.0, "the comma ends the reach");
    assert!(score("never had any problem with it") > score("had a problem with it"));
}

#[test]
fn intensifiers_and_dampers_change_the_strength() {
    assert!(score("very good") > score("good") && score("good") > score("slightly good"));
    assert!(score("extremely bad") < score("bad") && score("bad") < score("a bit bad"));
    assert!(score("pretty bad") < 0.0);
}

#[test]
fn what_follows_but_counts_more() {
    assert!(score("great screen but terrible battery") < 0.0);
    assert!(score("terrible battery but great screen") > 0.0);
}

#[test]
fn capitals_letters_and_marks_add_emphasis() {
    assert!(score("the kettle is GREAT today") > score("the kettle is great today"));
    assert!(score("goooood") > score("good"));
    assert!(
        score("GREAT KETTLE") <= score("great kettle") + 0.001,
        "all capitals are no emphasis"
    );
}

#[test]
fn questions_say_less() {
    assert!(score("is it good?") < score("it is good."));
}

#[test]
fn emoji_emoticons_and_tags_count() {
    assert_eq!(polarity("😡😡"), Polarity::Negative);
    assert_eq!(polarity(":)"), Polarity::Positive);
    assert!(score("#WorstServiceEver") < 0.0);
}

#[test]
fn phrases_mean_other_than_their_words() {
    assert!(score("can't wait for the launch") > 0.0 && score("I can't stand the noise") < 0.0);
    assert!(score("you can't go wrong with it") > 0.0 && score("what a waste of money") < 0.0);
    assert!(score("see you at the bus stop").abs() < 0.01);
}

#[test]
fn redacted_details_say_nothing() {
    let plain = analyze_native("thanks for the lovely kettle");
    let masked = analyze_native("⟦user:1⟧ thanks for the lovely kettle ⟦mail:1⟧");
    assert!((plain.opinion.score - masked.opinion.score).abs() < 1e-6);
    assert!(masked.named.is_empty(), "{:?}", masked.named);
}

#[test]
fn other_languages_and_empty_texts_are_unknown() {
    for text in ["", "   ", "⟦user:1⟧", "https://example.com", "1234", "¿¡…"] {
        let reading = analyze_native(text);
        assert_eq!(
            (reading.opinion.polarity, reading.tongue.confidence),
            (Polarity::Unknown, None),
            "{text:?}"
        );
        assert_eq!(reading.opinion, Opinion::UNKNOWN, "{text:?}");
    }
    for text in [
        "El servicio de esta tienda es muy malo pero la comida está bien",
        "Das ist nicht gut und ich bin sehr enttäuscht von dem Gerät",
        "Sản phẩm này rất tệ, tôi không hài lòng chút nào",
        "Пиво хорошее и очень вкусное, спасибо большое",
        "这个产品非常好",
        "هذا المنتج جيد جدا وأنا أحبه",
    ] {
        assert_eq!(analyze_native(text).tongue.confidence, None, "{text}");
    }
    assert!(
        analyze_native("I think this is the best one that we have had")
            .tongue
            .confidence
            .unwrap()
            > 0.8
    );
}

#[test]
fn emotions_are_named_unless_negated() {
    let first = |text: &str| analyze_native(text).feelings.first().map(|f| f.0);
    assert_eq!(
        first("I am so furious and outraged"),
        Some(EmotionLabel::Anger)
    );
    assert_eq!(
        first("scared and worried about the recall"),
        Some(EmotionLabel::Fear)
    );
    assert_eq!(first("we are not angry"), None);
}

#[test]
fn names_are_found_with_their_spans() {
    let text = "Yesterday John Brambles bought a Zentora X200 at Elmwood Station for Brello Group #GlowWeek";
    let named = analyze_native(text).named;
    let found: Vec<_> = named
        .iter()
        .map(|n| (&text[n.start as usize..n.end as usize], n.sort))
        .collect();
    assert_eq!(
        found,
        [
            ("John Brambles", EntityKind::Person),
            ("Zentora X200", EntityKind::Product),
            ("Elmwood Station", EntityKind::Place),
            ("Brello Group", EntityKind::Organisation),
            ("#GlowWeek", EntityKind::Other),
        ]
    );
}

#[test]
fn topics_and_phrases_say_what_it_is_about() {
    let text = "the delivery was delayed and the courier lost my parcel";
    let reading = analyze_native(text);
    assert_eq!(TOPICS[reading.topics[0].0 as usize], "delivery");
    let text = "their vacuum cleaner warranty is a mess";
    let phrases: Vec<_> = analyze_native(text)
        .phrases
        .iter()
        .map(|p| &text[p.0 as usize..p.1 as usize])
        .collect();
    assert_eq!(phrases, ["vacuum cleaner warranty"]);
}

#[test]
fn a_target_gets_the_opinion_of_its_own_clause() {
    let text = "Zentora is awesome, Brello is awful.";
    let at = |name| target(text, name).unwrap();
    let answers = English::analyze(&batch(
        &[text],
        vec![at("Brello"), at("Zentora")],
        Tasks::SENTIMENT,
    ))
    .unwrap();
    let labels: Vec<_> = answers.target_sentiment.iter().map(|s| s.label).collect();
    assert_eq!(labels, [SentimentLabel::Negative, SentimentLabel::Positive]);
}

#[test]
fn the_manifest_declares_the_topics_in_the_same_order() {
    assert_eq!(declared_topics(include_str!("../plugin.toml")), TOPICS);
}

#[test]
fn only_what_is_asked_is_answered() {
    let texts = ["I love Zentora kettles, great price", "", "awful"];
    let all = English::analyze(&batch(
        &texts,
        Vec::new(),
        Tasks::LANGUAGE | Tasks::SENTIMENT | Tasks::EMOTIONS | Tasks::ENTITIES | Tasks::TOPICS,
    ))
    .unwrap();
    assert_eq!(
        (all.sentiment.len(), all.language.len(), all.languages.len()),
        (3, 3, 1)
    );
    assert_eq!(all.sentiment[1].label, SentimentLabel::Unknown);
    assert!(!all.topics.is_empty() && all.entities.iter().any(|e| e.kind != EntityKind::Person));
    let one = English::analyze(&batch(&texts, Vec::new(), Tasks::TOPICS)).unwrap();
    assert!(
        one.sentiment.is_empty()
            && one.language.is_empty()
            && one.entities.is_empty()
            && one.emotions.is_empty()
    );
    assert_eq!(one.topics.len(), all.topics.len());
}

#[test]
fn order_and_company_change_nothing() {
    let texts = [
        "great phone",
        "terrible phone",
        "NOT bad at all :)",
        "⟦user:1⟧ why?",
    ];
    let forward = English::analyze(&batch(&texts, Vec::new(), Tasks::SENTIMENT))
        .unwrap()
        .sentiment;
    let mut turned = texts;
    turned.reverse();
    let mut backward = English::analyze(&batch(&turned, Vec::new(), Tasks::SENTIMENT))
        .unwrap()
        .sentiment;
    backward.reverse();
    assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
}

#[test]
fn a_huge_text_is_read() {
    for piece in [
        "good ", "a", "#", "⟦", "!?", "é", "\u{301}", "👍", "can't ", ":-", "not ",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let reading = analyze_native(&text);
        assert!(
            reading.opinion.score.is_finite()
                && reading.named.len() <= 64
                && reading.phrases.len() <= 8
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_read_within_bounds(text in "(?s)(\\PC|[ a-zA-Z'#@:;().!?\n⟦⟧-]|good|not|but|http://){0,80}") {
        check(&text)?;
    }

    #[test]
    fn any_characters_are_read_within_bounds(text in any::<String>()) {
        check(&text)?;
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(out_of_bounds::<English>(text), None);
    Ok(())
}
