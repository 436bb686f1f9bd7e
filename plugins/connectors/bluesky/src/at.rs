//! Names: DIDs, handles, at-URIs of posts, and the references by which posts are asked about again.

use crate::POSTS;

/// Most bytes of a reference.
const REFERENCE: usize = 256;

/// Whether this is a DID, as far as its form goes.
pub(crate) fn is_did(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (scheme, method, id) = (parts.next(), parts.next(), parts.next());
    text.len() <= 256
        && scheme == Some("did")
        && method.is_some_and(|m| !m.is_empty() && m.bytes().all(|b| b.is_ascii_lowercase()))
        && id.is_some_and(|id| {
            !id.is_empty()
                && !id.ends_with([':', '%'])
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._:%-".contains(&b))
        })
}

/// Whether this is a handle: a host name of at least two labels.
pub(crate) fn is_handle(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// A post's place: whose it is and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostUri {
    /// The account.
    pub(crate) did: String,
    /// The record's key.
    pub(crate) rkey: String,
}

impl PostUri {
    /// From its parts, if they are well-formed and short enough for an id.
    pub(crate) fn new(did: &str, rkey: &str) -> Option<Self> {
        let key = (1..=128).contains(&rkey.len())
            && !matches!(rkey, "." | "..")
            && rkey
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._:~-".contains(&b));
        (is_did(did) && key).then(|| Self {
            did: did.to_owned(),
            rkey: rkey.to_owned(),
        })
    }

    /// From an at-URI; nothing if it is not that of a post.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let mut parts = uri.strip_prefix("at://")?.split('/');
        let (did, collection, rkey) = (parts.next()?, parts.next()?, parts.next()?);
        if collection != POSTS || parts.next().is_some() {
            return None;
        }
        Self::new(did, rkey)
    }

    /// Where people can read it.
    pub(crate) fn page(&self) -> String {
        format!("https://bsky.app/profile/{}/post/{}", self.did, self.rkey)
    }

    /// What is asked about later: the at-URI, and behind `#` the version, without which a change cannot be told from none.
    pub(crate) fn reference(&self, cid: Option<&str>) -> Option<String> {
        let uri = self.to_string();
        let full = cid
            .filter(|cid| is_cid(cid))
            .map(|cid| format!("{uri}#{cid}"));
        full.filter(|full| full.len() <= REFERENCE)
            .or_else(|| (uri.len() <= REFERENCE).then_some(uri))
    }

    /// Reads a reference: the post and its version, if that was known.
    pub(crate) fn from_reference(reference: &str) -> Option<(Self, Option<&str>)> {
        let (uri, cid) = match reference.split_once('#') {
            Some((uri, cid)) => (uri, Some(cid)),
            None => (reference, None),
        };
        Some((Self::parse(uri)?, cid))
    }
}

impl std::fmt::Display for PostUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at://{}/{POSTS}/{}", self.did, self.rkey)
    }
}

fn is_cid(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_their_form() {
        for did in [
            "did:plc:orla2345orla2345orla2345",
            "did:web:pds.example",
            "did:web:pds.example%3A8443:u",
        ] {
            assert!(is_did(did), "{did}");
        }
        for no in [
            "",
            "did:",
            "did:plc:",
            "did:PLC:x",
            "did:plc:a b",
            "did:plc:a/b",
            "orla.example",
            "did:web:x:",
        ] {
            assert!(!is_did(no), "{no}");
        }
        for handle in ["orla.example", "ORLA.example", "a-b.c-d.example"] {
            assert!(is_handle(handle), "{handle}");
        }
        for no in [
            "",
            "orla",
            ".example",
            "orla..example",
            "-a.example",
            "orla.example/",
            "or la.example",
        ] {
            assert!(!is_handle(no), "{no}");
        }
    }

    #[test]
    fn references_keep_the_version_where_there_is_room() {
        let post = PostUri::parse("at://did:plc:orla/app.bsky.feed.post/3mg7k2abcde2k").unwrap();
        assert_eq!(
            post.page(),
            "https://bsky.app/profile/did:plc:orla/post/3mg7k2abcde2k"
        );
        let reference = post.reference(Some("bafyone")).unwrap();
        assert_eq!(
            reference,
            "at://did:plc:orla/app.bsky.feed.post/3mg7k2abcde2k#bafyone"
        );
        assert_eq!(
            PostUri::from_reference(&reference),
            Some((post.clone(), Some("bafyone")))
        );
        assert_eq!(
            PostUri::from_reference(&post.to_string()),
            Some((post.clone(), None))
        );
        let long = PostUri::new(&format!("did:web:{}", "a".repeat(180)), "3mg7k2abcde2k").unwrap();
        assert_eq!(
            long.reference(Some(&"b".repeat(59))),
            Some(long.to_string())
        );
        let longest =
            PostUri::new(&format!("did:web:{}", "a".repeat(240)), "3mg7k2abcde2k").unwrap();
        assert_eq!(longest.reference(None), None);
    }

    #[test]
    fn only_posts_are_posts() {
        for no in [
            "",
            "at://",
            "https://bsky.app/profile/x/post/y",
            "at://did:plc:orla/app.bsky.feed.like/3m",
            "at://did:plc:orla/app.bsky.feed.post",
            "at://did:plc:orla/app.bsky.feed.post/",
            "at://did:plc:orla/app.bsky.feed.post/..",
            "at://did:plc:orla/app.bsky.feed.post/a/b",
            "at://orla.example/app.bsky.feed.post/3m",
        ] {
            assert_eq!(PostUri::parse(no), None, "{no}");
        }
    }
}
