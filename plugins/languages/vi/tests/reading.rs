//! What the Vietnamese pack reads from invented sentences, and that no text breaks it.

use isocial_sdk::{
    language::{Batch, EmotionLabel, EntityKind, LanguagePack, SentimentLabel, Target, Tasks},
    reading::{Polarity, TOPICS},
};
use isocial_testkit::reading::{batch, declared_topics, out_of_bounds, target};
use plugin_vi::{Vietnamese, analyze_native};
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
        polarity("Ấm đun Zentora rất đẹp, mình rất hài lòng"),
        Polarity::Positive
    );
    assert_eq!(
        polarity("Thất vọng quá, nhân viên Brello thái độ tệ"),
        Polarity::Negative
    );
    assert_eq!(
        polarity("Cửa hàng Zentora mở cửa lúc 9:00 sáng thứ hai"),
        Polarity::Neutral
    );
}

#[test]
fn negation_turns_an_opinion_within_its_clause() {
    for negation in ["không", "ko", "chẳng", "chả", "chưa", "hông", "đâu có"] {
        assert!(score(&format!("máy {negation} tốt")) < 0.0, "{negation}");
        assert!(score(&format!("máy {negation} bị lag")) > 0.0, "{negation}");
    }
    assert!(score("không, máy tốt") > 0.0, "the comma ends the reach");
    assert!(score("không có gì để chê") > 0.0 && score("không chê vào đâu được") > 0.0);
    assert!(score("không chỉ đẹp mà còn bền") > 0.0);
}

#[test]
fn intensifiers_stand_before_and_behind() {
    assert!(score("rất tốt") > score("tốt") && score("tốt lắm") > score("tốt"));
    assert!(score("hơi nóng") > score("nóng") && score("cực kỳ tệ") < score("tệ"));
}

#[test]
fn what_follows_but_counts_more() {
    assert!(score("máy tệ nhưng pin tốt") > score("pin tốt nhưng máy tệ"));
}

#[test]
fn spelling_does_not_matter() {
    let decomposed = "San pha\u{309}m tuye\u{323}\u{302}t vo\u{31b}\u{300}i";
    assert!(score(decomposed) > 0.0);
    assert_eq!(
        score("SẢN PHẨM TUYỆT VỜI") > 0.0,
        score("sản phẩm tuyệt vời") > 0.0
    );
    assert!(
        score("san pham tuyet voi") > 0.0
            && score("hang rat te, that vong") < 0.0
            && score("khong tot chut nao") < 0.0
    );
    assert_eq!(
        analyze_native("hoà nhã, tốt").opinion,
        analyze_native("hòa nhã, tốt").opinion
    );
    assert!(score("đẹpppp") >= score("đẹp"));
}

#[test]
fn short_forms_and_slang_are_known() {
    assert!(score("sp ok, giao nhanh, đáng đồng tiền") > 0.0);
    assert!(score("hàng lởm, cùi bắp, phí tiền") < 0.0);
    assert!(score("xịn xò vl, pin trâu") > 0.0);
}

#[test]
fn ratings_and_emoji_count() {
    assert!(score("cho 5 sao") > 0.0 && score("1 sao cho shop") < 0.0);
    assert_eq!(polarity("😡😡"), Polarity::Negative);
    assert_eq!(polarity("❤️❤️"), Polarity::Positive);
}

#[test]
fn redacted_details_say_nothing() {
    let plain = analyze_native("cảm ơn shop, hàng đẹp");
    let masked = analyze_native("⟦user:1⟧ cảm ơn shop, hàng đẹp ⟦phone:1⟧");
    assert!((plain.opinion.score - masked.opinion.score).abs() < 1e-6);
}

