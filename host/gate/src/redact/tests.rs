mod families;
mod properties;

use proptest::prelude::*;

use super::*;

fn plain(text: &str) -> String {
    redact(text, &OwnHandles::default()).unwrap().into_text()
}

#[test]
fn details_become_tokens() {
    for (text, expected) in [
        ("write to an@example.vn today", "write to ⟦mail:1⟧ today"),
        (
            "an@example.vn, AN@example.vn and binh@example.vn",
            "⟦mail:1⟧, ⟦mail:1⟧ and ⟦mail:2⟧",
        ),
        ("联系an@example.cn吧", "联系⟦mail:1⟧吧"),
        ("müller@beispiel.de.", "⟦mail:1⟧."),
        ("<first.last+tag@sub.example.co.uk>", "<⟦mail:1⟧>"),
        (
            "root@[192.0.2.7] and root@192.0.2.7",
            "⟦mail:1⟧ and ⟦mail:2⟧",
        ),
        (
            "hi @an_nguyen, hi @An_Nguyen and @lan.tran@social.example!",
            "hi ⟦user:1⟧, hi ⟦user:1⟧ and ⟦user:2⟧!",
        ),
        ("@brand.bsky.example: hello", "⟦user:1⟧: hello"),
        ("你好@user_1再见", "你好⟦user:1⟧再见"),
        ("call +84 912 345 678 now", "call ⟦phone:1⟧ now"),
        (
            "+84912345678 or +84 (0) 912-345-678",
            "⟦phone:1⟧ or ⟦phone:2⟧",
        ),
        (
            "0912 345 678, 0912.345.678, 0912345678",
            "⟦phone:1⟧, ⟦phone:1⟧, ⟦phone:1⟧",
        ),
        ("sđt: 84912345678", "sđt: ⟦phone:1⟧"),
        ("0084 912 345 678", "⟦phone:1⟧"),
        ("(024) 3825 1234", "⟦phone:1⟧"),
        ("06 12 34 56 78 / 06.12.34.56.78", "⟦phone:1⟧ / ⟦phone:1⟧"),
        ("020 7946 0958", "⟦phone:1⟧"),
        (
            "415-555-2671 and (415) 555-2671 and +1 415 555 2671",
            "⟦phone:1⟧ and ⟦phone:1⟧ and ⟦phone:2⟧",
        ),
        ("090-1234-5678", "⟦phone:1⟧"),
        ("138 1234 5678 or 13812345678", "⟦phone:1⟧ or ⟦phone:1⟧"),
        ("98765 43210", "⟦phone:1⟧"),
        ("(11) 91234-5678", "⟦phone:1⟧"),
        ("Tel: 612 345 678", "Tel: ⟦phone:1⟧"),
        (
            "card 4111 1111 1111 1111 exp 12/27",
            "card ⟦card:1⟧ exp 12/27",
        ),
        ("4111-1111-1111-1111 4111111111111111", "⟦card:1⟧ ⟦card:1⟧"),
        ("378282246310005", "⟦card:1⟧"),
        ("DE89 3704 0044 0532 0130 00 please", "⟦iban:1⟧ please"),
        (
            "de89370400440532013000, gb29nwbk60161331926819",
            "⟦iban:1⟧, ⟦iban:2⟧",
        ),
        ("gb29 nwbk 6016 1331 9268 19", "⟦iban:1⟧"),
        (
            "from 192.0.2.17 and 2001:db8::1f and [2001:db8::1f]",
            "from ⟦ip:1⟧ and ⟦ip:2⟧ and [⟦ip:2⟧]",
        ),
        ("CCCD 001203012345", "CCCD ⟦id:1⟧"),
        ("123-45-6789", "⟦id:1⟧"),
        (
            "https://an:hunter2@example.com/x",
            "https://⟦secret:1⟧@example.com/x",
        ),
        (
            "https://example.com/?q=shoes&access_token=abcd1234",
            "https://example.com/?q=shoes&access_token=⟦secret:1⟧",
        ),
        (
            "https://example.com/?x=Zk3h8Qm1pR7tY2wL5vB9",
            "https://example.com/?x=⟦secret:1⟧",
        ),
        (
            "https://example.com/?to=an%40example.com",
            "https://example.com/?to=⟦mail:1⟧",
        ),
        (
            "https://example.com/@an_nguyen/1",
            "https://example.com/⟦user:1⟧/1",
        ),
    ] {
        assert_eq!(plain(text), expected, "{text}");
    }
}

