//! Web addresses as they are compared: without scheme, `www.`, port, fragment and trackers.
//!
//! Lives here: cutting an address. Not here: fetching one; nothing here ever connects.

/// An address cut for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Lower case, without `www.`; never empty.
    pub(crate) host: String,
    /// Path and remaining parameters, with a leading `/`, or empty. Case is kept.
    pub(crate) path: String,
}

/// Parameters that say who passed a link on, not what it leads to.
const TRACKERS: [&str; 22] = [
    "_hsenc",
    "_hsmi",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igsh",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mibextid",
    "mkt_tok",
    "msclkid",
    "ref_src",
    "ref_url",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "yclid",
];

fn is_tracker(parameter: &str) -> bool {
    let name = parameter
        .split('=')
        .next()
        .unwrap_or(parameter)
        .to_ascii_lowercase();
    name.starts_with("utm_") || TRACKERS.contains(&name.as_str())
}

/// Cuts an address with or without a scheme; `None` if it has no host.
pub(crate) fn cut(address: &str) -> Option<Cut> {
    let is_scheme = |before: &str| {
        before
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    let rest = address
        .split_once("://")
        .filter(|(before, _)| is_scheme(before))
        .map_or(address, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or(rest);
    let host_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(host_end)?;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host).trim_end_matches('.');
    let host = if host.is_ascii() {
        host.to_ascii_lowercase()
    } else {
        crate::chars::fold_slow(host)
    };
    let host = host.trim_start_matches("www.");
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let (path, parameters) = tail.split_once('?').unwrap_or((tail, ""));
    let mut kept = path.trim_end_matches('/').to_owned();
    let mut mark = '?';
    for parameter in parameters
        .split('&')
        .filter(|p| !p.is_empty() && !is_tracker(p))
    {
        if kept.is_empty() {
            kept.push('/');
        }
        kept.push(mark);
        kept.push_str(parameter);
        mark = '&';
    }
    Some(Cut {
        host: host.to_owned(),
        path: kept,
    })
}

/// Whether `host` is `wanted` or lies below it.
pub(crate) fn is_on(host: &str, wanted: &str) -> bool {
    host.strip_suffix(wanted)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The host and every name above it: `a.b.c`, `b.c`, `c`.
pub(crate) fn above(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| {
        name.split_once('.').map(|(_, rest)| rest)
    })
    .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trackers_and_decoration_do_not_count() {
        let cases = [
            (
                "https://www.Shop.example:443/Cars/?utm_source=x&id=7&fbclid=1#top",
                "shop.example",
                "/Cars?id=7",
            ),
            ("http://user@shop.example", "shop.example", ""),
            ("shop.example/?utm_medium=mail", "shop.example", ""),
            ("shop.example?a=1&b=2", "shop.example", "/?a=1&b=2"),
        ];
        for (address, host, path) in cases {
            assert_eq!(
                cut(address),
                Some(Cut {
                    host: host.into(),
                    path: path.into()
                }),
                "{address}"
            );
        }
        assert_eq!(cut("https:///nothing"), None);
    }

    #[test]
    fn a_host_is_on_itself_and_what_is_above() {
        assert!(
            is_on("news.shop.example", "shop.example") && is_on("shop.example", "shop.example")
        );
        assert!(!is_on("myshop.example", "shop.example"));
        assert_eq!(above("a.b.c").collect::<Vec<_>>(), ["a.b.c", "b.c", "c"]);
    }
}
