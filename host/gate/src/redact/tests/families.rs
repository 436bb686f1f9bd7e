//! One table a family: forms that are taken, and their like that is not. All numbers are made up or published as examples.

use crate::redact::{OwnHandles, Redactor};

/// What is found, as type and text.
pub(super) fn found(text: &str) -> Vec<(&'static str, String)> {
    let own = OwnHandles::default();
    let details = Redactor::new(&own).details(text).unwrap();
    details
        .iter()
        .map(|d| {
            (
                d.label,
                text.chars().skip(d.start).take(d.end - d.start).collect(),
            )
        })
        .collect()
}

/// Each text holds one detail of this type, between the brackets.
#[track_caller]
fn takes(label: &str, texts: &[&str]) {
    for marked in texts {
        let text = marked.replace(['[', ']'], "");
        let detail = marked.split(['[', ']']).nth(1).unwrap();
        assert_eq!(
            found(&text),
            [(label, detail.to_owned())] as [(&str, String); 1],
            "{text}"
        );
    }
}

/// None of these texts holds anything.
#[track_caller]
fn leaves(texts: &[&str]) {
    for text in texts {
        let mut found = found(text);
        // A link is one, whatever stands in it.
        found.retain(|(label, _)| *label != "DOMAIN_NAME" || !text.starts_with("https://"));
        assert_eq!(found, [], "{text}");
    }
}

#[test]
fn telephones_of_ten_countries_are_taken() {
    takes(
        "PHONE_NUMBER",
        &[
            // Vietnam
            "[0912 345 678]",
            "gọi [+84 912 345 678] nhé",
            "[(024) 3825 1234]",
            "[02838251234]",
            "SĐT: [84912345678]",
            "liên hệ [1900 6067]",
            // United States
            "[415-555-2671]",
            "[(415) 555-2671]",
            "[415.555.2671]",
            "[+1 415 555 2671] now",
            "[1-415-555-2671]",
            "[415-555-2671 ext. 12]",
            "[001-415-555-2671x992]",
            "call me at [4155552671]",
            "my number is [415 555 2671]",
            // United Kingdom
            "[020 7946 0958]",
            "[07700 900123]",
            "[+44 (0)20 7946 0958]",
            "[+447700900123]",
            "T: [01632 960 983]",
            // Germany
            "[030 901820]",
            "[+49 30 901820]",
            "[0171/1234567]",
            "Telefon: [089 1234567]",
            "[0171 123 45 67]",
            // France
            "[06 12 34 56 78]",
            "[06.12.34.56.78]",
            "[+33 6 12 34 56 78]",
            "appelez le [01 23 45 67 89]",
            // Spain
            "[+34 612 345 678]",
            "[612 34 56 78]",
            "[612-345-678]",
            "llámame al [612 345 678]",
            "[91 123 45 67]",
            // Italy
            "[+39 347 123 4567]",
            "[347 123 4567]",
            "[347 1234567]",
            "[06 6982 1234]",
            // Brazil
            "[(11) 91234-5678]",
            "[+55 11 91234-5678]",
            "[11 91234-5678]",
            "[11 3123-4567]",
            "[91234-5678]",
            // India
            "[98765 43210]",
            "[9876543210]",
            "[+91 98765 43210]",
            "[+91-9876543210]",
            "[919876543210]",
            // Japan
            "[090-1234-5678]",
            "[03-1234-5678]",
            "[+81 90-1234-5678]",
            "電話[0312345678]",
            // Elsewhere, and beside words
            "[138 1234 5678]",
            "reach us on [9472 7916]",
            "[9472 7916] office\nthen",
            "☎ [555 0143]",
            "[71-33-52-22] (mobile)",
        ],
    );
}

#[test]
fn numbers_that_are_no_telephones_stay() {
    leaves(&[
        "order 415-555-2671 has come",
        "ticket no. 9876543210",
        "8 million, 8 000 000 and 12 000 000 people called",
        "called 500 000 people",
        "01 02 03 04 05",
        "24.12.2025 18 30 00",
        "2010 2011 2012 2013",
        "call me maybe 24/7",
        "2014-2015 and 1999-2000",
        "$ 612 345 678",
        "612 345 678 €",
        "isbn 9780306406157",
        "https://example.com/status/9876543210987654",
        "https://example.com/p/9876543210",
        "won 100-200-300",
        "9999999999",
        "7000000000 people",
        "3.14159265358",
        "0.123456789",
        "https://x.example/4111111111111111",
        "score 21-18 21-19 21-17",
    ]);
}

