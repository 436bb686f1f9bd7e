//! Addresses: building them with the right percent-encoding, reading their parts, resolving references.
//!
//! Small on purpose: the tables of a full URL library would weigh more than a connector. The host parses every address again, and
//! strictly, before anything is done with it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What may stand in a path segment, a query's name or a query's value as it is: RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes all but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Decodes percent-encoded text; bytes that are no UTF-8 become U+FFFD.
pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An address that is being built.
///
/// ```
/// use isocial_sdk::uri::Uri;
/// let url = Uri::https("social.example").path(["api", "v1", "timelines", "tag", "cà phê"]).query("limit", 40).to_string();
/// assert_eq!(url, "https://social.example/api/v1/timelines/tag/c%C3%A0%20ph%C3%AA?limit=40");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    text: String,
    has_query: bool,
}

impl Uri {
    /// `https://` and this host, which may end in a port.
    pub fn https(host: &str) -> Self {
        Self::base(&format!("https://{host}"))
    }
    /// An address as it is, to which segments and parameters are then added.
    pub fn base(address: &str) -> Self {
        Self {
            text: address.to_owned(),
            has_query: address.contains('?'),
        }
    }
    /// Adds segments to the path, each encoded: a slash inside one does not end it. Call it before [`Uri::query`].
    pub fn path<S: AsRef<str>>(mut self, segments: impl IntoIterator<Item = S>) -> Self {
        for segment in segments {
            if !self.text.ends_with('/') {
                self.text.push('/');
            }
            // `.` and `..` are left out: servers take them as steps, some even when encoded, and no network uses them as names.
            match segment.as_ref() {
                "." | ".." => {}
                segment => self.text.extend(utf8_percent_encode(segment, RESERVED)),
            }
        }
        self
    }
    /// Adds a parameter to the query, both sides encoded.
    pub fn query(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.extend(utf8_percent_encode(name, RESERVED));
        self.text.push('=');
        self.text
            .extend(utf8_percent_encode(&value.to_string(), RESERVED));
        self
    }
    /// Adds a parameter if there is a value.
    pub fn query_opt(self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }
}

impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Uri> for String {
    fn from(uri: Uri) -> Self {
        uri.text
    }
}

/// The parts of an address, as they stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Before `:`, such as `https`.
    pub scheme: &'a str,
    /// Between `//` and the path: host, and port where one is named.
    pub authority: &'a str,
    /// From the first `/` on, or empty.
    pub path: &'a str,
    /// After `?`, if there is one.
    pub query: Option<&'a str>,
    /// After `#`, if there is one.
    pub fragment: Option<&'a str>,
}

/// The parts of an absolute address with an authority; nothing if it is none.
pub fn parts(address: &str) -> Option<Parts<'_>> {
    let (rest, fragment) = split(address, '#');
    let (rest, query) = split(rest, '?');
    let (scheme, rest) = rest.split_once("://")?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(good) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (!authority.is_empty()).then_some(Parts {
        scheme,
        authority,
        path,
        query,
        fragment,
    })
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The host of an absolute address in lower case, without user and port.
pub fn host(address: &str) -> Option<String> {
    let authority = parts(address)?.authority;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The value of a parameter of an address's query, decoded; `+` is a space.
pub fn query_value(address: &str, name: &str) -> Option<String> {
    let (rest, _) = split(address, '#');
    let pairs = split(rest, '?').1?;
    pairs.split('&').find_map(|pair| {
        let (n, v) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(&n.replace('+', " ")) == name).then(|| decode(&v.replace('+', " ")))
    })
}

/// What `reference` means when it stands in the document at `base` (RFC 3986, section 5.2). Nothing if `base` is not absolute.
pub fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.trim();
    if parts(reference).is_some() || has_scheme(reference) {
        return Some(reference.to_owned());
    }
    let base = parts(base)?;
    let root = format!("{}://", base.scheme);
    if let Some(rest) = reference.strip_prefix("//") {
        return Some(format!("{root}{rest}"));
    }
    let (rest, fragment) = split(reference, '#');
    let (path, query) = split(rest, '?');
    let mut whole = root + base.authority;
    if path.is_empty() {
        whole.push_str(base.path);
        push_part(&mut whole, '?', query.or(base.query));
    } else {
        let merged = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!(
                "{}/{path}",
                base.path.rsplit_once('/').map_or("", |(folder, _)| folder)
            ),
        };
        whole.push_str(&without_dots(&merged));
        push_part(&mut whole, '?', query);
    }
    push_part(&mut whole, '#', fragment);
    Some(whole)
}

fn push_part(whole: &mut String, mark: char, part: Option<&str>) {
    if let Some(part) = part {
        whole.push(mark);
        whole.push_str(part);
    }
}

/// Whether text begins as an address of another scheme does, such as `mailto:`.
fn has_scheme(text: &str) -> bool {
    let end = text.find([':', '/', '?', '#']).unwrap_or(text.len());
    text.get(end..).is_some_and(|rest| rest.starts_with(':'))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// A path with `.` and `..` taken as the steps that they are (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_segment_or_value_stays_in_it() {
        let url = Uri::https("a.example")
            .path(["x/y?z", "..", "#"])
            .query("q", "a&b=c d")
            .query_opt("n", None::<u8>)
            .to_string();
        assert_eq!(url, "https://a.example/x%2Fy%3Fz/%23?q=a%26b%3Dc%20d");
        assert_eq!(query_value(&url, "q").as_deref(), Some("a&b=c d"));
        assert_eq!(query_value(&url, "n"), None);
        assert_eq!(
            Uri::base("https://a.example/?x=1")
                .query("y", 2)
                .to_string(),
            "https://a.example/?x=1&y=2"
        );
    }

    #[test]
    fn references_resolve_as_the_rfc_says() {
        // The table of RFC 3986, section 5.4.
        let base = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(
                resolve(base, reference).as_deref(),
                Some(expected),
                "{reference}"
            );
        }
        assert_eq!(resolve("not absolute", "g"), None);
        assert_eq!(
            resolve("https://a.example", "g").as_deref(),
            Some("https://a.example/g")
        );
    }

    #[test]
    fn hosts_are_read_without_user_and_port() {
        assert_eq!(
            host("https://u:p@News.Example:8443/x").as_deref(),
            Some("news.example")
        );
        assert_eq!(
            host("https://[2001:db8::1]:443/").as_deref(),
            Some("2001:db8::1")
        );
        assert_eq!(host("mailto:a@b.example"), None);
        assert_eq!(host("https:///x"), None);
    }
}
