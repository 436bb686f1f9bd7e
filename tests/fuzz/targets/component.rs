//! Component bytes at the door: catalogue and sandbox look at them without running or compiling any of it, and agree on the kind.
#![no_main]

use isocial_catalog::Package;
use libfuzzer_sys::fuzz_target;

/// The sandbox's own bound on a component's size.
const COMPONENT_BYTES: u64 = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let looked = isocial_sandbox::look(bytes, COMPONENT_BYTES);
    if let Err(error) = &looked {
        assert!(!error.to_string().is_empty());
    }
    if let (Ok(package), Ok(kind)) = (Package::read(bytes), looked) {
        let _ = (package.kind() == kind, package.inspect());
    }
});
