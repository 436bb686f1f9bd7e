//! Alert channels: a notice with only what is granted, and a message that goes nowhere but to its destination.
//!
//! Lives here: projection of notices and replies, admission of messages and verdicts; links in `links`. Not here: permission to reach a host (`egress`).

pub(crate) mod links;

use std::{borrow::Borrow, collections::BTreeMap};

use isocial_model::{
    Instant, Kind, Labeled, Opening,
    channel::{
        Block, ChannelAnswer, ChannelCall, DeliveryVerdict, Email, Message, Notice, Reply, Severity,
    },
    connector::{Answer, Request},
    contract::Rights,
    post::{Attribute, Post},
    receipt::{Receipt, Verdict},
};

use crate::{
    bounds::{neutral_fault, request_bounds, rule, within},
    canon::Canon,
    connector::post::ATTRIBUTES,
    door::{Door, Given, InForce},
    egress::{self, answer_headers_allowed},
    neutral,
    open::{Closing, OpenReceipt},
    passed::{Passed, Untrusted},
    redact::Redactor,
    rejection::{ProjectError, Rejection, fault_name},
};

/// What happened, in full: the gate takes from it what is granted.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeDraft {
    /// The same for every attempt · ≤ 64 bytes.
    pub idempotency_key: String,
    /// 1 for the first.
    pub attempt: u32,
    /// The rule's name.
    pub rule: String,
    /// The monitor's name.
    pub monitor: String,
    /// How urgent.
    pub severity: Severity,
    /// `spike`, `mention`, `sentiment`, `test`.
    pub event: String,
    /// Mentions that it is about.
    pub count: u64,
    /// What was to be expected.
    pub expected: Option<f64>,
    /// Start of the span.
    pub start: Instant,
    /// End of the span.
    pub end: Instant,
    /// Our own page about it: must be under the deployment's own address.
    pub link: String,
    /// ≤ 16, of nobody.
    pub attributes: Vec<Attribute>,
}

/// What admission knows about the call.
#[derive(Debug)]
pub struct ChannelContext {
    pub(crate) judging: bool,
    /// Text that was given, in which links may stand that the message may repeat.
    pub(crate) given: String,
}

/// An answer that may be used.
#[derive(Debug, Clone, PartialEq)]
pub enum AdmittedChannel {
    /// To be sent by HTTP. Still needs [`crate::permit`].
    Http(Request),
    /// To be sent by mail. Still needs [`crate::permit_mail`], which renders it.
    Email(Email),
    /// What the reply means.
    Verdict(DeliveryVerdict),
}

/// Excerpts in a notice.
const EXCERPTS_MAX: usize = 5;
/// Characters of an excerpt.
const EXCERPT_CHARS: usize = 280;

impl Door {
    /// Projects a notice for `compose`. `excerpts` are posts of which the first 280 characters are shown, redacted, if granted.
    ///
    /// At most 5 excerpts are taken; restricted and held posts are left out and counted.
    pub fn project_notice<P: Borrow<Labeled<Post>>>(
        &self,
        draft: &NoticeDraft,
        excerpts: &[P],
        destination: &str,
    ) -> Result<(Passed<ChannelCall>, OpenReceipt<ChannelContext>), ProjectError> {
        let in_force = self.in_force(Kind::AlertChannel, "compose")?;
        let rights = &in_force.effective.rights;
        let mut redactor = Redactor::new(&self.own).strict(self.strict);
        let (mut shown, mut skipped) = (Vec::new(), 0);
        if rights.has("notice.excerpts") {
            for post in excerpts {
                let post = post.borrow();
                if post.label().restricted || post.label().held {
                    skipped += 1;
                    continue;
                }
                if shown.len() < EXCERPTS_MAX
                    && let Some(excerpt) = excerpt(post.open(Opening::Gate), &mut redactor)
                {
                    shown.push(excerpt);
                }
            }
        }
        let notice = self.notice(draft, shown, rights)?;
        let destination = destination_of(destination, rights)?;
        let given = allowed_text(&notice, &destination);
        let context = ChannelContext {
            judging: false,
            given,
        };
        let call = ChannelCall::Compose {
            notice,
            destination,
        };
        Ok(self.opened(
            in_force,
            "compose",
            call,
            context,
            redactor.counts(),
            skipped,
        ))
    }

