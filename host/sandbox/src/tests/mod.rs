//! Guests written by hand, good and hostile, in a real engine. Every hostile case asserts the typed reason.

mod cache;
mod calls;
mod canaries;
mod compile;
mod guests;
mod hostile;
mod limits;
mod loading;

use std::sync::Arc;

use hmac::{Hmac, Mac};
use isocial_model::key::CodeKey;
use sha2::Sha256;

use crate::{Limits, LoadError, Plugin, Sandbox, SandboxConfig};

/// A deployment's key, as `vault` makes one.
#[derive(Debug)]
struct TestKey(&'static [u8]);

impl TestKey {
    fn hash(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0).unwrap();
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
    }
}

impl CodeKey for TestKey {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.hash(parts).finalize().into_bytes().into()
    }
    fn verify(&self, parts: &[&[u8]], mac: &[u8; 32]) -> bool {
        self.hash(parts).verify_slice(mac).is_ok()
    }
}

fn key() -> Arc<dyn CodeKey> {
    Arc::new(TestKey(b"the deployment's key"))
}

/// A small sandbox: 8 places, packs with 4 MiB of memory and 200 ms.
fn small() -> SandboxConfig {
    let defaults = SandboxConfig::default();
    let pack = Limits {
        memory_bytes: 4 << 20,
        time_ms: 200,
        wall_ms: 220,
        output_bytes: 1 << 20,
        ..defaults.language_pack
    };
    SandboxConfig {
        language_pack: pack,
        pool: 8,
        pool_wait_ms: 5_000,
        ..defaults
    }
}

fn sandbox() -> Sandbox {
    Sandbox::new(small(), key()).unwrap()
}

fn load(component: &[u8]) -> Plugin {
    sandbox().load(component).unwrap()
}

fn refused(component: &[u8]) -> LoadError {
    sandbox()
        .load(component)
        .expect_err("the component should have been refused")
}
