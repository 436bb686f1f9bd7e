//! Detection: the order in which the detectors read a text, and how their findings are put together.
//!
//! Lives here: passes and overlaps. Each family of detectors has a file of its own. All of them take time linear in the text.

use memchr::memmem;

use super::{
    DetailKind, OwnHandles, coordinates, fold::Triggers, groups::Group, id, ip, link, mac, mail,
    names, number, word, work,
};

/// A detail, by its offsets in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: DetailKind,
}

/// What is looked for besides what always is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'o> {
    pub(super) own: &'o OwnHandles,
    pub(super) names: bool,
}

/// Room to work in, kept to be used again without allocating.
#[derive(Debug, Default)]
pub(super) struct Room {
    groups: Vec<Group>,
    links: Vec<(usize, usize)>,
    masked: Vec<u8>,
}

/// Stands for a byte of a detail that was found already. No detector reads over it, as none reads over a token.
pub(super) const MASK: u8 = 0x1A;
/// The same for a secret: the `@` behind it begins the host of a link.
pub(super) const MASK_SECRET: u8 = 0x1D;

/// How often a text is read: again when something was found, since what stood beside it now stands beside a token, and may be read
/// differently. Real texts are settled after the second reading; what is not after the last is hostile.
const READINGS: usize = 8;

/// Finds every detail; the result is in order and free of overlaps. False if the text does not settle.
pub(super) fn detect(
    text: &str,
    triggers: Triggers,
    wanted: Wanted<'_>,
    room: &mut Room,
    found: &mut Vec<Found>,
) -> bool {
    let masked = masked_tokens(text);
    let text = masked.as_deref().unwrap_or(text);
    read(text, triggers, wanted, room, found);
    for _ in 1..READINGS {
        if found.is_empty() {
            return true;
        }
        settle(found);
        let before = found.len();
        let mut masked = std::mem::take(&mut room.masked);
        masked.clear();
        masked.extend_from_slice(text.as_bytes());
        for f in found.iter() {
            let mask = if f.kind == DetailKind::Secret {
                MASK_SECRET
            } else {
                MASK
            };
            if let Some(bytes) = masked.get_mut(f.start..f.end) {
                bytes.fill(mask);
            }
        }
        // Details begin and end between characters, so this is text.
        if let Ok(rest) = std::str::from_utf8(&masked) {
            read(rest, Triggers::ALL, wanted, room, found);
        }
        room.masked = masked;
        if found.len() == before {
            return true;
        }
    }
    false
}

/// Most digits of a token's number: a longer one may be a detail in a token's clothes.
const TOKEN_DIGITS: usize = 4;

/// The text with masks over tokens of an earlier redaction, byte for byte: detectors see around them what they saw around the details.
fn masked_tokens(text: &str) -> Option<String> {
    let mut masked: Option<Vec<u8>> = None;
    for (start, _) in text.match_indices('⟦') {
        let Some((inner, _)) = text
            .get(start + '⟦'.len_utf8()..)
            .and_then(|rest| rest.split_once('⟧'))
        else {
            break;
        };
        let Some((family, number)) = inner.split_once(':') else {
            continue;
        };
        let family = (0..DetailKind::FAMILIES).find(|f| DetailKind::family_name(*f) == family);
        let plain = (1..=TOKEN_DIGITS).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit());
        if let Some(family) = family.filter(|_| plain) {
            let mask = if family == DetailKind::Secret.family() {
                MASK_SECRET
            } else {
                MASK
            };
            let end = start + '⟦'.len_utf8() + inner.len() + '⟧'.len_utf8();
            let bytes = masked.get_or_insert_with(|| text.as_bytes().to_vec());
            if let Some(token) = bytes.get_mut(start..end) {
                token.fill(mask);
            }
        }
    }
    // Tokens begin and end between characters, so this is text.
    masked.and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Lets every detector read that has a trigger.
fn read(
    text: &str,
    triggers: Triggers,
    wanted: Wanted<'_>,
    room: &mut Room,
    found: &mut Vec<Found>,
) {
    work::did(text.len());
    let bytes = text.as_bytes();
    room.links.clear();
    let secrets = found.len();
    if triggers.colon && memmem::find(bytes, b"://").is_some() {
        link::links(text, &mut room.links);
        link::secrets(text, &room.links, found);
    }
    if triggers.at {
        mail::addresses(text, wanted.own, secrets, found);
    }
    if triggers.digits >= 2 {
        word::words(text, found);
    }
    if triggers.digits >= 4 {
        number::numbers(text, &room.links, &mut room.groups, found);
        coordinates::decimal(text, found);
        coordinates::with_minutes(text, found);
        id::papers(text, found);
    }
    if triggers.colon {
        ip::version6(text, found);
        mac::addresses(text, b':', found);
    }
    if triggers.digits > 0 {
        mac::addresses(text, b'-', found);
        mac::addresses(text, b'.', found);
    }
    if wanted.names {
        names::names(text, found);
    }
}

/// Sorts, and of overlapping details keeps their union under the more telling kind: nothing of either may stay.
fn settle(found: &mut Vec<Found>) {
    if found.len() < 2 {
        return;
    }
    found.sort_by_key(|f| (f.start, f.kind));
    found.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(next.end);
            kept.kind = kept.kind.min(next.kind);
        }
        overlaps
    });
}
