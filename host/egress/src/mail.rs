//! Mail: a permitted mail handed to the operator's relay, over a checked and verified connection.
//!
//! Lives here: the SMTP conversation and what the relay answered. Not here: what stands in the mail and who gets it (`gate`).

use std::{
    error::Error as _,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use isocial_gate::{PermittedMail, address_allowed};
use isocial_model::{PackageRef, channel::Reply, connector::Failure, receipt::EgressLine};
use lettre::{
    Address, Message,
    message::{Mailbox, MultiPart, SinglePart, header},
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{
            AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
            TlsParametersBuilder, TlsVersion,
        },
        extension::ClientId,
        response::Response,
    },
};
use sha2::{Digest as _, Sha256};

use crate::{
    Egress,
    config::{SmtpConfig, SmtpTls},
    failure,
    mask::Masker,
    resolve::AddressRule,
};

/// Bytes of the relay's words that are handed on.
const TEXT_BYTES: usize = 256;

/// What came of a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct MailSent {
    /// For the plugin: the relay's code, 0 where there was no conversation to its end. 2xx is delivered to the relay, 4xx may be tried
    /// again, 5xx may not.
    pub reply: Reply,
    /// For the ledger.
    pub line: EgressLine,
}

/// Why there is no final answer of the relay.
enum Stop {
    /// A word of ours; no conversation, code 0.
    Word(&'static str),
    /// The library's error: the relay's own code, if it said one.
    Smtp(lettre::transport::smtp::Error),
}

impl From<lettre::transport::smtp::Error> for Stop {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        Self::Smtp(error)
    }
}

impl Egress {
    /// Hands a mail to the relay. Never fails: what went wrong is the reply.
    ///
    /// Attempts of one notice have one Message-ID, so that the other end can tell a repeat.
    pub async fn send_mail(
        &self,
        mail: &PermittedMail,
        relay: &SmtpConfig,
        package: &PackageRef,
    ) -> MailSent {
        let mut bytes_out = 0;
        let work = async {
            let message =
                compose(mail, self.clock.now().as_millis()).ok_or(Stop::Word("unsendable"))?;
            let envelope = message.envelope().clone();
            let bytes = message.formatted();
            let mut connection = self.connect(relay).await?;
            bytes_out = bytes.len() as u64;
            let answer = connection.send(&envelope, &bytes).await;
            if answer.is_ok() {
                // Only a courtesy: the relay has already taken the mail.
                let _ = tokio::time::timeout(Duration::from_secs(2), connection.quit()).await;
            } else {
                connection.abort().await;
            }
            Ok::<Response, Stop>(answer?)
        };
        let result = tokio::time::timeout(self.config.limits.mail, work)
            .await
            .unwrap_or(Err(Stop::Word("timeout")));
        let (code, text) = match result {
            Ok(response) => (
                response.code().into(),
                response.first_line().unwrap_or_default().to_owned(),
            ),
            Err(Stop::Word(word)) => (0, word.to_owned()),
            Err(Stop::Smtp(error)) => match error.status() {
                Some(code) => (
                    code.into(),
                    error.source().map(ToString::to_string).unwrap_or_default(),
                ),
                None if error.is_timeout() => (0, "timeout".into()),
                None if error.is_tls()
                    || error
                        .source()
                        .is_some_and(|cause| failure_of(cause) == Failure::Tls) =>
                {
                    (0, "tls".into())
                }
                None if error.is_client() => (0, "not-offered".into()),
                None => (0, "unreachable".into()),
            },
        };
        let result = if code == 0 {
            text.clone()
        } else {
            code.to_string()
        };
        MailSent {
            reply: Reply::Smtp {
                code,
                text: neutral(&text, mail, relay),
            },
            line: EgressLine {
                plugin: package.clone(),
                method: "SMTP".into(),
                host: format!("{}:{}", relay.host, relay.port),
                credential: relay.password.as_ref().map(|_| "smtp".into()),
                bytes_out,
                bytes_in: 0,
                result,
                times: 1,
            },
        }
    }

