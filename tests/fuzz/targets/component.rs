//! Component bytes at the catalogue's door: a package is read or refused with a reason, and nothing of it is run.
#![no_main]

use isocial_catalog::Package;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Package::read(bytes) {
        Ok(package) => {
            let inspection = package.inspect();
            assert!(inspection.imports.iter().all(|i| i.starts_with("isocial:plugin/log@")));
            assert!(serde_json::to_string(&inspection).is_ok());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
