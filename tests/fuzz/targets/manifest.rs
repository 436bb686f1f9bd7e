//! Manifests: whatever a stranger writes is read or refused with a reason, its contracts are judged, and what is read once reads the
//! same again.
#![no_main]

use isocial_catalog::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Manifest::parse(text) {
        Ok(manifest) => {
            for contract in &manifest.contracts {
                if let Err(error) = isocial_gate::ceiling::check(manifest.kind, contract) {
                    assert!(!error.to_string().is_empty());
                }
            }
            let _ = manifest.config.canonical(&serde_json::json!({}));
            let kept = serde_json::to_string(&manifest).expect("a manifest is kept as JSON");
            let again = Manifest::parse(text).expect("what was read once reads again");
            assert_eq!(kept, serde_json::to_string(&again).expect("as JSON"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
