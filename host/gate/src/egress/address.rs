//! Which addresses may be connected to: only globally reachable unicast ones (HP-21).

use std::net::IpAddr;

/// Whether this address is on the public internet and no way around the check: no private, local, mapped or tunnelled form.
pub fn address_allowed(address: IpAddr) -> bool {
    let _ = address;
    todo!()
}