#[test]
fn cards_are_taken_by_prefix_and_check_digit() {
    takes(
        "CREDIT_CARD",
        &[
            "[4111 1111 1111 1111]",
            "[5555-5555-5555-4444]",
            "[378282246310005]",
            "[3782 822463 10005]",
            "[213112345678904]",
            "[180012345678905]",
            "[2221123456789014]",
            "[6011123456789019]",
            "[6200123456789010]",
            "[501812345673]",
            "[30569309025904]",
        ],
    );
    leaves(&[
        "4111 1111 1111 1112",
        "1111111111111117",
        "0000 0000 0000 0000",
    ]);
}

#[test]
fn accounts_and_machines_are_taken() {
    takes(
        "IBAN_CODE",
        &[
            "[DE89 3704 0044 0532 0130 00]",
            "[GB29NWBK60161331926819]",
            "[fr1420041010050500013m02606]",
        ],
    );
    // With a wrong check, or of no country, it is no account; that a part of it reads as a telephone is too much, not too little.
    for text in ["DE89 3704 0044 0532 0130 01", "ZZ89 3704 0044 0532 0130 00"] {
        assert!(
            found(text).iter().all(|(label, _)| *label != "IBAN_CODE"),
            "{text}"
        );
    }
    takes(
        "IP_ADDRESS",
        &[
            "[192.0.2.17]",
            "[2001:db8::1f]",
            "[6e40:4041:c617:e898:c11:40d2:c669:2eb4] blocked",
            "at [203.0.113.9].",
        ],
    );
    leaves(&["1.2.3.4", "10.4.2.1.9", "256.1.1.12", "12::", "at 10:30:45"]);
    leaves(&[
        "cập nhật 11.0.6.0",
        "MIUI 10.3.5.0 is out",
        "firmware version: 12.14.20.3",
    ]);
    takes(
        "MAC_ADDRESS",
        &[
            "[00:1A:2B:3C:4D:5E]",
            "[00-1a-2b-3c-4d-5e]",
            "[001a.2b3c.4d5e]",
            "is [de:ad:be:ef:ca:fe]!",
        ],
    );
    leaves(&[
        "00:1A:2B:3C:4D",
        "00-1A-2B-3C-4D-5E-6F",
        "10:20:30:40:50",
        "12-11-10-09-08",
    ]);
}

#[test]
fn identity_numbers_are_taken_by_their_checks() {
    takes(
        "VN_CCCD",
        &[
            "CCCD [001203012345]",
            "[079 203 012 345]",
            "CMND [123456789]",
            "CCCD [0012 0301 2345]",
        ],
    );
    takes(
        "US_SSN",
        &[
            "[123-45-6789]",
            "my SSN is [123 45 6789]",
            "social security number: [123456789]",
            "[849-66-3189]",
        ],
    );
    takes("US_ITIN", &["[912-70-1234]"]);
    takes(
        "UK_NINO",
        &["[AB123456C]", "[AB 12 34 56 C]", "ni [ab123456c]"],
    );
    takes("DE_TAX_ID", &["[65929970489]", "[65 929 970 489]"]);
    takes(
        "FR_NIR",
        &[
            "[1 84 12 76 451 089 46]",
            "[184127645108946]",
            "[1 85 02 2A 123 456 82]",
        ],
    );
    takes(
        "ES_NIF",
        &[
            "[12345678Z]",
            "[12345678-Z]",
            "[12.345.678-Z]",
            "dni [12345678z]",
        ],
    );
    takes("ES_NIE", &["[X1234567L]", "[X-1234567-L]"]);
    takes(
        "IT_FISCAL_CODE",
        &[
            "[RSSMRA85T10A562S]",
            "[rssmra85t10a562s]",
            "[RSS MRA 85T10 A562S]",
        ],
    );
    takes(
        "BR_CPF",
        &["[529.982.247-25]", "CPF [52998224725]", "[529 982 247 25]"],
    );
    takes("BR_CNPJ", &["[11.222.333/0001-81]", "[11222333000181]"]);
    takes(
        "IN_AADHAAR",
        &["[2345 6789 0124]", "aadhaar no. [234567890124]"],
    );
    takes("IN_PAN", &["PAN: [ABCPE1234F]"]);
    takes(
        "US_DRIVER_LICENSE",
        &[
            "My driver's license number is [6940579]",
            "driving licence: [MORGA753116SM9IJ]",
            "Driver License [D123-4567]",
        ],
    );
    takes(
        "PASSPORT",
        &["passport no. [C01X00T47]", "Passport number is [123456789]"],
    );
}