    /// Projects the service's reply for `judge`; the notice goes without excerpts.
    pub fn project_reply(
        &self,
        draft: &NoticeDraft,
        destination: &str,
        mut reply: Reply,
    ) -> Result<(Passed<ChannelCall>, OpenReceipt<ChannelContext>), ProjectError> {
        let in_force = self.in_force(Kind::AlertChannel, "judge")?;
        let rights = &in_force.effective.rights;
        match &mut reply {
            Reply::Http(Answer::Response(response)) => {
                if response.body.len() > 8 * 1024 * 1024 {
                    return Err(ProjectError::TooMuch {
                        what: "reply",
                        given: response.body.len() as u64,
                        allowed: 8 * 1024 * 1024,
                    });
                }
                response
                    .headers
                    .retain(|header| answer_headers_allowed(&header.name));
            }
            Reply::Http(Answer::Failed(_)) => {}
            Reply::Smtp { text, .. } => {
                neutral::line(text);
                neutral::cut(text, 256);
            }
        }
        let notice = self.notice(draft, Vec::new(), rights)?;
        let destination = destination_of(destination, rights)?;
        let context = ChannelContext {
            judging: true,
            given: String::new(),
        };
        let call = ChannelCall::Judge {
            notice,
            destination,
            reply,
        };
        Ok(self.opened(in_force, "judge", call, context, BTreeMap::new(), 0))
    }

    /// Admits a channel's answer: bounds, the destination's host only, no links but ours (HP-27, HP-43). Its own fault is a [`Rejection::Fault`].
    pub fn admit_channel(
        &self,
        answer: Untrusted<ChannelAnswer>,
        open: OpenReceipt<ChannelContext>,
    ) -> (Result<AdmittedChannel, Rejection>, Receipt) {
        let (answer, bytes_out) = answer.open();
        let (mut closing, context) = open.close();
        let result = self.admit_answer(answer, &context, &mut closing);
        let (verdict, items) = match &result {
            Ok(_) => (Verdict::Ok, 1),
            Err(Rejection::Fault(fault)) => (Verdict::Fault(fault_name(fault).into()), 0),
            Err(rejection) => (Verdict::Rejected(rejection.name().into()), 0),
        };
        (result, closing.receipt(verdict, items, bytes_out))
    }

    fn admit_answer(
        &self,
        answer: ChannelAnswer,
        context: &ChannelContext,
        closing: &mut Closing,
    ) -> Result<AdmittedChannel, Rejection> {
        match (context.judging, answer) {
            (_, ChannelAnswer::Fault(fault)) => Err(Rejection::Fault(neutral_fault(fault))),
            (false, ChannelAnswer::Message(Message::Http(request))) => {
                request_bounds(&request)?;
                if !egress::names_granted_host(&request.url, &self.spec.egress) {
                    return Err(rule(
                        "destination",
                        "another host".into(),
                        "a host of the grant",
                    ));
                }
                let body = request.body.as_deref().unwrap_or_default();
                if links::foreign_in_body(body, &self.spec.own_base, &context.given) {
                    return Err(rule(
                        "foreign-link",
                        "a link elsewhere".into(),
                        "links to the deployment's own pages only",
                    ));
                }
                Ok(AdmittedChannel::Http(request))
            }
            (false, ChannelAnswer::Message(Message::Email(email))) => {
                let changed = mail_bounds(&email)?;
                closing.note_many("neutralised", changed);
                links::actions_are_ours(&email, &self.spec.own_base)?;
                Ok(AdmittedChannel::Email(neutral_mail(
                    email,
                    &self.spec.own_base,
                )))
            }
            (true, ChannelAnswer::Verdict(verdict)) => {
                Ok(AdmittedChannel::Verdict(match verdict {
                    DeliveryVerdict::Failed(reason) => {
                        DeliveryVerdict::Failed(neutral::short_line(reason, 256))
                    }
                    // A day is the longest that anybody may ask us to hold an alert back.
                    DeliveryVerdict::Retry(wait) => {
                        DeliveryVerdict::Retry(wait.map(|seconds| seconds.min(86_400)))
                    }
                    DeliveryVerdict::Delivered => DeliveryVerdict::Delivered,
                }))
            }
            (true, ChannelAnswer::Message(_)) => {
                Err(rule("shape", "a message".into(), "a verdict"))
            }
            (false, ChannelAnswer::Verdict(_)) => {
                Err(rule("shape", "a verdict".into(), "a message"))
            }
        }
    }

