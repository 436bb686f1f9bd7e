//! Component bytes at the sandbox's door: it looks at them without running or compiling any of it, and agrees with the catalogue on what
//! may come in.
#![no_main]

use isocial_catalog::Package;
use libfuzzer_sys::fuzz_target;

/// The sandbox's own bound on a component's size.
const COMPONENT_BYTES: u64 = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    match isocial_sandbox::look(bytes, COMPONENT_BYTES) {
        Ok(_) => {
            // What the sandbox takes may still have no manifest; then the catalogue says so.
            let _ = Package::read(bytes);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
