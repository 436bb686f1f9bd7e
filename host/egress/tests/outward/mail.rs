//! Mail: what a relay is told, and what its answers become.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use isocial_egress::{EgressConfig, MailSent, SmtpConfig, SmtpTls};
use isocial_gate::{MailBinding, PermittedMail, permit_mail};
use isocial_model::{
    Secret,
    channel::{Block, Email, Reply},
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{Authority, Desk, HOST, Names, Socket, listen, package, quick};

/// How a relay behaves.
#[derive(Clone)]
struct Relay {
    /// What EHLO offers.
    offers: &'static str,
    /// For `STARTTLS`.
    tls: Option<Arc<ServerConfig>>,
    /// Commands (their beginnings) that are answered otherwise.
    answers: &'static [(&'static str, &'static str)],
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            offers: "250-net.example\r\n250 8BITMIME\r\n",
            tls: None,
            answers: &[],
        }
    }
}

/// Speaks SMTP until the other side leaves; tells each line that it gets.
async fn converse(mut socket: Socket, relay: Relay, tell: mpsc::UnboundedSender<String>) {
    let mut in_data = false;
    if socket
        .write_all(b"220 net.example ready\r\n")
        .await
        .is_err()
    {
        return;
    }
    while let Some(line) = read_line(&mut socket).await {
        let _ = tell.send(line.clone());
        let other = relay
            .answers
            .iter()
            .find(|(command, _)| line.starts_with(command))
            .map(|(_, answer)| *answer);
        let answer = if in_data {
            if line != "." {
                continue;
            }
            in_data = false;
            relay
                .answers
                .iter()
                .find(|(command, _)| *command == "(message)")
                .map_or("250 2.0.0 taken as 1\r\n", |(_, answer)| *answer)
        } else if let Some(other) = other {
            other
        } else if line.starts_with("EHLO") {
            relay.offers
        } else if line == "DATA" {
            in_data = true;
            "354 go on\r\n"
        } else if line.starts_with("AUTH") {
            "235 welcome\r\n"
        } else if line == "STARTTLS" {
            let _ = socket.write_all(b"220 go ahead\r\n").await;
            let Ok(safe) = TlsAcceptor::from(relay.tls.clone().unwrap())
                .accept(socket)
                .await
            else {
                return;
            };
            socket = Box::new(safe);
            continue;
        } else if line == "QUIT" {
            let _ = socket.write_all(b"221 bye\r\n").await;
            return;
        } else {
            "250 ok\r\n"
        };
        if socket.write_all(answer.as_bytes()).await.is_err() || socket.flush().await.is_err() {
            return;
        }
    }
}

async fn read_line(socket: &mut Socket) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match socket.read_u8().await {
            Ok(b'\n') => {
                return Some(
                    String::from_utf8_lossy(&line)
                        .trim_end_matches('\r')
                        .to_owned(),
                );
            }
            Ok(byte) => line.push(byte),
            Err(_) => return None,
        }
    }
}

struct Running {
    port: u16,
    told: mpsc::UnboundedReceiver<String>,
}

impl Running {
    async fn start(relay: Relay, implicit: Option<Arc<ServerConfig>>) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let port = listen(implicit, move |socket| {
            converse(socket, relay.clone(), tell.clone())
        })
        .await;
        Self { port, told }
    }
    fn lines(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }
    fn config(&self, tls: SmtpTls) -> SmtpConfig {
        SmtpConfig {
            host: HOST.into(),
            port: self.port,
            tls,
            tls12: false,
            user: None,
            password: None,
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            hello: "isocial.example".into(),
        }
    }
}

fn mail(key: &str) -> PermittedMail {
    let email = Email {
        subject: "Spike: Lotus Tea — 12× the usual".into(),
        blocks: vec![
            Block::Heading("A spike".into()),
            Block::Paragraph("Người ta nói nhiều hơn <bình thường>.".into()),
            Block::Facts(vec![("Mentions".into(), "120".into())]),
            Block::Action("Open".into(), "https://isocial.example/incidents/1".into()),
        ],
    };
    let binding = MailBinding {
        from: "alerts@isocial.example".into(),
        to: vec!["ann@brand.example".into(), "bo@brand.example".into()],
        own_base: "https://isocial.example/".into(),
        idempotency_key: key.into(),
    };
    permit_mail(&email, &binding).unwrap()
}

