//! Numbers for words, so that looking one up compares eight bytes.
//!
//! Equal numbers make a candidate only: the evaluator compares the words themselves, so a crafted collision costs a comparison
//! and can never make a match.

/// What a number stands for; each has its own space of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Space {
    /// A word of title, body or content warning.
    Word = 0x9E37_79B9_7F4A_7C15,
    /// A word of the author's display name.
    Name = 0xC2B2_AE3D_27D4_EB4F,
    /// A hashtag.
    Tag = 0x1656_67B1_9E37_79F9,
    /// The beginning of a word.
    WordPrefix = 0x27D4_EB2F_1656_67C5,
    /// The beginning of a word of a display name.
    NamePrefix = 0x8523_3F5D_8A27_4B11,
    /// A handle, a host, a network.
    Other = 0xD6E8_FEB8_6659_FD93,
}

const MULTIPLIER: u64 = 0xA076_1D64_78BD_642F;

fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// The number of `bytes` in `space`.
pub(crate) fn number(space: Space, bytes: &[u8]) -> u64 {
    let mut state = (space as u64) ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = mix(state ^ u64::from_le_bytes(*chunk), MULTIPLIER);
    }
    let mut tail = 0;
    for &byte in rest {
        tail = (tail << 8) | u64::from(byte);
    }
    mix(state ^ tail, MULTIPLIER | 1) ^ (space as u64).rotate_left(17)
}

/// The number of two words next to each other.
pub(crate) fn pair(first: u64, second: u64) -> u64 {
    mix(
        first.rotate_left(23) ^ MULTIPLIER,
        second ^ 0x8EBC_6AF0_9C88_C6E3,
    )
}

/// Takes a number of ours as its own hash.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OwnHash(u64);

impl std::hash::Hasher for OwnHash {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = number(Space::Other, bytes);
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A map whose keys are numbers of ours.
pub(crate) type NumberMap<V> =
    std::collections::HashMap<u64, V, std::hash::BuildHasherDefault<OwnHash>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_lengths_are_told_apart() {
        let words = ["", "a", "ab", "abcdefgh", "abcdefghi", "\0", "\0\0"];
        let spaces = [
            Space::Word,
            Space::Name,
            Space::Tag,
            Space::WordPrefix,
            Space::NamePrefix,
            Space::Other,
        ];
        let all: std::collections::HashSet<u64> = spaces
            .iter()
            .flat_map(|&s| words.iter().map(move |w| number(s, w.as_bytes())))
            .collect();
        assert_eq!(all.len(), words.len() * spaces.len());
    }

    #[test]
    fn order_matters_in_pairs() {
        assert_ne!(pair(1, 2), pair(2, 1));
    }
}
