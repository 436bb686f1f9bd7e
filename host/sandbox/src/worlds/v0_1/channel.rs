//! Alert channels: notices and replies in, messages and verdicts out.

use isocial_model::channel::{Block, DeliveryVerdict, Email, Message, Notice, Reply, Severity};

use super::{bindings::isocial::plugin::alert_channel as wit, vec};

same_words!(Severity => wit::Severity { Info, Warning, Critical });

impl From<Notice> for wit::Notice {
    fn from(n: Notice) -> Self {
        Self {
            idempotency_key: n.idempotency_key,
            attempt: n.attempt,
            rule: n.rule,
            monitor: n.monitor,
            severity: n.severity.into(),
            event: n.event,
            count: n.count,
            expected: n.expected,
            start: n.start.0,
            end: n.end.0,
            link: n.link,
            excerpts: n.excerpts,
            attributes: vec(n.attributes),
        }
    }
}

impl From<Reply> for wit::Reply {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Http(answer) => Self::Http(answer.into()),
            Reply::Smtp { code, text } => Self::Smtp(wit::SmtpReply { code, text }),
        }
    }
}

impl From<wit::Block> for Block {
    fn from(block: wit::Block) -> Self {
        match block {
            wit::Block::Heading(text) => Self::Heading(text),
            wit::Block::Paragraph(text) => Self::Paragraph(text),
            wit::Block::Quote(text) => Self::Quote(text),
            wit::Block::Facts(facts) => Self::Facts(facts),
            wit::Block::Action((label, link)) => Self::Action(label, link),
        }
    }
}

impl From<wit::Message> for Message {
    fn from(message: wit::Message) -> Self {
        match message {
            wit::Message::Http(request) => Self::Http(request.into()),
            wit::Message::Email(mail) => Self::Email(Email {
                subject: mail.subject,
                blocks: vec(mail.blocks),
            }),
        }
    }
}

impl From<wit::Verdict> for DeliveryVerdict {
    fn from(verdict: wit::Verdict) -> Self {
        match verdict {
            wit::Verdict::Delivered => Self::Delivered,
            wit::Verdict::Retry(after) => Self::Retry(after),
            wit::Verdict::Failed(why) => Self::Failed(why),
        }
    }
}
