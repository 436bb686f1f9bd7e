//! Connectors: what one is given, and what of its answer the host may use.
//!
//! Lives here: projection of calls, admission of answers. Not here: bounds of a post (`post`), permission to reach a host (`egress`).

pub mod post;
mod project;

use std::collections::BTreeMap;

use isocial_model::{
    Kind, Labeled,
    connector::{
        ComeBack, ConnectorAnswer, ConnectorCall, Fault, Frame, Origin, Outcome, Page, Request,
        Subscription, TaskItem, Verdict as RecheckVerdict, Window,
    },
    contract::{Rights, VOCABULARY},
    post::{AuthorState, Change, Engagement, Post, PostKey},
    receipt::{Receipt, Verdict},
};

use self::post::{NotKept, Rules, STRIPPABLE};
pub(crate) use self::project::commit;
use crate::{
    bounds::{neutral_fault, request_bounds, rule, slot_bounds, within},
    canon::Canon,
    door::{Door, Given},
    neutral,
    open::{Closing, OpenReceipt},
    passed::{Passed, Untrusted},
    policy::NetworkPolicy,
    rejection::{ProjectError, Rejection, fault_name},
};

/// What admission knows about the call that it answers.
#[derive(Debug)]
pub struct ConnectorContext {
    pub(crate) function: &'static str,
    pub(crate) max_requests: u32,
    pub(crate) refs: u32,
}

impl ConnectorContext {
    /// The exported function.
    pub fn function(&self) -> &'static str {
        self.function
    }
}

/// A change that may be applied.
#[derive(Debug, Clone)]
pub enum AdmittedChange {
    /// A public post of the connector's own network, within every bound.
    Upsert(Box<Labeled<Post>>),
    /// The network deleted it, or it may not be kept (age signal).
    Delete(PostKey),
    /// It is not public (at present): also what becomes of an upsert that is not public.
    Hide(PostKey),
    /// It is public again.
    Restore(PostKey),
    /// Something happened to all posts of an author.
    Author {
        /// The network.
        network: String,
        /// The author's native id.
        author: String,
        /// What happened.
        state: AuthorState,
    },
    /// Fields must no longer be held.
    Strip {
        /// Of which post.
        key: PostKey,
        /// Which fields, as named in WIT; only such as exist.
        fields: Vec<String>,
    },
    /// It has a new id.
    Replaced {
        /// The old name.
        old: PostKey,
        /// The new native id.
        new_id: String,
    },
    /// New counts.
    Engagement {
        /// Of which post.
        key: PostKey,
        /// The counts.
        counts: Engagement,
    },
}

impl AdmittedChange {
    /// What it concerns: a post by its name, or an author by network and native id.
    pub fn key(&self) -> Result<PostKey, (&str, &str)> {
        match self {
            Self::Upsert(post) => {
                let post = post.open(isocial_model::Opening::Gate);
                Ok(PostKey {
                    network: post.network.clone(),
                    native_id: post.native_id.clone(),
                })
            }
            Self::Delete(key)
            | Self::Hide(key)
            | Self::Restore(key)
            | Self::Strip { key, .. }
            | Self::Replaced { old: key, .. }
            | Self::Engagement { key, .. } => Ok(key.clone()),
            Self::Author {
                network, author, ..
            } => Err((network, author)),
        }
    }
}

/// A page that may be committed.
#[derive(Debug, Clone)]
pub struct AdmittedPage {
    /// In order.
    pub changes: Vec<AdmittedChange>,
    /// The next place; absent keeps the last one.
    pub cursor: Option<Vec<u8>>,
    /// Pieces of work that the page leaves.
    pub tasks: Vec<TaskItem>,
    /// New account state; absent keeps the last one.
    pub state: Option<Vec<u8>>,
    /// When to call again.
    pub next: ComeBack,
    /// What the page fully saw.
    pub seen: Option<Window>,
    /// Items that the connector could not read, by its own count.
    pub rejected: u32,
    /// Items that the gate dropped or changed: rule to count.
    pub dropped: BTreeMap<&'static str, u32>,
}