#[test]
fn other_languages_and_empty_texts_are_unknown() {
    for text in ["", "   ", "⟦user:1⟧", "https://example.com", "1234"] {
        let reading = analyze_native(text);
        assert_eq!(
            (reading.opinion.polarity, reading.tongue.confidence),
            (Polarity::Unknown, None),
            "{text:?}"
        );
    }
    for text in [
        "I think this is the best one that we have had so far",
        "El servicio de esta tienda es muy malo pero la comida está bien",
        "Пиво хорошее и очень вкусное, спасибо большое",
        "这个产品非常好",
        "هذا المنتج جيد جدا وأنا أحبه",
    ] {
        assert_eq!(analyze_native(text).tongue.confidence, None, "{text}");
    }
    assert!(
        analyze_native("Mình nghĩ đây là chiếc máy tốt nhất từng dùng")
            .tongue
            .confidence
            .unwrap()
            > 0.8
    );
    assert!(
        analyze_native("minh nghi day la chiec may khong tot nhung cung duoc")
            .tongue
            .confidence
            .is_some()
    );
}

#[test]
fn emotions_are_named_unless_negated() {
    let first = |text: &str| analyze_native(text).feelings.first().map(|f| f.0);
    assert_eq!(
        first("tức giận thật sự, bực mình quá"),
        Some(EmotionLabel::Anger)
    );
    assert_eq!(first("mình không sợ"), None);
}

#[test]
fn names_are_found_with_their_spans() {
    let text = "Hôm qua Nguyễn Văn Mẫu mua Zentora X200 ở Brello #TuầnLễSáng";
    let named = analyze_native(text).named;
    let found: Vec<_> = named
        .iter()
        .map(|n| (&text[n.start as usize..n.end as usize], n.sort))
        .collect();
    assert_eq!(
        found,
        [
            ("Nguyễn Văn Mẫu", EntityKind::Person),
            ("Zentora X200", EntityKind::Product),
            ("Brello", EntityKind::Place),
            ("#TuầnLễSáng", EntityKind::Other),
        ]
    );
}

#[test]
fn topics_say_what_it_is_about() {
    let reading = analyze_native("giao hàng chậm, shipper làm mất đơn hàng");
    assert_eq!(TOPICS[reading.topics[0].0 as usize], "delivery");
    let text = "Mình mua nồi chiên Zentora hôm nay";
    let phrases: Vec<_> = analyze_native(text)
        .phrases
        .iter()
        .map(|p| &text[p.0 as usize..p.1 as usize])
        .collect();
    assert!(
        phrases.iter().any(|p| p.contains("nồi chiên Zentora")),
        "{phrases:?}"
    );
}

/// A batch whose network says that every text is Vietnamese.
fn hinted(texts: &[&str], targets: Vec<Target>, tasks: Tasks) -> Batch {
    Batch {
        hints: vec!["vi-VN".into()],
        hint: vec![0; texts.len()],
        ..batch(texts, targets, tasks)
    }
}

#[test]
fn a_target_gets_the_opinion_of_its_own_clause() {
    let text = "Zentora tuyệt vời, Brello thì quá tệ.";
    let at = |name| target(text, name).unwrap();
    let answers = Vietnamese::analyze(&hinted(
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
    let texts = ["giá rẻ, giao hàng nhanh", "", "tệ"];
    let all = Vietnamese::analyze(&hinted(
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
    let one = Vietnamese::analyze(&hinted(&texts, Vec::new(), Tasks::LANGUAGE)).unwrap();
    assert!(
        one.sentiment.is_empty()
            && one.topics.is_empty()
            && one.entities.is_empty()
            && one.language.len() == 3
    );
}

#[test]
fn a_huge_text_is_read() {
    for piece in [
        "tốt ", "a", "#", "⟦", "!?", "ế", "\u{301}", "👍", "không ", ":-",
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
    fn any_text_is_read_within_bounds(text in "(?s)(\\PC|[ a-zA-Z'#@:;().!?\nđơưệ⟦⟧-]|tốt|không|nhưng|5 sao){0,80}") {
        check(&text)?;
    }

    #[test]
    fn any_characters_are_read_within_bounds(text in any::<String>()) {
        check(&text)?;
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(out_of_bounds::<Vietnamese>(text), None);
    Ok(())
}
