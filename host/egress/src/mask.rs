//! Masking: a secret that comes back in an answer is replaced before anybody sees it (HP-25).

use std::ops::Range;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use isocial_model::Secret;
use memchr::memmem;
use zeroize::Zeroizing;

/// What stands in place of a secret. One length for all, so that not even the secret's length is told.
const MASK: &[u8] = b"[masked]";
/// Shorter secrets would be found everywhere by chance. No network gives out such a one.
const SHORTEST: usize = 6;

/// The forms in which some secrets could come back. Overwritten when dropped.
#[derive(Default)]
pub(crate) struct Masker(Vec<Zeroizing<Vec<u8>>>);

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Masker").field(&self.0.len()).finish()
    }
}

impl Masker {
    /// Looks for these secrets: raw, hex, base64 at any alignment, percent-encoded, escaped as in JSON.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut masker = Self::default();
        for secret in secrets {
            masker.add(secret.expose());
        }
        masker
    }

    /// Adds a secret.
    pub(crate) fn add(&mut self, raw: &[u8]) {
        if raw.len() < SHORTEST {
            return;
        }
        self.form(raw.to_vec());
        self.form(hex::encode(raw).into_bytes());
        self.form(hex::encode_upper(raw).into_bytes());
        for lower in [false, true] {
            for keep_unreserved in [false, true] {
                self.form(percent(raw, lower, keep_unreserved));
            }
        }
        if let Ok(text) = std::str::from_utf8(raw) {
            let quoted = serde_json::to_string(text).unwrap_or_default();
            self.form(quoted.trim_matches('"').as_bytes().to_vec());
            self.form(text.replace('/', "\\/").into_bytes());
        }
        for lead in 0..3usize {
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                // In front of the secret stand `lead` unknown bytes: the characters that they share with it are left out,
                // and so is the last one, which may share bits with what follows.
                let mut padded = Zeroizing::new(vec![0; lead]);
                padded.extend_from_slice(raw);
                let whole = Zeroizing::new(engine.encode(&*padded).into_bytes());
                let start = (lead * 8).div_ceil(6);
                let end = padded.len() * 8 / 6;
                if let Some(core) = whole.get(start..end) {
                    self.form(core.to_vec());
                }
            }
        }
    }

    fn form(&mut self, form: Vec<u8>) {
        let form = Zeroizing::new(form);
        if form.len() >= SHORTEST && !self.0.contains(&form) {
            self.0.push(form);
        }
    }

    /// Whether there is anything to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces every form of every secret; `None` if there was none.
    pub(crate) fn mask(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for form in &self.0 {
            found.extend(memmem::find_iter(bytes, form.as_slice()).map(|at| at..at + form.len()));
        }
        if found.is_empty() {
            return None;
        }
        found.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut clean = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for range in found {
            if range.start >= done {
                clean.extend_from_slice(bytes.get(done..range.start).unwrap_or_default());
                clean.extend_from_slice(MASK);
            }
            done = done.max(range.end);
        }
        clean.extend_from_slice(bytes.get(done..).unwrap_or_default());
        Some(clean)
    }

    /// The same for text.
    pub(crate) fn mask_text(&self, text: &str) -> Option<String> {
        self.mask(text.as_bytes())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Percent-encodes, all bytes or only those that need it.
fn percent(raw: &[u8], lower: bool, keep_unreserved: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() * 3);
    for byte in raw {
        if keep_unreserved
            && (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
        {
            out.push(*byte);
        } else if lower {
            out.extend_from_slice(format!("%{byte:02x}").as_bytes());
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "s3cr3t/\"tok+en=ä";

    fn masker() -> Masker {
        Masker::new([&Secret::new(SECRET)])
    }

    /// HP-25: an echoed secret is masked, in every usual dress.
    #[test]
    fn hp_25_every_form_is_masked() {
        let raw = SECRET.as_bytes();
        let basic = format!("a user:{SECRET} and more");
        let forms: Vec<Vec<u8>> = vec![
            raw.to_vec(),
            hex::encode(raw).into_bytes(),
            hex::encode_upper(raw).into_bytes(),
            STANDARD.encode(raw).into_bytes(),
            URL_SAFE.encode(raw).into_bytes(),
            STANDARD.encode(&basic).into_bytes(),
            STANDARD.encode(basic.get(1..).unwrap()).into_bytes(),
            STANDARD.encode(basic.get(2..).unwrap()).into_bytes(),
            percent(raw, false, true),
            percent(raw, true, true),
            percent(raw, false, false),
            serde_json::to_vec(SECRET).unwrap(),
        ];
        for form in forms {
            let body = [b"{\"echo\":\"".as_slice(), &form, b"\"} tail"].concat();
            let clean = masker()
                .mask(&body)
                .unwrap_or_else(|| panic!("not found: {}", String::from_utf8_lossy(&form)));
            let text = String::from_utf8_lossy(&clean).into_owned();
            assert!(
                text.contains("[masked]")
                    && text.starts_with("{\"echo\":\"")
                    && text.ends_with(" tail"),
                "{text}"
            );
            assert!(masker().mask(&clean).is_none());
        }
    }

    #[test]
    fn other_text_stays_as_it_is_and_short_secrets_are_not_looked_for() {
        assert!(masker().mask(b"nothing to see here").is_none());
        assert!(Masker::new([&Secret::new("abc")]).is_empty());
        let twice = format!("{SECRET}{SECRET}");
        assert_eq!(
            masker().mask(twice.as_bytes()).unwrap(),
            b"[masked][masked]"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", masker()).contains("s3cr3t"));
    }
}
