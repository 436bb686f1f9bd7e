//! Mail: typed blocks rendered here as text and HTML; recipients come from the host (HP-27, HP-43).

use isocial_model::channel::{Block, Email};

use super::Denial;
use crate::channel::{links, mail_bounds, neutral_mail};

/// Who sends to whom: the host's, never the plugin's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailBinding {
    /// Sender.
    pub from: String,
    /// Recipients · 1–50.
    pub to: Vec<String>,
    /// The deployment's own address, `https://host/`: the only links that may be in the mail.
    pub own_base: String,
    /// The same for every attempt: becomes the Message-ID's left side.
    pub idempotency_key: String,
}

/// A mail that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedMail {
    from: String,
    to: Vec<String>,
    subject: String,
    text: String,
    html: String,
    idempotency_key: String,
}

impl PermittedMail {
    /// Sender.
    pub fn from(&self) -> &str {
        &self.from
    }
    /// Recipients.
    pub fn to(&self) -> &[String] {
        &self.to
    }
    /// One line.
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// The plain-text part.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The HTML part: no remote content, links only to the deployment.
    pub fn html(&self) -> &str {
        &self.html
    }
    /// The same for every attempt.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

/// Renders a mail and binds it to its recipients.
pub fn permit_mail(email: &Email, binding: &MailBinding) -> Result<PermittedMail, Denial> {
    let deny = |rule, detail: &str| Denial {
        rule,
        detail: detail.into(),
        host: String::new(),
    };
    mail_bounds(email).map_err(|rejection| {
        deny(
            rejection.name(),
            "expected a mail within the interface's bounds",
        )
    })?;
    links::actions_are_ours(email, &binding.own_base).map_err(|_| {
        deny(
            "foreign-link",
            "expected links to the deployment's own pages only",
        )
    })?;
    if binding.to.is_empty() || binding.to.len() > 50 {
        return Err(deny("recipients", "expected 1 to 50 recipients"));
    }
    if !binding
        .to
        .iter()
        .chain([&binding.from])
        .all(|address| is_address(address))
    {
        return Err(deny("address", "expected one plain mail address each"));
    }
    let email = neutral_mail(email.clone(), &binding.own_base);
    let (text, html) = (render_text(&email), render_html(&email));
    Ok(PermittedMail {
        from: binding.from.clone(),
        to: binding.to.clone(),
        subject: email.subject,
        text,
        html,
        idempotency_key: binding.idempotency_key.clone(),
    })
}

/// One address and nothing else: no second one, no name, no header.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let plain = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(
                c,
                ',' | ';' | ':' | '<' | '>' | '(' | ')' | '"' | '@' | '\\'
            )
    };
    address.len() <= 254
        && !local.is_empty()
        && !domain.is_empty()
        && local.chars().all(plain)
        && domain.chars().all(plain)
}

fn line(out: &mut String, label: &str, value: &str) {
    out.push_str(label);
    out.push_str(": ");
    out.push_str(value);
    out.push('\n');
}