#[test]
fn disguises_are_seen_through() {
    for (text, hidden) in [
        ("an\u{200B}@exam\u{200D}ple.vn", "exam"),
        ("a\u{2060}n@example\u{200E}.vn", "example"),
        ("\u{202E}an@example.vn\u{202C}", "example"),
        ("an＠example．vn", "example"),
        ("𝐚𝐧@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐯𝐧", "𝐞𝐱"),
        ("an@example。vn", "example"),
        ("gọi ０９１２ ３４５ ６７８", "３４５"),
        ("०९१२ ३४५ ६७८", "३४५"),
        ("٠٩١٢٣٤٥٦٧٨", "٣٤٥"),
        ("𞥐𞥙𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘", "𞥓𞥔"),
        ("0\u{336}9\u{336}1\u{336}2345678", "345"),
        ("0️⃣9️⃣1️⃣2️⃣345678", "345"),
        ("0912\u{AD}345\u{FEFF}678", "345"),
        ("0912\u{A0}345\u{202F}678", "345"),
        ("4111–1111–1111–1111", "1111"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "١١١١"),
        ("①⑨②.⓪.②.⑰ ¹⁹².0.2.17", "0.2"),
    ] {
        let redacted = plain(text);
        assert!(redacted.contains('⟦'), "{text} → {redacted}");
        if hidden != "0.2" {
            assert!(!redacted.contains(hidden), "{text} → {redacted}");
        }
    }
}