    fn opened(
        &self,
        in_force: &InForce,
        function: &'static str,
        call: ChannelCall,
        context: ChannelContext,
        redacted: BTreeMap<&'static str, u32>,
        restricted_skipped: u32,
    ) -> (Passed<ChannelCall>, OpenReceipt<ChannelContext>) {
        let mut canon = Canon::of(function);
        let (ChannelCall::Compose {
            notice,
            destination,
        }
        | ChannelCall::Judge {
            notice,
            destination,
            ..
        }) = &call;
        canon.value(notice);
        canon.bytes(destination.as_bytes());
        let mut bytes_in =
            (destination.len() + notice.rule.len() + notice.monitor.len() + notice.link.len())
                as u64;
        bytes_in += notice.excerpts.iter().map(|e| e.len() as u64).sum::<u64>();
        if let ChannelCall::Judge { reply, .. } = &call {
            canon.value(reply);
            if let Reply::Http(Answer::Response(response)) = reply {
                bytes_in += response.body.len() as u64;
            }
        }
        let given = Given {
            fields: in_force.fields.clone(),
            purposes: in_force.effective.purposes.clone(),
            items: 1,
            bytes_in,
            redacted,
            restricted_skipped,
            canon,
        };
        let open = self.open(in_force, function, given, context);
        (Passed::new(call), open)
    }

    /// The notice with what the rights name, and nothing where they do not.
    fn notice(
        &self,
        draft: &NoticeDraft,
        excerpts: Vec<String>,
        rights: &Rights,
    ) -> Result<Notice, ProjectError> {
        if draft.idempotency_key.is_empty() || draft.idempotency_key.len() > 64 {
            return Err(ProjectError::Invalid {
                what: "idempotency-key",
                why: "1 to 64 bytes",
            });
        }
        if !draft.link.is_empty() && !links::is_ours(&draft.link, &self.spec.own_base) {
            return Err(ProjectError::Invalid {
                what: "link",
                why: "a page of this deployment",
            });
        }
        let line = |field: &str, value: &str| {
            if rights.has(field) {
                neutral::short_line(value.into(), 256)
            } else {
                String::new()
            }
        };
        let time = |at: Instant| {
            if rights.has("notice.time") {
                at.floor(Instant::MINUTE_MS)
            } else {
                Instant(0)
            }
        };
        let counted = rights.has("notice.count");
        let attributes = draft
            .attributes
            .iter()
            .filter(|a| ATTRIBUTES.contains(&a.key.as_str()))
            .take(16);
        Ok(Notice {
            idempotency_key: draft.idempotency_key.clone(),
            attempt: draft.attempt.max(1),
            rule: line("notice.rule", &draft.rule),
            monitor: line("notice.monitor", &draft.monitor),
            severity: if rights.has("notice.severity") {
                draft.severity
            } else {
                Severity::Info
            },
            event: neutral::short_line(draft.event.clone(), 32),
            count: if counted { draft.count } else { 0 },
            expected: draft.expected.filter(|n| counted && n.is_finite()),
            start: time(draft.start),
            end: time(draft.end),
            link: if rights.has("notice.link") {
                draft.link.clone()
            } else {
                String::new()
            },
            excerpts,
            attributes: attributes
                .map(|a| Attribute {
                    key: a.key.clone(),
                    value: neutral::short_line(a.value.clone(), 1024),
                })
                .collect(),
        })
    }
}