fn render_text(email: &Email) -> String {
    let mut out = String::new();
    for block in &email.blocks {
        match block {
            Block::Heading(text) => {
                out.push_str(text);
                out.push('\n');
                out.extend(std::iter::repeat_n('-', text.chars().count().min(72)));
                out.push('\n');
            }
            Block::Paragraph(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Block::Quote(text) => {
                for line in text.lines() {
                    out.push_str("> ");
                    out.push_str(line);
                    out.push('\n');
                }
            }
            Block::Facts(facts) => {
                for (label, value) in facts {
                    line(&mut out, label, value);
                }
            }
            Block::Action(label, link) => line(&mut out, label, link),
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Every tag and style is ours; every text is escaped; nothing is loaded from anywhere.
fn render_html(email: &Email) -> String {
    let mut out = String::from(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"></head>\
         <body style=\"font:16px/1.5 sans-serif;color:#1b1b1f;max-width:40em;margin:1.5em auto;padding:0 1em\">",
    );
    for block in &email.blocks {
        match block {
            Block::Heading(text) => element(&mut out, "h2", text),
            Block::Paragraph(text) => element(&mut out, "p", text),
            Block::Quote(text) => element(&mut out, "blockquote", text),
            Block::Facts(facts) => {
                out.push_str("<table>");
                for (label, value) in facts {
                    out.push_str("<tr>");
                    element(&mut out, "th", label);
                    element(&mut out, "td", value);
                    out.push_str("</tr>");
                }
                out.push_str("</table>");
            }
            Block::Action(label, link) => {
                out.push_str("<p><a href=\"");
                escape(&mut out, link);
                out.push_str("\">");
                escape(&mut out, label);
                out.push_str("</a></p>");
            }
        }
    }
    out.push_str("</body></html>");
    out
}

fn element(out: &mut String, tag: &str, text: &str) {
    out.push('<');
    out.push_str(tag);
    if matches!(tag, "th" | "td") {
        out.push_str(" align=\"left\" style=\"padding:0 1em 0 0;vertical-align:top\"");
    }
    out.push('>');
    escape(out, text);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> MailBinding {
        MailBinding {
            from: "alerts@track.example".into(),
            to: vec!["lan@brand.example".into()],
            own_base: "https://track.example/".into(),
            idempotency_key: "ntc-1".into(),
        }
    }

    fn email(blocks: Vec<Block>) -> Email {
        Email {
            subject: "Spike: Lumen".into(),
            blocks,
        }
    }

    #[test]
    fn hp_27_nothing_remote_and_no_links_but_ours() {
        let email = email(vec![
            Block::Heading("<img src=https://evil.example/t.png>".into()),
            Block::Paragraph("see https://evil.example/?id=1 & \"more\"\nhere".into()),
            Block::Quote("⟦user:1⟧ said <b>no</b>".into()),
            Block::Facts(vec![("Count".into(), "42".into())]),
            Block::Action("Open".into(), "https://track.example/i/1?a=1&b=2".into()),
        ]);
        let mail = permit_mail(&email, &binding()).unwrap();
        assert!(
            !mail.html().contains("evil")
                && !mail.html().contains("<img")
                && !mail.html().contains("<b>"),
            "{}",
            mail.html()
        );
        assert!(!mail.text().contains("evil"));
        assert!(
            mail.html()
                .contains("<a href=\"https://track.example/i/1?a=1&amp;b=2\">Open</a>")
        );
        assert!(
            mail.text()
                .contains("Open: https://track.example/i/1?a=1&b=2")
                && mail.text().contains("> ⟦user:1⟧ said")
        );
        for link in [
            "https://evil.example/",
            "https://track.example.evil.example/",
            "javascript:alert(1)",
            "https://track.example@evil.example/",
            "https://track.example/\" onclick=\"x",
        ] {
            let bad = Email {
                subject: "x".into(),
                blocks: vec![Block::Action("Open".into(), link.into())],
            };
            assert_eq!(
                permit_mail(&bad, &binding()).unwrap_err().rule,
                "foreign-link",
                "{link}"
            );
        }
    }

    #[test]
    fn hp_43_a_subject_cannot_add_recipients() {
        let bad = Email {
            subject: "hi\r\nBcc: eve@evil.example".into(),
            blocks: vec![],
        };
        assert_eq!(permit_mail(&bad, &binding()).unwrap_err().rule, "subject");
        for to in [
            "a@b.example, eve@evil.example",
            "a@b.example\r\nBcc: eve@evil.example",
            "Lan <lan@b.example>",
            "",
            "@",
            "a@b@c",
        ] {
            let binding = MailBinding {
                to: vec![to.into()],
                ..binding()
            };
            assert_eq!(
                permit_mail(&email(vec![]), &binding).unwrap_err().rule,
                "address",
                "{to}"
            );
        }
        assert_eq!(
            permit_mail(
                &email(vec![]),
                &MailBinding {
                    to: vec![],
                    ..binding()
                }
            )
            .unwrap_err()
            .rule,
            "recipients"
        );
    }
}
