//! Addresses of blockchains: Bitcoin's older form (Base58Check), its newer one (Bech32 and Bech32m, BIP 173 and BIP 350), Ethereum's.
//!
//! Checksums are checked but Ethereum's, which needs Keccak and lies in the case of letters: 40 hex digits behind `0x` are telling.

use sha2::{Digest, Sha256};

/// The shortest address.
pub(super) const LENGTH_MIN: usize = 26;

/// Whether a whole word is one.
pub(super) fn is_wallet(word: &[u8]) -> bool {
    match word {
        [b'0', b'x' | b'X', hex @ ..] => hex.len() == 40 && hex.iter().all(u8::is_ascii_hexdigit),
        // Bitcoin 1… and 3…, Litecoin L… and M…, Dogecoin D…
        [b'1' | b'3' | b'L' | b'M' | b'D', ..] if word.len() <= 35 => base58_checked(word),
        _ => bech32_checked(word),
    }
}

/// Whether a word is 25 bytes in Base58 whose last four are the double SHA-256 of the others.
fn base58_checked(word: &[u8]) -> bool {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0u8; 25];
    for character in word {
        let Some(mut carry) = ALPHABET.iter().position(|c| c == character) else {
            return false;
        };
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xFF) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let (payload, check) = bytes.split_at(21);
    let hash = Sha256::digest(Sha256::digest(payload));
    hash.get(..4) == Some(check)
}

/// Whether a word is Bech32 or Bech32m of Bitcoin or Litecoin, main or test network.
fn bech32_checked(word: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    if word.len() > 90
        || (word.iter().any(u8::is_ascii_lowercase) && word.iter().any(u8::is_ascii_uppercase))
    {
        return false;
    }
    let lower = |b: &u8| b.to_ascii_lowercase();
    let Some(prefix) = [&b"bc1"[..], b"tb1", b"bcrt1", b"ltc1"]
        .into_iter()
        .find(|prefix| {
            word.iter()
                .zip(*prefix)
                .filter(|(b, p)| lower(b) == **p)
                .count()
                == prefix.len()
        })
    else {
        return false;
    };
    let human = prefix
        .split_last()
        .map(|(_, human)| human)
        .unwrap_or_default();
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        let next = ((sum & 0x01FF_FFFF) << 5) ^ value;
        [
            0x3B6A_57B2,
            0x2650_8E6D,
            0x1EA1_19FA,
            0x3D42_33DD,
            0x2A14_62B3,
        ]
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| (top >> bit) & 1 == 1)
        .fold(next, |sum, (_, generator)| sum ^ generator)
    };
    let mut sum = human.iter().fold(1, |sum, c| step(sum, u32::from(*c) >> 5));
    sum = step(sum, 0);
    sum = human
        .iter()
        .fold(sum, |sum, c| step(sum, u32::from(*c) & 31));
    for character in word.get(prefix.len()..).unwrap_or_default() {
        let Some(value) = ALPHABET.iter().position(|c| *c == lower(character)) else {
            return false;
        };
        sum = step(sum, value as u32);
    }
    sum == 1 || sum == 0x2BC8_30A3
}
