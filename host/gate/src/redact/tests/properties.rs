//! Laws of redaction, on arbitrary texts: spans lie inside and on characters, a second redaction finds nothing, and the work grows with
//! the text and not faster.

use proptest::prelude::*;

use super::super::{OwnHandles, Redactor, TEXT_MAX_BYTES, detect::MASK, redact, work};

/// Pieces of details, the words around them, signs that join and part them, tokens, and characters that fold.
const PIECES: &[&str] = &[
    "0912",
    "345",
    "678",
    "06",
    "12",
    "34",
    "(024)",
    "+84",
    "+1",
    "00",
    "415-555-2671",
    "4111 1111 1111 1111",
    "DE89",
    "3704 0044 0532 0130 00",
    "123-45-6789",
    "AB 12 34 56 C",
    "RSSMRA85T10A562S",
    "12345678Z",
    "X1234567L",
    "529.982.247-25",
    "2345 6789 0124",
    "192.0.2.17",
    "2001:db8::1",
    "00:1A:2B:3C:4D:5E",
    "10.762622, 106.660172",
    "48°51'29\"N",
    "an@example.vn",
    "@an",
    "@",
    "https://",
    "://",
    "?token=abcd1234",
    "an:pw@x.example",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "call me at ",
    "order no. ",
    "ssn ",
    "cccd ",
    "card ",
    "fax",
    " office",
    "x123",
    "ext. 5",
    "license number ",
    "driver's license ",
    "passport ",
    "📞",
    "電話",
    "sđt",
    "Natalia",
    "Mrs. ",
    "⟦phone:1⟧",
    "⟦secret:1⟧",
    "⟧",
    "⟦",
    "\u{200B}",
    "⑩",
    "⒈",
    "①",
    "٣",
    "０",
    "\u{301}",
    "é",
    "中",
    " ",
    " ",
    " ",
    "-",
    ".",
    "/",
    ",",
    ":",
    "=",
    "#",
    "_",
    "%",
    "$",
    "\n",
    "(",
    ")",
    "a",
    "x",
    "1",
    "2",
    "9",
    "0",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

/// The tokens in a text, in order.
fn tokens(text: &str) -> Vec<&str> {
    text.match_indices('⟦')
        .filter_map(|(start, _)| {
            let rest = text.get(start..)?;
            let token = rest.get(..rest.find('⟧')? + '⟧'.len_utf8())?;
            let (family, number) = token
                .trim_start_matches('⟦')
                .trim_end_matches('⟧')
                .split_once(':')?;
            let plain = family.bytes().all(|b| b.is_ascii_lowercase())
                && number.len() <= 4
                && number.bytes().all(|b| b.is_ascii_digit());
            plain.then_some(token)
        })
        .collect()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => soup(), 1 => any::<String>(), 1 => "[0-9 .()/+-]{0,60}", 1 => "[0-9a-f:. -]{0,60}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn details_lie_inside_the_text_in_order_and_apart(text in any_text(), strict in any::<bool>()) {
        let own = OwnHandles::default();
        let details = Redactor::new(&own).strict(strict).details(&text);
        let Ok(details) = details else { return Ok(()) };
        let length = text.chars().count();
        let mut done = 0;
        for detail in details {
            prop_assert!(detail.start <= detail.end && detail.end <= length, "{detail:?} of {length}");
            if detail.label != "DOMAIN_NAME" {
                prop_assert!(done <= detail.start, "{detail:?}");
                done = detail.end;
            }
        }
    }

    #[test]
    fn tokens_of_an_earlier_redaction_stay(text in any_text(), strict in any::<bool>()) {
        let own = OwnHandles::default();
        let (mut once, mut twice) = (String::new(), String::new());
        if Redactor::new(&own).strict(strict).append(&text, &mut once).is_err()
            || Redactor::new(&own).strict(strict).append(&once, &mut twice).is_err()
        {
            return Ok(());
        }
        // A number that the first reading left beside a token may be taken by the second; what was taken is never given back or read.
        let mut later = tokens(&twice).into_iter();
        for token in tokens(&once) {
            prop_assert!(later.any(|t| t == token), "{token} of {once} is not in {twice}, from {text}");
        }
    }

    #[test]
    fn edits_begin_and_end_between_characters(text in any_text()) {
        let redacted = redact(&text, &OwnHandles::default());
        let Ok(redacted) = redacted else { return Ok(()) };
        for edit in &redacted.edits().0 {
            prop_assert!(text.is_char_boundary(edit.old_start as usize) && text.is_char_boundary(edit.old_end as usize));
            prop_assert!(redacted.text().is_char_boundary(edit.new_start as usize) && redacted.text().is_char_boundary(edit.new_end as usize));
        }
    }
}

/// What would make a detector that reads back, or reads again, take quadratic time.
const HOSTILE: &[&str] = &[
    "@",
    "a@",
    "a@a.",
    "1 ",
    "1-",
    "12 34 ",
    "+1",
    "::",
    "a:",
    "a:1:",
    "1.1.1.1.",
    "://a?b=",
    "://",
    "http://a.b ",
    "de89 ",
    "0912",
    "0912 345 678 ",
    "\u{200B}@",
    "()1",
    "@a-",
    "a1",
    "1a",
    "AB 12 ",
    "RSSMRA",
    "1.2345,",
    "1.2345, ",
    "48°51'",
    "°",
    "license 1",
    "passport no ",
    "00-",
    "00:",
    "001a.",
    "call 1",
    "tel tel 1234567 ",
    "1234567 officeoffice",
    "⑩",
    "x1",
    "1x1",
    "an@example.vn ",
    "Anna ",
    "Mrs. ",
    "4111 1111 1111 1111 ",
    "bc1q",
    "0x",
    "1234567\n",
    "  1234567  \n",
    "https://x.y/?a=1&b=2&token=abcd ",
    "⟦secret:1⟧@",
    "é",
    "１２３ ",
];

/// The work of one text of so many bytes.
fn steps(unit: &str, bytes: usize) -> u64 {
    let text = unit.repeat(bytes / unit.len());
    let own = OwnHandles::default();
    let mut out = String::new();
    work::taken();
    // Refused or not, the work was done.
    let _ = Redactor::new(&own).strict(true).append(&text, &mut out);
    work::taken()
}

#[test]
fn work_grows_with_the_text_and_not_faster() {
    for unit in HOSTILE {
        let (small, large) = (steps(unit, TEXT_MAX_BYTES / 8), steps(unit, TEXT_MAX_BYTES));
        assert!(
            large <= small * 9 + 10_000,
            "{unit:?}: {small} steps for an eighth, {large} for the whole"
        );
        // A text is read a bounded number of times, with a bounded look around each place.
        assert!(
            large <= TEXT_MAX_BYTES as u64 * 1_500,
            "{unit:?}: {large} steps"
        );
    }
}

#[test]
fn masks_are_no_part_of_any_detail() {
    // A writer who uses the mask himself gains nothing: it parts details as any control character does.
    let text = format!("0912{}345678", char::from(MASK));
    assert_eq!(redact(&text, &OwnHandles::default()).unwrap().text(), text);
}
