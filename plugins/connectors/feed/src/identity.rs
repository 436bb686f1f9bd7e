//! What an item is called: its own id, else its address, else what it says.

/// FNV-1a with 128 bits: tells items apart, and is no secret.
fn hash(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        })
}

/// A short name for these bytes.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    format!("{:032x}", hash(bytes))
}

/// The item's name on the whole network of feeds.
///
/// An id that is a URI names the item wherever it is published, as RFC 4287 wants it; any other is its feed's own, and gets the feed's
/// address before it. One that is too long or holds what no id may hold becomes its fingerprint.
pub(crate) fn of(
    feed: &str,
    id: Option<&str>,
    link: Option<&str>,
    said: [Option<&str>; 2],
) -> String {
    let given = |text: &&str| !text.is_empty();
    let name = if let Some(id) = id.map(str::trim).filter(given) {
        if is_uri(id) {
            id.to_owned()
        } else {
            format!("{feed}#{id}")
        }
    } else if let Some(link) = link.filter(given) {
        link.to_owned()
    } else {
        let [title, text] = said.map(Option::unwrap_or_default);
        format!(
            "{feed}#{}",
            fingerprint(format!("{title}\n{text}").as_bytes())
        )
    };
    let plain = name.len() <= 512 && !name.chars().any(char::is_control);
    if plain {
        name
    } else {
        format!("hash:{}", fingerprint(name.as_bytes()))
    }
}

/// Whether text begins as a URI of a kind that is unique by itself.
fn is_uri(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let known = ["http", "https", "urn", "tag", "uuid", "doi"];
    scheme.len() < text.len()
        && known.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "https://news.example/feed";

    #[test]
    fn an_item_is_called_by_the_best_that_it_has() {
        let none = [None, None];
        assert_eq!(
            of(
                FEED,
                Some(" tag:news.example,2026:7 "),
                Some("https://x.example/"),
                none
            ),
            "tag:news.example,2026:7"
        );
        assert_eq!(
            of(FEED, Some("7"), Some("https://x.example/"), none),
            "https://news.example/feed#7"
        );
        assert_eq!(
            of(FEED, Some("a: b"), None, none),
            "https://news.example/feed#a: b"
        );
        assert_eq!(
            of(FEED, Some(" "), Some("https://x.example/"), none),
            "https://x.example/"
        );
        let said = |title, text| of(FEED, None, None, [title, text]);
        assert_ne!(said(Some("a"), None), said(None, Some("a")));
        assert_eq!(said(Some("a"), Some("b")), said(Some("a"), Some("b")));
        let long = of(FEED, Some(&"x".repeat(600)), None, none);
        assert!(long.starts_with("hash:") && long.len() == 37);
        assert!(of(FEED, Some("a\u{0}b"), None, none).starts_with("hash:"));
    }
}