/// The first 280 characters of a post's text, redacted, links as `⟦link⟧`.
fn excerpt(post: &Post, redactor: &mut Redactor<'_>) -> Option<String> {
    let text = post.text.as_ref().or(post.title.as_ref())?;
    // Cut after redaction: a detail that the cut would have halved is found whole. What is far behind the cut need not be read.
    let head = text.get(..text.floor_char_boundary(8 * 1024))?;
    let mut redacted = String::new();
    redactor.append(head, &mut redacted).ok()?;
    let mut shown: String = links::without(&redacted, "")
        .chars()
        .take(EXCERPT_CHARS)
        .collect();
    // No half token at the end.
    if let Some(open) = shown.rfind('⟦')
        && !shown.get(open..).is_some_and(|tail| tail.contains('⟧'))
    {
        shown.truncate(open);
    }
    neutral::line(&mut shown);
    (!shown.trim().is_empty()).then_some(shown)
}

fn destination_of(destination: &str, rights: &Rights) -> Result<String, ProjectError> {
    if destination.len() > 16 * 1024 {
        return Err(ProjectError::TooMuch {
            what: "destination",
            given: destination.len() as u64,
            allowed: 16 * 1024,
        });
    }
    Ok(if rights.has("destination.config") {
        destination.to_owned()
    } else {
        "{}".to_owned()
    })
}

/// Everything that was given and may hold links that a message repeats: the organisation's own words and settings.
fn allowed_text(notice: &Notice, destination: &str) -> String {
    [&notice.rule, &notice.monitor, destination].join("\n")
}

/// Checks a mail; how many of its texts hold something that will be taken out.
pub(crate) fn mail_bounds(email: &Email) -> Result<u32, Rejection> {
    within(
        "subject",
        email.subject.chars().count(),
        1,
        200,
        "1 to 200 characters",
    )?;
    if email.subject.chars().any(char::is_control) {
        // A line end in a subject begins a header of the plugin's own (HP-43).
        return Err(rule("subject", "a control character".into(), "one line"));
    }
    within("blocks", email.blocks.len(), 0, 64, "at most 64")?;
    let mut changed = 0;
    let mut check = |name: &'static str, text: &str, max: usize| {
        let mut same = text.to_owned();
        changed += u32::from(neutral::text(&mut same));
        within(
            name,
            text.chars().count(),
            0,
            max,
            "as many characters as the interface allows",
        )
    };
    for block in &email.blocks {
        match block {
            Block::Heading(text) => check("heading", text, 200)?,
            Block::Paragraph(text) => check("paragraph", text, 2000)?,
            Block::Quote(text) => check("quote", text, 1000)?,
            Block::Facts(facts) => {
                within("facts", facts.len(), 0, 64, "at most 64")?;
                for (label, value) in facts {
                    check("fact", label, 200)?;
                    check("fact", value, 1000)?;
                }
            }
            Block::Action(label, url) => {
                check("action", label, 200)?;
                within("action", url.len(), 1, 2048, "1 to 2,048 bytes")?;
            }
        }
    }
    Ok(changed)
}

/// The mail with neutral texts; links elsewhere become `⟦link⟧`, which no mail program turns into one.
pub(crate) fn neutral_mail(mut email: Email, own_base: &str) -> Email {
    neutral::line(&mut email.subject);
    email.subject = links::without(&email.subject, own_base);
    let clean = |text: &mut String| {
        neutral::text(text);
        *text = links::without(text, own_base);
    };
    for block in &mut email.blocks {
        match block {
            Block::Heading(text)
            | Block::Paragraph(text)
            | Block::Quote(text)
            | Block::Action(text, _) => clean(text),
            Block::Facts(facts) => {
                for (label, value) in facts {
                    clean(label);
                    clean(value);
                }
            }
        }
    }
    email
}

#[cfg(test)]
mod tests;
