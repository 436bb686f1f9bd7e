//! Many queries at once.
//!
//! Lives here: finding the few queries that a post could match, by their covers, and asking the evaluator about those only. A post
//! costs its own words and its candidates, whatever the number of queries; adding or removing a query touches its own keys.
//! Beginnings of words are found by the lengths that occur, which costs a few look-ups on the words whose first two bytes
//! begin one, and needs no rebuilding.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use crate::{
    Doc, Part, Query, Truth, address,
    cover::{Key, MAX_PREFIX_BYTES, Place, cover, prefix_number},
    evaluate,
    hash::{NumberMap, Space, number, pair},
    segment::Kind,
};

/// Memory that a matching thread keeps between posts; good for any index.
#[derive(Debug, Default)]
pub struct Scratch {
    /// When each slot was last a candidate.
    seen: Vec<u32>,
    now: u32,
    candidates: Vec<u32>,
}

impl Scratch {
    fn begin(&mut self, slots: usize) {
        self.candidates.clear();
        if self.now == u32::MAX {
            self.seen.clear();
            self.now = 0;
        }
        if self.seen.len() < slots {
            self.seen.resize(slots, 0);
        }
        self.now += 1;
    }

    fn add(&mut self, slot: u32) {
        if let Some(seen) = self.seen.get_mut(slot as usize)
            && *seen != self.now
        {
            *seen = self.now;
            self.candidates.push(slot);
        }
    }

    /// How many queries were asked about the last post: the index at work, for figures.
    pub fn candidates(&self) -> usize {
        self.candidates.len()
    }
}

/// No query: the first place of a posting that has only pairs.
const NOBODY: u32 = u32::MAX;

/// The queries that one key leads to; mostly there is one.
#[derive(Debug, Clone)]
struct Posting {
    first: u32,
    /// Pair keys that begin with this word.
    pairs: u32,
    more: Vec<u32>,
}

impl Default for Posting {
    fn default() -> Self {
        Self {
            first: NOBODY,
            pairs: 0,
            more: Vec::new(),
        }
    }
}