async fn send(desk: &Desk, config: &SmtpConfig) -> MailSent {
    desk.egress
        .send_mail(&mail("ntc_1"), config, &package())
        .await
}

fn code(sent: &MailSent) -> (u16, String) {
    match &sent.reply {
        Reply::Smtp { code, text } => (*code, text.clone()),
        Reply::Http(_) => panic!("a mail was answered by HTTP"),
    }
}

#[tokio::test]
async fn a_mail_arrives_with_both_parts_and_the_same_id_each_time() {
    let mut relay = Running::start(Relay::default(), None).await;
    let desk = Desk::new(quick());
    let config = relay.config(SmtpTls::None);
    let sent = send(&desk, &config).await;
    assert_eq!(code(&sent), (250, "2.0.0 taken as 1".into()));
    assert_eq!(
        (
            sent.line.method.as_str(),
            sent.line.result.as_str(),
            sent.line.host
        ),
        ("SMTP", "250", format!("{HOST}:{}", relay.port))
    );
    let first = relay.lines();
    assert_eq!(first[0], "EHLO isocial.example");
    assert!(
        first[1].starts_with("MAIL FROM:<alerts@isocial.example>"),
        "{}",
        first[1]
    );
    assert!(
        first.contains(&"RCPT TO:<ann@brand.example>".to_owned())
            && first.contains(&"RCPT TO:<bo@brand.example>".to_owned())
    );
    let body = first.join("\n");
    for part in [
        "multipart/alternative",
        "text/plain",
        "text/html",
        "Auto-Submitted: auto-generated",
        "Sun, 01 Mar 2026 12:00:00",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    let id = |lines: &[String]| {
        lines
            .iter()
            .find(|line| line.starts_with("Message-ID: <"))
            .cloned()
            .unwrap()
    };
    assert!(id(&first).ends_with("@isocial.example>"));
    send(&desk, &config).await;
    let second = relay.lines();
    assert_eq!(id(&first), id(&second));
    desk.egress
        .send_mail(&mail("ntc_2"), &config, &package())
        .await;
    assert_ne!(id(&first), id(&relay.lines()));
}

#[tokio::test]
async fn what_the_relay_says_is_told_by_its_code() {
    let table: &[(&[(&str, &str)], u16)] = &[
        (
            &[(
                "RCPT TO:<ann",
                "550 5.1.1 <ann@brand.example> is nobody here\r\n",
            )],
            550,
        ),
        (&[("MAIL", "451 4.3.0 try again later\r\n")], 451),
        (&[("(message)", "554 5.7.1 not wanted\r\n")], 554),
        (&[("(message)", "452 4.2.2 mailbox full\r\n")], 452),
        (&[("DATA", "421 4.3.2 going down\r\n")], 421),
    ];
    for (answers, want) in table {
        let relay = Running::start(
            Relay {
                answers,
                ..Relay::default()
            },
            None,
        )
        .await;
        let sent = send(&Desk::new(quick()), &relay.config(SmtpTls::None)).await;
        let (code, text) = code(&sent);
        assert_eq!(code, *want, "{text}");
        assert!(
            !text.contains("ann@brand.example") && !text.is_empty(),
            "{text}"
        );
        assert_eq!(sent.line.result, want.to_string());
    }
}

#[tokio::test]
async fn a_password_goes_over_tls_only() {
    let authority = Authority::new();
    let strict = authority.server(&[&rustls::version::TLS13]);
    let trusting = || {
        Desk::new(EgressConfig {
            extra_roots: vec![authority.root()],
            ..quick()
        })
    };
    let login = |config: SmtpConfig| SmtpConfig {
        user: Some("isocial".into()),
        password: Some(Secret::new("relay-pass-1")),
        ..config
    };

    let mut relay = Running::start(
        Relay {
            offers: "250-net.example\r\n250 AUTH PLAIN LOGIN\r\n",
            ..Relay::default()
        },
        Some(Arc::clone(&strict)),
    )
    .await;
    let sent = send(&trusting(), &login(relay.config(SmtpTls::Implicit))).await;
    assert_eq!(code(&sent).0, 250, "{sent:?}");
    // NUL isocial NUL relay-pass-1
    assert!(
        relay
            .lines()
            .contains(&"AUTH PLAIN AGlzb2NpYWwAcmVsYXktcGFzcy0x".to_owned())
    );

    let offers = "250-net.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
    let mut relay = Running::start(
        Relay {
            offers,
            tls: Some(Arc::clone(&strict)),
            answers: &[],
        },
        None,
    )
    .await;
    let sent = send(&trusting(), &login(relay.config(SmtpTls::StartTls))).await;
    assert_eq!(code(&sent).0, 250, "{sent:?}");
    let lines = relay.lines();
    assert_eq!(
        &lines[..4],
        [
            "EHLO isocial.example",
            "STARTTLS",
            "EHLO isocial.example",
            "AUTH PLAIN AGlzb2NpYWwAcmVsYXktcGFzcy0x"
        ]
    );

    let mut relay = Running::start(
        Relay {
            offers: "250-net.example\r\n250 AUTH PLAIN\r\n",
            ..Relay::default()
        },
        None,
    )
    .await;
    assert_eq!(
        code(&send(&trusting(), &login(relay.config(SmtpTls::None))).await),
        (0, "password-needs-tls".into())
    );
    assert_eq!(
        code(&send(&trusting(), &login(relay.config(SmtpTls::StartTls))).await),
        (0, "starttls-not-offered".into())
    );
    assert!(
        !relay
            .lines()
            .iter()
            .any(|line| line.starts_with("AUTH") || line.starts_with("MAIL"))
    );
}

#[tokio::test]
async fn a_relay_must_prove_its_name_and_speak_tls_13_unless_excepted() {
    let authority = Authority::new();
    let old = || Some(authority.server(&[&rustls::version::TLS12]));
    let trusting = || {
        Desk::new(EgressConfig {
            extra_roots: vec![authority.root()],
            ..quick()
        })
    };
    let relay = Running::start(Relay::default(), old()).await;
    let (code0, text) = code(&send(&trusting(), &relay.config(SmtpTls::Implicit)).await);
    assert_eq!((code0, text.as_str()), (0, "tls"));
    let excepted = SmtpConfig {
        tls12: true,
        ..relay.config(SmtpTls::Implicit)
    };
    assert_eq!(code(&send(&trusting(), &excepted).await).0, 250);
    assert_eq!(
        code(&send(&Desk::new(quick()), &excepted).await),
        (0, "tls".into()),
        "nobody named its root"
    );
}

/// HT-18 for mail: the relay's address is checked like every other.
#[tokio::test]
async fn a_relay_inside_needs_the_operators_word() {
    let mut relay = Running::start(Relay::default(), None).await;
    let desk = Desk::new(quick());
    let config = SmtpConfig {
        addresses: Vec::new(),
        ..relay.config(SmtpTls::None)
    };
    assert_eq!(code(&send(&desk, &config).await), (0, "denied".into()));
    assert!(relay.lines().is_empty());
    let nowhere = Desk::with(quick(), Names::new(&[]));
    assert_eq!(
        code(&send(&nowhere, &relay.config(SmtpTls::None)).await),
        (0, "unresolvable".into())
    );
}

#[tokio::test]
async fn a_relay_that_says_nothing_is_not_waited_for_long() {
    let port = listen(None, |socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let mut config = quick();
    config.limits.mail = std::time::Duration::from_millis(400);
    let relay = Running {
        port,
        told: mpsc::unbounded_channel().1,
    };
    assert_eq!(
        code(&send(&Desk::new(config), &relay.config(SmtpTls::None)).await),
        (0, "timeout".into())
    );
}
