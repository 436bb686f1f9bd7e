//! The primitives as this room uses them: sub-keys by label, keyed hashes over parts, sealing with associated data.

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use isocial_model::{Entropy, key::NotSealed};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 256 bits of key.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The form of a sealed value: version byte, nonce, ciphertext with tag.
const SEALED_VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// The sub-key of `key` for one use. Labels are constants of this room; two never meet.
pub(crate) fn subkey(key: &[u8; 32], label: &str) -> Key {
    let mut out = Zeroizing::new([0u8; 32]);
    // 32 bytes are far below HKDF's bound of 255 blocks, so expansion cannot fail.
    let _ =
        Hkdf::<Sha256>::new(Some(b"isocial-track v1"), key).expand(label.as_bytes(), out.as_mut());
    out
}

/// HMAC-SHA256 over the parts, each with its length before it, so that no two lists of parts give the same bytes.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    finish(key, parts).into_bytes()
}

/// Compares a MAC over the parts in constant time.
pub(crate) fn mac_matches(key: &[u8; 32], parts: &[&[u8]], mac: &[u8; 32]) -> bool {
    finish(key, parts).verify_slice(mac)
}

struct Tag(Hmac<Sha256>);

impl Tag {
    fn into_bytes(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
    fn verify_slice(self, mac: &[u8; 32]) -> bool {
        self.0.verify_slice(mac).is_ok()
    }
}

fn finish(key: &[u8; 32], parts: &[&[u8]]) -> Tag {
    // HMAC fills a short key up to its block with zeros; done here, because then nothing can fail.
    let mut block = Zeroizing::new([0u8; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut hmac = <Hmac<Sha256> as Mac>::new((&*block).into());
    for part in parts {
        hmac.update(&(part.len() as u64).to_le_bytes());
        hmac.update(part);
    }
    Tag(hmac)
}

/// The first 128 bits of [`mac`].
pub(crate) fn mac128(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 16] {
    let full = mac(key, parts);
    let mut half = [0u8; 16];
    half.copy_from_slice(full.first_chunk::<16>().unwrap_or(&[0; 16]));
    half
}

/// One AES-256-GCM key in use. Nonces are random: at most 2³² values a key, far above what one organisation writes.
pub(crate) struct Sealer(Aes256Gcm);

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    /// Seals for `place`. Empty, which never opens, only for values beyond the cipher's 64 GiB.
    pub(crate) fn seal(&self, entropy: &dyn Entropy, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: place,
        };
        let Ok(body) = self.0.encrypt(Nonce::from_slice(&nonce), payload) else {
            return Vec::new();
        };
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + body.len());
        sealed.push(SEALED_VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Opens what was sealed for `place`.
    pub(crate) fn unseal(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        let (&version, rest) = sealed.split_first().ok_or(NotSealed)?;
        let (nonce, body) = rest.split_at_checked(NONCE_BYTES).ok_or(NotSealed)?;
        if version != SEALED_VERSION {
            return Err(NotSealed);
        }
        self.0
            .decrypt(
                Nonce::from_slice(nonce),
                Payload {
                    msg: body,
                    aad: place,
                },
            )
            .map_err(|_| NotSealed)
    }
}
