//! Header fields: which a plugin may set, and which it may read (HP-24, HP-26).

use isocial_model::connector::Header;

/// Fields of an answer that a plugin may see: type, validators, link, location, retry and rate limits.
const VISIBLE: [&str; 12] = [
    "content-type",
    "content-language",
    "date",
    "etag",
    "last-modified",
    "expires",
    "cache-control",
    "link",
    "location",
    "retry-after",
    "age",
    "deprecation",
];

/// Fields that are the host's: never a plugin's to set.
const HOSTS: [&str; 22] = [
    "host",
    "authorization",
    "cookie",
    "cookie2",
    "set-cookie",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "via",
    "forwarded",
    "accept-encoding",
    "origin",
    "referer",
    "user-agent",
    "date",
    "http2-settings",
    "www-authenticate",
];

/// Beginnings of fields that are the host's.
const HOST_PREFIXES: [&str; 8] = [
    "x-forwarded",
    "x-real-ip",
    "x-original",
    "x-rewrite",
    "proxy-",
    "sec-",
    "cf-",
    "x-http-method",
];

/// Whether a plugin may see this field of an answer (name in lower case): type, validators, link, location, retry and rate limits.
pub fn answer_headers_allowed(name: &str) -> bool {
    VISIBLE.contains(&name)
        || [
            "ratelimit",
            "x-ratelimit",
            "x-rate-limit",
            "x-app-usage",
            "x-business-use-case-usage",
        ]
        .iter()
        .any(|p| name.starts_with(p))
}

/// Why a plugin may not set this field.
pub(super) fn refused(header: &Header) -> Option<&'static str> {
    let name = header.name.as_str();
    let token =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
        return Some("header-name");
    }
    if header.value.len() > 4096
        || header
            .value
            .bytes()
            .any(|b| b < 0x20 && b != b'\t' || b == 0x7F)
    {
        return Some("header-value");
    }
    (HOSTS.contains(&name) || HOST_PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .then_some("header-reserved")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hp_24_reserved_fields_are_refused() {
        for name in [
            "host",
            "authorization",
            "cookie",
            "transfer-encoding",
            "connection",
            "forwarded",
            "x-forwarded-for",
            "proxy-authorization",
            "content-length",
            "te",
            "upgrade",
        ] {
            let header = Header {
                name: name.into(),
                value: "x".into(),
            };
            assert_eq!(refused(&header), Some("header-reserved"), "{name}");
        }
        for (name, value, rule) in [
            ("Host", "x", "header-name"),
            ("ho st", "x", "header-name"),
            ("", "x", "header-name"),
            ("accept\r\nhost", "x", "header-name"),
            ("accept", "x\r\nhost: evil.example", "header-value"),
            ("accept", "x\0", "header-value"),
        ] {
            assert_eq!(
                refused(&Header {
                    name: name.into(),
                    value: value.into()
                }),
                Some(rule)
            );
        }
        for name in [
            "accept",
            "content-type",
            "if-none-match",
            "if-modified-since",
            "x-restli-protocol-version",
            "linkedin-version",
            "idempotency-key",
        ] {
            assert_eq!(
                refused(&Header {
                    name: name.into(),
                    value: "x".into()
                }),
                None,
                "{name}"
            );
        }
    }

    #[test]
    fn hp_26_cookies_and_credentials_are_not_seen() {
        for name in [
            "set-cookie",
            "www-authenticate",
            "authorization",
            "x-powered-by",
            "server",
            "x-request-id",
            "",
        ] {
            assert!(!answer_headers_allowed(name), "{name}");
        }
        for name in [
            "content-type",
            "etag",
            "link",
            "retry-after",
            "x-ratelimit-remaining",
            "ratelimit-reset",
            "x-rate-limit-reset",
        ] {
            assert!(answer_headers_allowed(name), "{name}");
        }
    }
}
