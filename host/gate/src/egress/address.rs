//! Which addresses may be connected to: only globally reachable unicast ones (HP-21).
//!
//! Lives here: the table, after the special-purpose address registries (RFC 6890 and its successors). Not here: names (`host`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether this address is on the public internet and no way around the check: no private, local, mapped or tunnelled form.
pub fn address_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4_allowed(v4),
        IpAddr::V6(v6) => v6_allowed(v6),
    }
}

fn v4_allowed(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !match a {
        0 | 10 | 127 | 224..=255 => true, // this network, private, loopback; multicast, reserved, broadcast
        100 => (64..=127).contains(&b),   // carrier-grade NAT
        169 => b == 254,                  // link-local: metadata services live here
        172 => (16..=31).contains(&b),    // private
        192 => matches!(
            (b, c),
            // protocol assignments, documentation, AS112, AMT, relays of 6to4, private
            (0, 0 | 2) | (31, 196) | (52, 193) | (88, 99) | (168, _) | (175, 48)
        ),
        // benchmarking, documentation
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113), // documentation
        _ => false,
    }
}

fn v6_allowed(address: Ipv6Addr) -> bool {
    let [a, b, c, _, _, _, _, _] = address.segments();
    // Only global unicast, 2000::/3: mapped (::ffff:0:0/96), compatible (::/96), unspecified, loopback, NAT64 (64:ff9b::/96,
    // 64:ff9b:1::/48), discard-only, SRv6, ULA, link-local, site-local and multicast are all outside of it.
    if !(0x2000..=0x3FFF).contains(&a) {
        return false;
    }
    !match a {
        0x2001 => b <= 0x01FF || b == 0x0DB8, // protocol assignments (Teredo, benchmarking, ORCHID); documentation
        0x2002 | 0x3FFE => true,              // 6to4 holds an IPv4 address; the former 6bone
        0x2620 => (b, c) == (0x004F, 0x8000), // AS112
        0x3FFF => b <= 0x0FFF,                // documentation
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hp_21_no_address_but_a_public_one() {
        for denied in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.254",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:53aa:64c::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2620:4f:8000::1",
            "3fff::1",
            "3fff:fff::1",
            "3ffe::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ffff::1",
        ] {
            assert!(!address_allowed(denied.parse().unwrap()), "{denied}");
        }
        for allowed in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.1.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "192.169.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(address_allowed(allowed.parse().unwrap()), "{allowed}");
        }
    }
}
