//! Sends each notice as a mail: a subject and typed blocks, of which the host makes text and HTML.
//!
//! Sender, recipients and the mail server are the host's; the recipients are checked here all the same, so that a typing error is
//! told with its place instead of coming back from a mail server.

mod letter;

use isocial_sdk::channel::{
    AlertChannel, Destination, Fault, Message, Notice, Reply, SmtpReply, Verdict,
};
use serde::Deserialize;

/// The channel.
#[derive(Debug)]
pub struct Email;

isocial_sdk::alert_channel!(Email);

/// Most recipients of one mail; the host takes no more.
const RECIPIENTS: usize = 50;

/// Where to send.
#[derive(Debug, Deserialize)]
struct Config {
    /// Who gets the mail.
    to: Recipients,
}

/// One address, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Recipients {
    One(String),
    Many(Vec<String>),
}

impl Recipients {
    fn list(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl AlertChannel for Email {
    fn compose(notice: &Notice, destination: &Destination) -> Result<Message, Fault> {
        let config: Config = destination.config()?;
        let list = config.to.list();
        if list.is_empty() || list.len() > RECIPIENTS {
            let problem = format!("expected 1 to {RECIPIENTS} addresses, found {}", list.len());
            return Err(Fault::bad_config("/to", problem));
        }
        if let Some(at) = list.iter().position(|address| !is_address(address)) {
            let problem = "expected one plain address such as care@lotus-bikes.example";
            return Err(Fault::bad_config(format!("/to/{at}"), problem));
        }
        Ok(Message::Email(letter::letter(notice)))
    }

    fn judge(_: &Notice, _: &Destination, reply: &Reply) -> Result<Verdict, Fault> {
        match reply {
            Reply::Smtp(reply) => Ok(verdict(reply)),
            Reply::Http(_) => Err(Fault::permanent("a mail is not answered by HTTP")),
        }
    }
}

/// One address and nothing else: no name, no second address, no white space.
fn is_address(address: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !r#",;:<>()"@\"#.contains(c);
    address.len() <= 254
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && local.chars().all(plain)
                && domain.chars().all(plain)
        })
}

/// What a mail server's reply means: 2xx took it, 4xx passes, 5xx never will.
fn verdict(reply: &SmtpReply) -> Verdict {
    match reply.code {
        200..=299 => Verdict::Delivered,
        // No connection was made. What the host itself refuses to send, it refuses at the next attempt too.
        0 if reply.text.starts_with("denied by rule") || reply.text == "unsendable" => {
            Verdict::Failed(
                "the host does not send this mail: check the recipients' addresses".into(),
            )
        }
        // 421 the server is closing, 450 the mailbox is busy or the sender is put off for a while (greylisting), 451 an error of the
        // server's own, 452 it has no room: all of them pass.
        0 | 400..=499 => Verdict::Retry(wait(&reply.text)),
        code => Verdict::Failed(reason(code)),
    }
}

/// Why a server takes a mail at no time, in words for the person who set the channel up.
fn reason(code: u16) -> String {
    let why = match code {
        530 | 534 | 535 | 538 => "the mail server does not accept the deployment's login",
        550 | 551 => {
            "the mail server knows no such mailbox, or refuses mail for it: check the recipients' addresses"
        }
        552 => "a recipient's mailbox is full, or the mail is too large for it",
        553 | 501 => "the mail server does not accept an address: check the recipients' addresses",
        521 | 556 => "the recipients' domain takes no mail",
        554 => "the mail server refuses the mail, perhaps as unwanted",
        _ => "the mail server refuses the mail",
    };
    format!("{why} ({code})")
}

/// Seconds to wait, if the server says so: `try again in 300 seconds`, `retry in 5 minutes`.
fn wait(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    while words.by_ref().any(|word| word == "in") {
        let mut next = words.clone();
        let Some(count) = next.next().and_then(|word| word.parse::<u32>().ok()) else {
            continue;
        };
        let factor = match next.next() {
            Some("s" | "sec" | "second" | "seconds") => 1,
            Some("min" | "minute" | "minutes") => 60,
            _ => continue,
        };
        return count.checked_mul(factor);
    }
    None
}

#[cfg(test)]
mod tests;
