//! Other limits than the kind's, for one package: what an operator grants a guest that brings its language's whole engine along.
//!
//! Lives here: the grant and what it makes of a kind's limits. Not here: who grants it and why (the configuration of the host).

use serde::{Deserialize, Serialize};

use crate::Limits;

/// Limits of one package in place of its kind's. What is left out stays the kind's; a plugin can ask for none of it itself.
///
/// Small Rust guests stay at the kind's limits: memory is also a bound on time, and every live instance holds its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitGrant {
    /// Linear memory, summed over all memories of the instance · bytes.
    pub memory_bytes: Option<u64>,
    /// Table elements, summed over all tables of the instance.
    pub table_elements: Option<u64>,
    /// Core instances that the component may be made of: each shared library and each stub of a language's engine is one.
    pub instances: Option<u32>,
    /// Milliseconds that guest code may run in one call; the time on the wall grows with it.
    pub time_ms: Option<u32>,
}

impl LimitGrant {
    /// The limits of a kind with these in their place.
    pub const fn over(&self, kind: &Limits) -> Limits {
        let mut limits = *kind;
        if let Some(bytes) = self.memory_bytes {
            limits.memory_bytes = bytes;
        }
        if let Some(elements) = self.table_elements {
            limits.table_elements = elements;
        }
        if let Some(instances) = self.instances {
            limits.instances = instances;
        }
        if let Some(ms) = self.time_ms {
            let busy = kind.wall_ms.saturating_sub(kind.time_ms);
            limits.time_ms = ms;
            limits.wall_ms = ms.saturating_add(busy);
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SandboxConfig;

    #[test]
    fn what_is_left_out_stays_the_kind_s() {
        let kind = SandboxConfig::default().alert_channel;
        assert_eq!(LimitGrant::default().over(&kind), kind);
        let grant = LimitGrant {
            memory_bytes: Some(1 << 26),
            time_ms: Some(700),
            ..LimitGrant::default()
        };
        let limits = grant.over(&kind);
        assert_eq!((limits.memory_bytes, limits.time_ms), (1 << 26, 700));
        assert_eq!(limits.wall_ms - limits.time_ms, kind.wall_ms - kind.time_ms);
        assert_eq!(
            (limits.table_elements, limits.output_bytes),
            (kind.table_elements, kind.output_bytes)
        );
    }
}
