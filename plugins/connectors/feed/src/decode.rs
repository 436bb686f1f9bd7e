//! Bytes to text: byte order marks, declared encodings, and declarations that are wrong.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use isocial_sdk::connector::Response;

/// The body as text. Bytes that mean nothing in its encoding become U+FFFD: a word is lost then, never an item.
pub(crate) fn text(response: &Response) -> Cow<'_, str> {
    let bytes = response.body.as_slice();
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0;
    }
    let declared = response
        .header("content-type")
        .and_then(charset)
        .or_else(|| declaration(bytes));
    let wide = match bytes {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => None,
    };
    let encoding = wide.or(declared).filter(|encoding| {
        // Whoever could read the declaration did not read two bytes a letter.
        wide.is_some() || (*encoding != UTF_16LE && *encoding != UTF_16BE)
    });
    // What reads as UTF-8 is UTF-8, whatever it says of itself; but escapes of seven bits read as anything.
    let escapes = encoding.is_some_and(|encoding| !encoding.is_ascii_compatible());
    if !escapes && let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    // Where it says UTF-8 and is not, one stray letter is worth less than all the others.
    let encoding = encoding.unwrap_or(WINDOWS_1252);
    encoding.decode_without_bom_handling(bytes).0
}

/// The `charset` of a media type.
fn charset(media_type: &str) -> Option<&'static Encoding> {
    let parameter = media_type.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Encoding::for_label(parameter.trim().trim_matches(['"', '\'']).as_bytes())
}

/// The `encoding` of an XML declaration.
fn declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(256))?;
    let head: String = head.iter().map(|b| char::from(*b)).collect();
    let (declaration, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = rest.get(1..)?.split(quote).next()?;
    Encoding::for_label(label.trim().as_bytes())
}

#[cfg(test)]
mod tests {
    use isocial_sdk::connector::Header;

    use super::*;

    fn read(media_type: Option<&str>, body: &[u8]) -> String {
        let headers = media_type.map(|value| Header {
            name: "content-type".into(),
            value: value.into(),
        });
        text(&Response {
            status: 200,
            headers: headers.into_iter().collect(),
            body: body.to_vec(),
        })
        .into_owned()
    }

    #[test]
    fn marks_come_before_declarations_and_sense_before_both() {
        assert_eq!(read(None, b"\xEF\xBB\xBF<a>\xC3\xA9</a>"), "<a>é</a>");
        assert_eq!(read(None, b"\xFF\xFE<\0a\0>\0\xE9\0"), "<a>é");
        assert_eq!(
            read(Some("text/xml; charset=utf-8"), b"\xFE\xFF\0<\0a\0>"),
            "<a>"
        );
        assert_eq!(read(None, b"<\0a\0>\0"), "<a>");
        assert_eq!(
            read(Some("text/xml; charset=\"ISO-8859-1\""), b"<a>\xE9\x80</a>"),
            "<a>é€</a>"
        );
        assert_eq!(
            read(
                None,
                b"<?xml version='1.0' encoding='windows-1258'?><a>\xEA\xEC</a>"
            ),
            "<?xml version='1.0' encoding='windows-1258'?><a>ê\u{301}</a>"
        );
        assert_eq!(
            read(
                None,
                b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\x83\x81"
            ),
            "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>メ"
        );
        // It says latin-1 and is UTF-8; it says UTF-16 and is not; it says UTF-8 and has one stray byte.
        assert_eq!(
            read(
                Some("text/xml; charset=iso-8859-1"),
                "<a>đẹp</a>".as_bytes()
            ),
            "<a>đẹp</a>"
        );
        assert_eq!(
            read(
                None,
                "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>".as_bytes()
            ),
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>"
        );
        assert_eq!(
            read(Some("text/xml; charset=utf-8"), b"<a>\xE9 b\xC3\xA9</a>"),
            "<a>\u{FFFD} bé</a>"
        );
        assert_eq!(read(None, b"<a>\xE9</a>"), "<a>é</a>");
        assert_eq!(read(None, b""), "");
    }
}