#[test]
fn identity_numbers_with_a_wrong_check_stay() {
    leaves(&[
        "097203012345",
        "001403012345",
        "000-45-6789",
        "666-45-6789",
        "123-00-6789",
        "123-45-0000",
        "GB123456C",
        "AB123456E",
        "DF123456C",
        "65929970480",
        "1 84 12 76 451 089 47",
        "12345678A",
        "12345678 Z",
        "X1234567A",
        "RSSMRA85T10A562T",
        "529.982.247-26",
        "111.111.111-11",
        "11.222.333/0001-82",
        "2345 6789 0125",
        "234567890124",
        "ABCDE1234F",
        "we license 123456 songs",
        "passport control 2025",
    ]);
}

#[test]
fn wallets_are_taken_by_their_checksums() {
    takes(
        "CRYPTO",
        &[
            "[1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]",
            "[3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy]",
            "[bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4]",
            "[BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4]",
            "[bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0]",
            "eth [0x52908400098527886E0F7030069857D2E4169EE7]",
        ],
    );
    leaves(&[
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "0x52908400098527886E0F7030069857D2E4169EE",
    ]);
}

#[test]
fn places_to_within_metres_are_taken() {
    takes(
        "COORDINATES",
        &[
            "[10.762622, 106.660172]",
            "at [-33.8568,151.2153].",
            "[48.8584° N, 2.2945° E]",
            "[48.858 N, 2.294 E]",
            "[48°51'29.6\"N 2°17'40.2\"E]",
            "[48°51′N, 2°17′E]",
        ],
    );
    leaves(&[
        "10.76, 106.66",
        "1.2345",
        "91.1234, 12.1234",
        "12.1234 and 13.1234",
        "it is 30° here, 25° there",
        "48°51'29.6\"N",
    ]);
    assert_eq!(
        found("https://maps.example/@10.762622,106.660172,15z")
            .first()
            .map(|f| f.0),
        Some("DOMAIN_NAME")
    );
    assert!(
        found("https://maps.example/@10.762622,106.660172,15z")
            .iter()
            .any(|f| f.0 == "COORDINATES")
    );
}

#[test]
fn links_are_listed_and_secrets_in_them_taken() {
    takes(
        "DOMAIN_NAME",
        &[
            "see [https://www.shop.example/] now",
            "([http://a.example.com/x?y=1])",
            "[HTTPS://Shop.Example]!",
        ],
    );
    leaves(&["http via", "a :// b", "http://localhost", "no ://// yes"]);
    assert_eq!(
        found("https://an:pw@shop.example/?api_key=abcd1234"),
        [
            (
                "DOMAIN_NAME",
                "https://an:pw@shop.example/?api_key=abcd1234".to_owned()
            ),
            ("URL_SECRET", "an:pw".to_owned()),
            ("URL_SECRET", "abcd1234".to_owned())
        ]
    );
}

#[test]
fn strict_mode_takes_names_and_the_usual_mode_leaves_them() {
    let own = OwnHandles::default();
    let text = "Thanks to Mrs. Oduya and Natalia Venn, not Grace or grace. Hope Natalia's well; Mark Quay too.";
    assert_eq!(found(text), []);
    let mut redactor = Redactor::new(&own).strict(true);
    let mut out = String::new();
    redactor.append(text, &mut out).unwrap();
    assert_eq!(
        out,
        "Thanks to Mrs. ⟦name:1⟧ and ⟦name:2⟧, not Grace or grace. ⟦name:3⟧'s well; ⟦name:4⟧ too."
    );
}
