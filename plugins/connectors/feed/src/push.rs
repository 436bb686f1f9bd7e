//! WebSub: a hub delivers what is new in a feed by itself, instead of being asked for it.
//!
//! Lives here: the proof that a subscription was meant, and reading a delivery. Not here: subscribing at a hub, which a person does with
//! the address that the host shows once; verifying signatures (the host, before this is called).
//!
//! Reading by schedule goes on beside it: hubs come and go, and a delivery says nothing about what was missed.

use isocial_sdk::{
    connector::{Change, ComeBack, Delivery, Fault, Inbound, Job, Page, Response},
    uri,
};

use crate::{Feed, address, document};

/// The first value of this name.
fn value<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    query
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
}

impl Inbound for Feed {
    /// A hub asks whether the subscription to this feed, or its end, was meant. It is asked about feeds of the same site only: the address
    /// that a hub knows a feed by is often not the one that a person wrote.
    fn challenge(job: &Job, query: &[(String, String)]) -> Result<String, Fault> {
        let address = address(job)?;
        let topic = value(query, "hub.topic").unwrap_or_default();
        let meant = matches!(value(query, "hub.mode"), Some("subscribe" | "unsubscribe"))
            && uri::host(topic).is_some_and(|host| Some(host) == uri::host(&address));
        match value(query, "hub.challenge") {
            Some(challenge) if meant && !challenge.is_empty() => Ok(challenge.to_owned()),
            _ => Err(Fault::permanent("no subscription of a feed of this site")),
        }
    }

    fn receive(job: &Job, delivery: Delivery) -> Result<Page, Fault> {
        let address = address(job)?;
        let mut page = Page::new();
        if delivery.body.iter().all(u8::is_ascii_whitespace) {
            // A thin ping: something is new, and the feed itself says what.
            return Ok(page.coming_back(ComeBack::Immediately));
        }
        let response = Response {
            status: 200,
            headers: delivery.headers,
            body: delivery.body,
        };
        let feed = document::read(&response, &address)?;
        let most = job.budget.items.clamp(1, 250) as usize;
        if feed.items.len() > most || feed.broken {
            // What does not fit, or breaks off, is in the feed as well.
            page.next = ComeBack::Immediately;
        }
        page.rejected = feed.rejected;
        page.changes = feed
            .items
            .into_iter()
            .take(most)
            .filter(|item| !item.older_than(job.since))
            .map(|item| Change::Upsert(item.into_post(&feed.about)))
            .collect();
        Ok(page)
    }
}