impl AdmittedPage {
    /// Counts of `dropped` that are notes about items which were kept: their text was cleaned, or their date was in the future.
    const NOTES: [&'static str; 2] = ["neutralised", "future-clamped"];

    /// How many items were not kept.
    pub fn dropped_items(&self) -> u64 {
        let lost = self
            .dropped
            .iter()
            .filter(|(rule, _)| !Self::NOTES.contains(rule));
        lost.map(|(_, n)| u64::from(*n)).sum()
    }
}

/// What became of a rechecked reference.
#[derive(Debug, Clone)]
pub enum AdmittedVerdict {
    /// Still there, unchanged.
    Alive,
    /// Deleted.
    Gone,
    /// Changed, and public.
    Changed(Box<Labeled<Post>>),
    /// There, but no longer such that it may be kept (not public, age signal): hide it; the rule says why.
    NotKept(&'static str),
    /// Could not be told: never treated as gone.
    Unknown,
}

/// An answer that may be used.
#[derive(Debug, Clone)]
pub enum AdmittedConnector {
    /// Results, to be committed.
    Page(AdmittedPage),
    /// More requests first. Each still needs [`crate::permit`].
    Again {
        /// 1–16, to be made in parallel.
        requests: Vec<Request>,
        /// To be handed back with the answers.
        scratch: Vec<u8>,
    },
    /// Requests of `check` and `ask`. Each still needs [`crate::permit`].
    Requests(Vec<Request>),
    /// One line of `checked`, or the body of `challenge`.
    Text(String),
    /// One a reference of `judge`.
    Verdicts(Vec<AdmittedVerdict>),
    /// Of `open`. Still needs [`crate::permit_subscription`].
    Subscription(Subscription),
    /// The connector's own typed fault, its texts neutralised and cut.
    Fault(Fault),
}

impl Door {
    /// Projects a call of a connector: bounds are checked, what the contract does not name is blanked.
    pub fn project_connector(
        &self,
        mut call: ConnectorCall,
    ) -> Result<(Passed<ConnectorCall>, OpenReceipt<ConnectorContext>), ProjectError> {
        let function = call.function();
        let in_force = self.in_force(Kind::Connector, function)?;
        let rights = &in_force.effective.rights;
        project::blank(&mut call, rights);
        let size = project::bounds(&mut call, in_force.contract.batch_max)?;
        let mut canon = Canon::of(function);
        commit(&call, &mut canon);
        let context = ConnectorContext {
            function,
            max_requests: project::max_requests(&call),
            refs: size.refs,
        };
        let given = Given {
            fields: in_force.fields.clone(),
            purposes: in_force.effective.purposes.clone(),
            items: size.items,
            bytes_in: size.bytes,
            redacted: BTreeMap::new(),
            restricted_skipped: 0,
            canon,
        };
        let open = self.open(in_force, function, given, context);
        Ok((Passed::new(call), open))
    }

    /// Admits a connector's answer: bad items are dropped and counted, a structurally bad answer is rejected whole.
    pub fn admit_connector(
        &self,
        answer: Untrusted<ConnectorAnswer>,
        open: OpenReceipt<ConnectorContext>,
    ) -> (Result<AdmittedConnector, Rejection>, Receipt) {
        let (answer, bytes_out) = answer.open();
        let (mut closing, context) = open.close();
        let result = self.admit(answer, &context, &mut closing);
        let (verdict, items) = match &result {
            Ok(AdmittedConnector::Fault(fault)) => (Verdict::Fault(fault_name(fault).into()), 0),
            Ok(admitted) => (Verdict::Ok, items_of(admitted)),
            Err(rejection) => (Verdict::Rejected(rejection.name().into()), 0),
        };
        (result, closing.receipt(verdict, items, bytes_out))
    }

    fn admit(
        &self,
        answer: ConnectorAnswer,
        context: &ConnectorContext,
        closing: &mut Closing,
    ) -> Result<AdmittedConnector, Rejection> {
        use ConnectorAnswer as A;
        Ok(match (context.function, answer) {
            (_, A::Fault(fault)) => AdmittedConnector::Fault(neutral_fault(fault)),
            ("next" | "respond", A::Outcome(Outcome::Page(page)))
            | ("frames" | "receive", A::Page(page)) => {
                AdmittedConnector::Page(self.page(page, closing)?)
            }
            ("next" | "respond", A::Outcome(Outcome::Again { requests, scratch })) => {
                within(
                    "requests",
                    requests.len(),
                    1,
                    context.max_requests as usize,
                    "at least one, at most the budget's",
                )?;
                requests.iter().try_for_each(request_bounds)?;
                within(
                    "scratch",
                    scratch.len(),
                    0,
                    64 * 1024,
                    "at most 65,536 bytes",
                )?;
                AdmittedConnector::Again { requests, scratch }
            }
            ("check" | "ask", A::Requests(requests)) => {
                within(
                    "requests",
                    requests.len(),
                    0,
                    context.max_requests as usize,
                    "at most the budget's",
                )?;
                requests.iter().try_for_each(request_bounds)?;
                AdmittedConnector::Requests(requests)
            }
            ("checked", A::Text(text)) => AdmittedConnector::Text(neutral::short_line(text, 256)),
            ("challenge", A::Text(text)) => {
                // It is sent to the network as it is, so it is taken as it is or not at all.
                within("challenge", text.len(), 0, 1024, "at most 1,024 bytes")?;
                let mut same = text.clone();
                if neutral::line(&mut same) {
                    return Err(rule("challenge", "a control character".into(), "one line"));
                }
                AdmittedConnector::Text(text)
            }
            ("judge", A::Verdicts(verdicts)) => {
                within(
                    "verdicts",
                    verdicts.len(),
                    context.refs as usize,
                    context.refs as usize,
                    "one a reference",
                )?;
                AdmittedConnector::Verdicts(self.verdicts(verdicts, closing))
            }
            ("open", A::Subscription(subscription)) => {
                subscription_bounds(&subscription)?;
                AdmittedConnector::Subscription(subscription)
            }
            (_, other) => {
                return Err(rule(
                    "shape",
                    shape(&other).into(),
                    "the answer to the function that was called",
                ));
            }
        })
    }