#[test]
fn what_is_no_detail_stays() {
    for text in [
        "only 25.000đ, was 1.250.000 VND",
        "900.000.000 đ or 650 000 000",
        "$1,299.99 and €12.50, 3@15.00",
        "1.234.567,89",
        "2019-2024, since 1987, year 2025",
        "24.12.2025, 2025-12-24, 05/06/2024 15:30",
        "2025-12-24 10:30:45.123",
        "open 09:30-17:45, 7:30 pm, 12:00",
        "order #4021-88731, order 1234567890, invoice 20250001",
        "order 9876543210 has come",
        "#1000000000 #tag2025 #247",
        "chapter 4.2.1, version 10.4.2",
        "ISBN 978-0-306-40615-7",
        "+5 points, +500 000 VND, 100+200",
        "10.76, 106.66 and 1.2345 or 3.1415",
        "50% off, 1/2 price, 16:9, 4:3",
        "std::vector and a::b and ::",
        "c@t lovers @ home, 10 @ 5",
        "R2D2, abc123, COVID19, 4K, iPhone 15",
        "https://example.com/watch?v=dQw4w9WgXcQ&page=2",
        "https://example.com/news/some-long-title-of-2025?keyword=shoes&lang=vi",
        "de89 is a street, AT20 and DE12 are cups",
        "👩‍👩‍👧 family, “quoted” — dashed … done",
        "một trăm hai mươi nghìn đồng",
        "",
    ] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn own_handles_stay_and_look_alikes_do_not() {
    let own = OwnHandles::new(&["@Lumen", "lumen.example"]);
    let text = "@lumen @LUMEN @lumen.example @lumen@other.example @lumen_support";
    assert_eq!(
        redact(text, &own).unwrap().text(),
        "@lumen @LUMEN @lumen.example ⟦user:1⟧ ⟦user:2⟧"
    );
}

#[test]
fn a_value_has_one_token_in_a_whole_call() {
    let own = OwnHandles::default();
    let mut redactor = Redactor::new(&own);
    let mut out = String::new();
    redactor.append("an@example.vn | ", &mut out).unwrap();
    redactor
        .append("binh@example.vn, an@example.vn", &mut out)
        .unwrap();
    assert_eq!(out, "⟦mail:1⟧ | ⟦mail:2⟧, ⟦mail:1⟧");
    assert_eq!(redactor.counts(), BTreeMap::from([("mail", 3)]));
}

#[test]
fn too_long_a_text_is_refused() {
    let text = "a".repeat(TEXT_MAX_BYTES + 1);
    assert_eq!(
        redact(&text, &OwnHandles::default()),
        Err(RedactError::TooLong(TEXT_MAX_BYTES + 1))
    );
}

/// A detail in the middle of words, in the forms of the given kind.
fn detail() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{2,8}(\\.[a-z]{2,6})?@[a-z]{3,9}\\.(vn|com|example)",
        "0[35789][0-9]{8}",
        "\\+84[35789][0-9]{8}",
        "\\+49 [1-9][0-9]{2} [0-9]{7}",
        "[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}",
        "@[a-z]{3,12}",
        "(1[0-9]{2})\\.([1-9][0-9])\\.([1-9])\\.([1-9][0-9])",
        "2001:db8::[1-9][0-9a-f]{3}",
        "4[0-9]{14}".prop_map(|head| {
            let last = (b'0'..=b'9')
                .find(|d| card::luhn(format!("{head}{}", char::from(*d)).as_bytes()))
                .unwrap();
            format!("{head}{}", char::from(last))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn never_panics_and_maps_back(text in "\\PC{0,80}|[0-9 @.:+()a-z/-]{0,80}", own in "[a-z]{0,5}") {
        let own = OwnHandles::new(&[own]);
        let redacted = redact(&text, &own).unwrap();
        // Every character of the redacted text outside tokens is the one of the original that its offset maps back to.
        let new = redacted.text();
        for (at, c) in new.char_indices() {
            let end = at + c.len_utf8();
            if let Some((from, to)) = redacted.edits().back(at as u32, end as u32) {
                prop_assert_eq!(&text[from as usize..to as usize], &new[at..end]);
                prop_assert_eq!(redacted.edits().forward(from, to), Some((at as u32, end as u32)));
            }
        }
        // And what is outside the edits is whole: removing tokens and details leaves the same.
        let kept: usize = redacted.edits().0.iter().map(|e| (e.old_end - e.old_start) as usize).sum();
        let tokens: usize = redacted.edits().0.iter().map(|e| (e.new_end - e.new_start) as usize).sum();
        prop_assert_eq!(text.len() - kept, new.len() - tokens);
    }

    #[test]
    fn seeded_details_never_survive(before in "[a-zà-ỹ ,!]{0,20}", detail in detail(), after in "[a-zà-ỹ ,!]{0,20}") {
        // A word beside it that says nothing: `id 0300000000` is announced as no telephone, and is none.
        let text = format!("{before} lantern {detail} lantern {after}");
        let redacted = plain(&text);
        prop_assert!(!redacted.contains(&detail), "{} → {}", text, redacted);
        prop_assert!(redacted.contains('⟦'));
        // Not in parts either: no five characters of the detail in a row, but where the words around hold them as well.
        for part in detail.as_bytes().windows(5) {
            let part = std::str::from_utf8(part).unwrap();
            if !before.contains(part) && !after.contains(part) && !part.starts_with('@') {
                prop_assert!(!redacted.contains(part), "{} → {}", text, redacted);
            }
        }
    }

    #[test]
    fn invisible_characters_hide_nothing(local in "[a-z]{2,8}", at in 1usize..6, which in 0usize..5) {
        let address = format!("{local}@example.vn");
        let invisible = ['\u{200B}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{AD}'][which];
        let mut hidden = address.clone();
        hidden.insert(at.min(address.len()), invisible);
        let redacted = plain(&format!("write to {hidden} now"));
        prop_assert!(!redacted.contains("example"), "{}", redacted);
    }
}
