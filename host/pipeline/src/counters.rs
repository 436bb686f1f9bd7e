//! What is counted over all organisations: numbers without names, for `/metrics` and for reconciliation.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($name:ident: $what:literal),* $(,)?) => {
        /// Counts since the host was started.
        #[derive(Debug, Default)]
        pub struct Counters { $(#[doc = $what] pub $name: Count,)* }
        impl Counters {
            /// Every counter with its name and what it counts.
            pub fn each(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $what, self.$name.get()),)*]
            }
        }
    };
}

counters! {
    collected: "Posts that connectors gave and the gate admitted.",
    matched: "Posts that at least one monitor matched.",
    dropped: "Posts that no monitor matched and that were never written.",
    refused: "Posts that the gate dropped, for example because they are not public.",
    rejected: "Items that a connector could not read.",
    analysed: "Posts that a language pack analysed.",
    quarantined: "Posts that made a language pack fail and were kept without an analysis.",
    stored: "Posts that were written for the first time.",
    deleted: "Posts that were removed because their network deleted them.",
    pages: "Pages that were committed.",
    frames: "Frames of streams that connectors read.",
    steps_failed: "Steps of connectors that gave no page.",
    deliveries: "Deliveries of networks that were taken.",
    deliveries_refused: "Deliveries of networks that were not taken.",
    delivered: "Notices that arrived.",
    delivery_attempts: "Attempts to deliver a notice.",
    exported_rows: "Rows that were written to files.",
}

/// One counter.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