    /// What may be kept of a post: the network's pack, within what the contract says it writes (all, if it names no field of a post).
    fn kept(&self, function: &str, policy: &NetworkPolicy) -> Rights {
        let contract = self.spec.contracts.iter().find(|c| c.function == function);
        let named: Vec<String> = contract
            .into_iter()
            .flat_map(|c| c.output.keys())
            .filter(|name| name.starts_with("post."))
            .map(|name| {
                let top = VOCABULARY
                    .iter()
                    .find(|f| f.path == *name)
                    .and_then(|f| f.ladder.last());
                top.map_or_else(|| name.clone(), |top| format!("{name}:{top}"))
            })
            .collect();
        if named.is_empty() {
            policy.kept.clone()
        } else {
            policy
                .kept
                .narrow(&Rights::parse(&named).unwrap_or_default())
        }
    }

    fn page(&self, page: Page, closing: &mut Closing) -> Result<AdmittedPage, Rejection> {
        within("changes", page.changes.len(), 0, 250, "at most 250")?;
        within("tasks", page.tasks.len(), 0, 250, "at most 250")?;
        within(
            "cursor",
            page.cursor.as_ref().map_or(0, Vec::len),
            0,
            4096,
            "at most 4,096 bytes",
        )?;
        within(
            "state",
            page.state.as_ref().map_or(0, Vec::len),
            0,
            4096,
            "at most 4,096 bytes",
        )?;
        for task in &page.tasks {
            within("task-key", task.key.len(), 1, 128, "1 to 128 bytes")?;
            within(
                "task-payload",
                task.payload.len(),
                0,
                1024,
                "at most 1,024 bytes",
            )?;
            if !neutral::is_id(&task.key, 128) {
                return Err(rule(
                    "task-key",
                    "a control character".into(),
                    "printable text",
                ));
            }
        }
        let Some(policy) = self.spec.network.as_ref() else {
            return Err(rule("network", "none".into(), "a connector with a network"));
        };
        let now = self.spec.clock.now();
        let kept = self.kept(closing.function(), policy);
        let rules = Rules {
            policy,
            kept: &kept,
            now,
        };
        let mut changes = Vec::with_capacity(page.changes.len());
        for change in page.changes {
            match admit_change(change, &rules, closing) {
                Ok(admitted) => changes.push(admitted),
                Err(rule) => closing.note(rule),
            }
        }
        let seen = page
            .seen
            .map(|seen| Window {
                end: seen.end.min(now),
                ..seen
            })
            .filter(|seen| seen.start <= seen.end);
        if seen.is_none() && page.seen.is_some() {
            closing.note("bad-window");
        }
        Ok(AdmittedPage {
            changes,
            cursor: page.cursor,
            tasks: page.tasks,
            state: page.state,
            next: page.next,
            seen,
            rejected: page.rejected,
            dropped: closing.dropped().clone(),
        })
    }