    /// A connection that is verified, as protected as the operator has said, and signed in.
    async fn connect(&self, relay: &SmtpConfig) -> Result<AsyncSmtpConnection, Stop> {
        if relay.tls == SmtpTls::None && relay.password.is_some() {
            return Err(Stop::Word("password-needs-tls"));
        }
        let allowed = relay.addresses.clone();
        let rule: AddressRule =
            Arc::new(move |_, address| address_allowed(address) || allowed.contains(&address));
        let addresses = self.clients.checked(rule).addresses(&relay.host).await;
        let addresses = addresses.map_err(|unusable| Stop::Word(failure::name(unusable.into())))?;
        let hello = ClientId::Domain(relay.hello.clone());
        let (at_once, later) = match relay.tls {
            SmtpTls::Implicit => (Some(self.mail_tls(relay)?), None),
            SmtpTls::StartTls => (None, Some(self.mail_tls(relay)?)),
            SmtpTls::None => (None, None),
        };
        let mut last = Stop::Word("unreachable");
        for address in addresses {
            let to = SocketAddr::new(address, relay.port);
            let timeout = Some(self.config.limits.connect);
            match AsyncSmtpConnection::connect_tokio1(to, timeout, &hello, at_once.clone(), None)
                .await
            {
                Ok(mut connection) => {
                    if let Some(tls) = later {
                        if !connection.can_starttls() {
                            connection.abort().await;
                            return Err(Stop::Word("starttls-not-offered"));
                        }
                        connection.starttls(tls, &hello).await?;
                    }
                    if let (Some(user), Some(password)) = (&relay.user, &relay.password) {
                        let password = std::str::from_utf8(password.expose())
                            .map_err(|_| Stop::Word("password-not-text"))?;
                        let login = Credentials::new(user.clone(), password.to_owned());
                        connection
                            .auth(&[Mechanism::Plain, Mechanism::Login], &login)
                            .await?;
                    }
                    return Ok(connection);
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    fn mail_tls(&self, relay: &SmtpConfig) -> Result<TlsParameters, Stop> {
        let mut tls = TlsParametersBuilder::new(relay.host.clone())
            .certificate_store(CertificateStore::WebpkiRoots)
            .set_min_tls_version(if relay.tls12 {
                TlsVersion::Tlsv12
            } else {
                TlsVersion::Tlsv13
            });
        for root in self.clients.tls().extra() {
            tls = tls.add_root_certificate(Certificate::from_der(root.to_vec())?);
        }
        Ok(tls.build_rustls()?)
    }
}

/// The mail as it is sent: text and HTML as alternatives, nothing that changes between two attempts but the date.
fn compose(mail: &PermittedMail, now_ms: i64) -> Option<Message> {
    let from: Mailbox = mail.from().parse().ok()?;
    let key = hex::encode(Sha256::digest(mail.idempotency_key().as_bytes()));
    let id = format!("<{}@{}>", key.get(..32)?, from.email.domain());
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).ok()?);
    let mut builder = Message::builder()
        .message_id(Some(id))
        .date(date)
        .subject(mail.subject())
        .header(AutoSubmitted)
        .from(from);
    for recipient in mail.to() {
        builder = builder.to(Mailbox::new(None, recipient.parse::<Address>().ok()?));
    }
    let parts = MultiPart::alternative()
        .boundary(key.get(32..)?)
        .singlepart(
            SinglePart::builder()
                .header(header::ContentType::TEXT_PLAIN)
                .body(mail.text().to_owned()),
        )
        .singlepart(
            SinglePart::builder()
                .header(header::ContentType::TEXT_HTML)
                .body(mail.html().to_owned()),
        );
    builder.multipart(parts).ok()
}

/// RFC 3834: nobody's holiday notice should answer an alert.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The relay's words without recipients, password and control characters.
fn neutral(text: &str, mail: &PermittedMail, relay: &SmtpConfig) -> String {
    let mut masker = Masker::new(&relay.password);
    for recipient in mail.to() {
        masker.add(recipient.as_bytes());
    }
    let text = masker.mask_text(text).unwrap_or_else(|| text.to_owned());
    let mut short = String::new();
    for symbol in text.chars().filter(|symbol| !symbol.is_control()) {
        if short.len() + symbol.len_utf8() > TEXT_BYTES {
            break;
        }
        short.push(symbol);
    }
    short
}

fn failure_of(cause: &(dyn std::error::Error + 'static)) -> Failure {
    failure::of_cause(cause).unwrap_or(Failure::Unreachable)
}
