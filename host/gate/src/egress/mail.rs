//! Mail: typed blocks rendered here as text and HTML; recipients come from the host (HP-27, HP-43).

use isocial_model::channel::Email;

use super::Denial;

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
    let _ = (email, binding);
    todo!()
}