impl Posting {
    fn add(&mut self, slot: u32) {
        if self.first == NOBODY {
            self.first = slot;
        } else {
            self.more.push(slot);
        }
    }
    fn remove(&mut self, slot: u32) {
        if self.first == slot {
            self.first = self.more.pop().unwrap_or(NOBODY);
        } else if let Some(at) = self.more.iter().position(|&other| other == slot) {
            self.more.swap_remove(at);
        }
    }
    fn is_empty(&self) -> bool {
        self.first == NOBODY && self.pairs == 0
    }
    fn mark(&self, scratch: &mut Scratch) {
        if self.first != NOBODY {
            scratch.add(self.first);
            for &slot in &self.more {
                scratch.add(slot);
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Slot<K> {
    key: K,
    query: Arc<Query>,
    /// Empty: always asked.
    cover: Box<[Key]>,
}

/// Beginnings of words.
#[derive(Debug, Clone, Default)]
struct Prefixes {
    map: NumberMap<Posting>,
    /// How many have each length in bytes.
    lengths: Vec<u32>,
    /// One bit for each pair of first bytes that some beginning has; may keep bits of removed ones.
    leads: Vec<u64>,
}

/// An index of many queries: the cost of a post does not grow with their number.
///
/// `K` names a query to the caller, such as a monitor's id. Reading takes `&self`: share it behind a read-write lock, or clone it,
/// change the clone and swap.
#[derive(Debug, Clone)]
pub struct Index<K> {
    slots: Vec<Option<Slot<K>>>,
    free: Vec<u32>,
    by_key: HashMap<K, u32>,
    words: NumberMap<Posting>,
    pairs: NumberMap<Posting>,
    tags: NumberMap<Posting>,
    authors: NumberMap<Posting>,
    mentions: NumberMap<Posting>,
    hosts: NumberMap<Posting>,
    networks: NumberMap<Posting>,
    prefixes: Prefixes,
    always: Vec<u32>,
    /// Posts seen with a word, by part of its number; and all posts seen.
    learned: Vec<u32>,
    learned_posts: u32,
}

/// Counters of words; more would tell words apart better than covers need.
const COUNTERS: usize = 1 << 16;
/// Posts after which what was learned is believed.
const ENOUGH_POSTS: u32 = 500;

impl<K: Copy + Eq + Hash> Index<K> {
    /// An empty index.
    pub fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::new(),
            words: NumberMap::default(),
            pairs: NumberMap::default(),
            tags: NumberMap::default(),
            authors: NumberMap::default(),
            mentions: NumberMap::default(),
            hosts: NumberMap::default(),
            networks: NumberMap::default(),
            prefixes: Prefixes::default(),
            always: Vec::new(),
            learned: Vec::new(),
            learned_posts: 0,
        }
    }

    /// Adds a query, or replaces the one with this key.
    pub fn insert(&mut self, key: K, query: Arc<Query>) {
        self.remove(key);
        let mut keys = cover(query.root(), &|number, word| self.frequency(number, word))
            .map(|cover| cover.keys)
            .unwrap_or_default();
        keys.sort_unstable_by_key(|key| key.number);
        keys.dedup();
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        if keys.is_empty() {
            self.always.push(slot);
        }
        for &key in &keys {
            self.add_key(key, slot);
        }
        let entry = Some(Slot {
            key,
            query,
            cover: keys.into(),
        });
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = entry,
            None => self.slots.push(entry),
        }
        self.by_key.insert(key, slot);
    }

    /// Removes a query; whether there was one.
    pub fn remove(&mut self, key: K) -> bool {
        let Some(slot) = self.by_key.remove(&key) else {
            return false;
        };
        let Some(entry) = self.slots.get_mut(slot as usize).and_then(Option::take) else {
            return false;
        };
        if entry.cover.is_empty() {
            self.always.retain(|&other| other != slot);
        }
        for &key in &entry.cover {
            self.remove_key(key, slot);
        }
        self.free.push(slot);
        true
    }

    /// How many queries.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many queries no word narrows: each is asked about every post.
    pub fn always_asked(&self) -> usize {
        self.always.len()
    }

    /// The query of a key.
    pub fn get(&self, key: K) -> Option<&Arc<Query>> {
        let slot = *self.by_key.get(&key)?;
        self.slots
            .get(slot as usize)?
            .as_ref()
            .map(|slot| &slot.query)
    }

    /// Learns from a post which words are common, so that queries added later are found by rare ones. Never changes what matches.
    pub fn learn(&mut self, doc: &Doc) {
        if self.learned.is_empty() {
            self.learned = vec![0; COUNTERS];
        }
        self.learned_posts = self.learned_posts.saturating_add(1);
        for token in doc.tokens() {
            if let Some(counter) = self.learned.get_mut(token.number as usize % COUNTERS) {
                *counter = counter.saturating_add(1);
            }
        }
    }

    /// Posts of a million that have a word, guessed from its length until enough is learned.
    fn frequency(&self, number: u64, word: &str) -> f64 {
        if self.learned_posts >= ENOUGH_POSTS {
            let seen = self
                .learned
                .get(number as usize % COUNTERS)
                .copied()
                .unwrap_or_default();
            return (f64::from(seen) / f64::from(self.learned_posts) * 1e6).max(20.0);
        }
        match word.chars().count() {
            0 | 1 => 100_000.0,
            2 => 60_000.0,
            3 => 20_000.0,
            4 => 6_000.0,
            5 => 2_000.0,
            6 => 1_000.0,
            7 => 500.0,
            _ => 300.0,
        }
    }

    fn map(&mut self, place: Place) -> &mut NumberMap<Posting> {
        match place {
            Place::Word => &mut self.words,
            Place::Pair { .. } => &mut self.pairs,
            Place::Prefix { .. } => &mut self.prefixes.map,
            Place::Tag => &mut self.tags,
            Place::Author => &mut self.authors,
            Place::Mention => &mut self.mentions,
            Place::Host => &mut self.hosts,
            Place::Network => &mut self.networks,
        }
    }

    fn add_key(&mut self, key: Key, slot: u32) {
        self.map(key.place).entry(key.number).or_default().add(slot);
        match key.place {
            Place::Pair { first } => self.words.entry(first).or_default().pairs += 1,
            Place::Prefix { bytes, lead } => self.prefixes.add(bytes, lead),
            _ => {}
        }
    }

    fn remove_key(&mut self, key: Key, slot: u32) {
        let mut change = |place: Place, number: u64, change: &dyn Fn(&mut Posting)| {
            let map = self.map(place);
            if let Some(posting) = map.get_mut(&number) {
                change(posting);
                if posting.is_empty() {
                    map.remove(&number);
                }
            }
        };
        change(key.place, key.number, &|posting| posting.remove(slot));
        if let Place::Pair { first } = key.place {
            change(Place::Word, first, &|posting| {
                posting.pairs = posting.pairs.saturating_sub(1);
            });
        }
        if let Place::Prefix { bytes, .. } = key.place
            && let Some(count) = self.prefixes.lengths.get_mut(usize::from(bytes))
        {
            *count = count.saturating_sub(1);
        }
    }

    /// Calls `found` once for every query that the post matches, or may match once it is analysed; in no particular order.
    pub fn matches(&self, doc: &Doc, scratch: &mut Scratch, mut found: impl FnMut(K, Truth)) {
        scratch.begin(self.slots.len());
        self.candidates(doc, scratch);
        for slot in scratch
            .candidates
            .iter()
            .filter_map(|&slot| self.slots.get(slot as usize)?.as_ref())
        {
            let truth = evaluate(&slot.query, doc, None);
            if truth != Truth::No {
                found(slot.key, truth);
            }
        }
    }

    fn candidates(&self, doc: &Doc, scratch: &mut Scratch) {
        for &slot in &self.always {
            scratch.add(slot);
        }
        if !self.words.is_empty() || !self.prefixes.map.is_empty() {
            self.by_words(doc, scratch);
        }
        let mut look = |map: &NumberMap<Posting>, number: u64| {
            if let Some(posting) = map.get(&number) {
                posting.mark(scratch);
            }
        };
        if !self.tags.is_empty() {
            doc.tags()
                .iter()
                .for_each(|tag| look(&self.tags, tag.number));
        }
        if !self.authors.is_empty() {
            doc.authors()
                .iter()
                .for_each(|author| look(&self.authors, author.number));
        }
        if !self.mentions.is_empty() {
            doc.mentions()
                .iter()
                .for_each(|mention| look(&self.mentions, mention.number));
        }
        if !self.networks.is_empty() {
            doc.network()
                .iter()
                .for_each(|network| look(&self.networks, network.number));
        }
        if !self.hosts.is_empty() {
            for link in doc.links() {
                address::above(doc.text(link.host))
                    .for_each(|host| look(&self.hosts, number(Space::Other, host.as_bytes())));
            }
        }
    }

    fn by_words(&self, doc: &Doc, scratch: &mut Scratch) {
        let lengths = self.prefixes.lengths_in_use();
        for part in [Part::Title, Part::Warning, Part::Body, Part::AuthorName] {
            let range = doc.part(part);
            let tokens = doc
                .tokens()
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default();
            for (nth, token) in tokens.iter().enumerate() {
                if let Some(posting) = self.words.get(&token.number) {
                    posting.mark(scratch);
                    if posting.pairs > 0
                        && let Some(next) = tokens.get(nth + 1)
                        && let Some(posting) = self.pairs.get(&pair(token.number, next.number))
                    {
                        posting.mark(scratch);
                    }
                }
                if lengths != 0 && token.kind == Kind::Word {
                    self.prefixes.mark(
                        part == Part::AuthorName,
                        doc.text(token.piece).as_bytes(),
                        lengths,
                        scratch,
                    );
                }
            }
        }
    }
}

impl<K: Copy + Eq + Hash> Default for Index<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl Prefixes {
    fn add(&mut self, bytes: u8, lead: [u8; 2]) {
        if self.lengths.is_empty() {
            self.lengths = vec![0; MAX_PREFIX_BYTES + 1];
            self.leads = vec![0; 1 << 10];
        }
        if let Some(count) = self.lengths.get_mut(usize::from(bytes)) {
            *count += 1;
        }
        // A single byte can be followed by any.
        let seconds = if bytes < 2 {
            0..=u8::MAX
        } else {
            lead[1]..=lead[1]
        };
        for second in seconds {
            let (word, bit) = lead_bit(lead[0], second);
            if let Some(word) = self.leads.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// One bit for each length that some beginning has.
    fn lengths_in_use(&self) -> u64 {
        self.lengths
            .iter()
            .zip(0..)
            .filter(|(count, _)| **count > 0)
            .fold(0, |bits, (_, length)| bits | 1_u64 << length)
    }

    fn mark(&self, is_name: bool, word: &[u8], lengths: u64, scratch: &mut Scratch) {
        let (first, second) = (
            word.first().copied().unwrap_or_default(),
            word.get(1).copied().unwrap_or_default(),
        );
        let (at, bit) = lead_bit(first, second);
        if self.leads.get(at).is_none_or(|leads| leads & bit == 0) {
            return;
        }
        let mut left = lengths;
        while left != 0 {
            let length = left.trailing_zeros() as usize;
            left &= left - 1;
            let Some(start) = word.get(..length) else {
                break;
            };
            if let Some(posting) = self.map.get(&prefix_number(is_name, start)) {
                posting.mark(scratch);
            }
        }
    }
}

fn lead_bit(first: u8, second: u8) -> (usize, u64) {
    let both = usize::from(first) << 8 | usize::from(second);
    (both >> 6, 1 << (both & 63))
}