    fn verdicts(
        &self,
        verdicts: Vec<RecheckVerdict>,
        closing: &mut Closing,
    ) -> Vec<AdmittedVerdict> {
        let Some(policy) = self.spec.network.as_ref() else {
            return Vec::new();
        };
        let kept = self.kept(closing.function(), policy);
        let rules = Rules {
            policy,
            kept: &kept,
            now: self.spec.clock.now(),
        };
        let admit = |verdict| match verdict {
            RecheckVerdict::Alive => AdmittedVerdict::Alive,
            RecheckVerdict::Gone => AdmittedVerdict::Gone,
            RecheckVerdict::Unknown => AdmittedVerdict::Unknown,
            RecheckVerdict::Changed(post) => match rules.post(post, closing) {
                Ok(post) => AdmittedVerdict::Changed(post),
                // What cannot be read tells nothing; failure is never deletion.
                Err(NotKept::Drop(why)) => {
                    closing.note(why);
                    AdmittedVerdict::Unknown
                }
                Err(NotKept::Hide(why) | NotKept::Delete(why)) => {
                    closing.note(why);
                    AdmittedVerdict::NotKept(why)
                }
            },
        };
        verdicts.into_iter().map(admit).collect()
    }
}

fn admit_change(
    change: Change,
    rules: &Rules<'_>,
    closing: &mut Closing,
) -> Result<AdmittedChange, &'static str> {
    Ok(match change {
        Change::Upsert(post) => {
            let key = PostKey {
                network: post.network.clone(),
                native_id: post.native_id.clone(),
            };
            match rules.post(post, closing) {
                Ok(post) => AdmittedChange::Upsert(post),
                Err(NotKept::Drop(why)) => return Err(why),
                Err(NotKept::Hide(why)) => {
                    closing.note(why);
                    AdmittedChange::Hide(key)
                }
                Err(NotKept::Delete(why)) => {
                    closing.note(why);
                    AdmittedChange::Delete(key)
                }
            }
        }
        Change::Delete(key) => rules.key(&key).map(|()| AdmittedChange::Delete(key))?,
        Change::Hide(key) => rules.key(&key).map(|()| AdmittedChange::Hide(key))?,
        Change::Restore(key) => rules.key(&key).map(|()| AdmittedChange::Restore(key))?,
        Change::Author {
            network,
            author,
            state,
        } => {
            // An author's id is bound like a post's.
            let key = PostKey {
                network,
                native_id: author,
            };
            rules.key(&key)?;
            AdmittedChange::Author {
                network: key.network,
                author: key.native_id,
                state,
            }
        }
        Change::Strip { key, mut fields } => {
            rules.key(&key)?;
            if fields.len() > 16 {
                return Err("strip-fields");
            }
            let before = fields.len();
            fields.retain(|field| STRIPPABLE.contains(&field.as_str()));
            closing.note_many("unknown-field", (before - fields.len()) as u32);
            AdmittedChange::Strip { key, fields }
        }
        Change::Replaced { old, new_id } => {
            rules.key(&old)?;
            if !neutral::is_id(&new_id, 512) {
                return Err("bad-id");
            }
            AdmittedChange::Replaced { old, new_id }
        }
        Change::Engagement { key, counts } => {
            rules.key(&key)?;
            if !rules.kept.has("post.engagement") {
                return Err("not-kept");
            }
            AdmittedChange::Engagement { key, counts }
        }
        Change::Other(_) => return Err("unknown-change"),
    })
}

fn items_of(admitted: &AdmittedConnector) -> u32 {
    (match admitted {
        AdmittedConnector::Page(page) => page.changes.len(),
        AdmittedConnector::Again { requests, .. } | AdmittedConnector::Requests(requests) => {
            requests.len()
        }
        AdmittedConnector::Verdicts(verdicts) => verdicts.len(),
        AdmittedConnector::Text(_) | AdmittedConnector::Subscription(_) => 1,
        AdmittedConnector::Fault(_) => 0,
    }) as u32
}

fn shape(answer: &ConnectorAnswer) -> &'static str {
    match answer {
        ConnectorAnswer::Outcome(_) => "an outcome",
        ConnectorAnswer::Requests(_) => "requests",
        ConnectorAnswer::Text(_) => "a text",
        ConnectorAnswer::Verdicts(_) => "verdicts",
        ConnectorAnswer::Subscription(_) => "a subscription",
        ConnectorAnswer::Page(_) => "a page",
        ConnectorAnswer::Fault(_) => "a fault",
    }
}

fn subscription_bounds(subscription: &Subscription) -> Result<(), Rejection> {
    within(
        "subprotocols",
        subscription.subprotocols.len(),
        0,
        8,
        "at most 8",
    )?;
    within("greeting", subscription.greeting.len(), 0, 8, "at most 8")?;
    for frame in &subscription.greeting {
        let size = match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
            Frame::Closed(_) => {
                return Err(rule("greeting", "a closing frame".into(), "text or bytes"));
            }
        };
        within("greeting-frame", size, 0, 16 * 1024, "at most 16,384 bytes")?;
    }
    within(
        "ping",
        subscription.ping as usize,
        0,
        3600,
        "at most an hour",
    )?;
    if let Origin::Network(url) = &subscription.origin {
        within("url", url.len(), 1, 4096, "1 to 4,096 bytes")?;
    }
    slot_bounds(subscription.credential.as_deref())
}

#[cfg(test)]
mod tests;
