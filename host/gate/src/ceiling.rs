//! Ceilings: the most that a plugin of a kind may have for a purpose, whatever its publisher writes (SECURITY model B2).
//!
//! Lives here: the table and the check at installation (HP-02, HP-03). Not here: what a tenant grants below it.

use isocial_model::{
    Kind, Purpose,
    contract::{Contract, HostRule, Right, Rights},
};

/// A contract that goes over its ceiling: the package is not installable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeilingError {
    /// A field, or its precision, is too much.
    #[error("purpose `{purpose}` may not read `{field}`: a {kind} may have {}", allowed.join(", "))]
    Field {
        /// Of which kind.
        kind: Kind,
        /// For which purpose.
        purpose: Purpose,
        /// The right that goes too far.
        field: String,
        /// All that may be asked for.
        allowed: Vec<String>,
    },
    /// The kind does not do this.
    #[error("a {kind} may not have the purpose `{purpose}`: expected {}", allowed.join(", "))]
    Purpose {
        /// The kind.
        kind: Kind,
        /// The purpose.
        purpose: Purpose,
        /// What it may have.
        allowed: Vec<String>,
    },
    /// No purpose at all.
    #[error("the contract of `{0}` names no purpose: name at least one")]
    NoPurpose(String),
    /// A kind that reaches nothing asks for hosts.
    #[error(
        "a {kind} reaches no host, and its contract of `{function}` names {hosts}: remove `egress`"
    )]
    Egress {
        /// The kind.
        kind: Kind,
        /// The function.
        function: String,
        /// How many hosts.
        hosts: usize,
    },
    /// A host with a wildcard, an address or anything but a name.
    #[error(
        "`{host}` is no host name: expected a literal name in lower case, or `tenant-declared`"
    )]
    Host {
        /// What was given.
        host: String,
    },
    /// A kind that keeps nothing says that it keeps something.
    #[error("a {kind} keeps nothing: `retention` is `{given}`, expected `none`")]
    Retention {
        /// The kind.
        kind: Kind,
        /// What was given.
        given: String,
    },
    /// The kind exports no such function.
    #[error("a {kind} has no function `{function}`: expected one of {}", allowed.join(", "))]
    Function {
        /// The kind.
        kind: Kind,
        /// What was given.
        function: String,
        /// What there is.
        allowed: Vec<&'static str>,
    },
}

/// Whether a plugin of this kind may have this purpose at all.
pub fn allows(kind: Kind, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Collection => kind == Kind::Connector,
        Purpose::Analysis(_) => kind == Kind::LanguagePack,
        Purpose::Alerting => kind == Kind::AlertChannel,
        Purpose::Export => kind == Kind::ExportFormat,
        Purpose::ServiceImprovement => false,
    }
}

/// What a connector is given, and where it may write.
const CONNECTOR: &[&str] = &[
    "query.terms",
    "job.config",
    "job.state",
    "job.cursor",
    "job.budget",
    "job.now",
    "recheck.refs",
    "post.network",
];
/// What a language pack reads: text without details, without its author, without its place.
const PACK: &[&str] = &[
    "post.text:redacted",
    "post.title:redacted",
    "post.content-warning:redacted",
    "post.lang",
    "post.created:day",
    "post.targets",
];
/// What an alert says.
const CHANNEL: &[&str] = &[
    "notice.rule",
    "notice.monitor",
    "notice.severity",
    "notice.count",
    "notice.time:minute",
    "notice.link",
    "notice.excerpts",
    "destination.config",
];
/// What a file may hold. `profile` stays out: a file is no place for people's descriptions.
const EXPORT: &[&str] = &[
    "post.network",
    "post.text:raw",
    "post.title:raw",
    "post.content-warning:raw",
    "post.lang",
    "post.kind",
    "post.url",
    "post.native-id",
    "post.hashtags",
    "post.links",
    "post.media",
    "post.thread",
    "post.rating",
    "post.sensitive",
    "post.created:second",
    "post.edited:second",
    "post.author:handle",
    "post.engagement:exact",
    "post.place:country",
    "analysis.language",
    "analysis.sentiment",
    "analysis.emotions",
    "analysis.entities",
    "analysis.topics",
    "mention.id",
    "mention.monitor",
];

fn table(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Connector => CONNECTOR,
        Kind::LanguagePack => PACK,
        Kind::AlertChannel => CHANNEL,
        Kind::ExportFormat => EXPORT,
    }
}

/// The functions that a kind exports, as contracts name them.
pub fn functions(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Connector => &[
            "next",
            "respond",
            "check",
            "checked",
            "ask",
            "judge",
            "open",
            "frames",
            "challenge",
            "receive",
        ],
        Kind::LanguagePack => &["analyze"],
        Kind::AlertChannel => &["compose", "judge"],
        Kind::ExportFormat => &["writer"],
    }
}

/// The most that this kind may have for this purpose; nothing where the two do not go together.
pub fn of(kind: Kind, purpose: Purpose) -> Rights {
    if !allows(kind, purpose) {
        return Rights::none();
    }
    // The tables are checked by a test; were one ever wrong, nothing would be allowed.
    Rights::parse(table(kind)).unwrap_or_default()
}

/// Checks a contract at installation; the first thing that goes too far is named with what would be allowed.
pub fn check(kind: Kind, contract: &Contract) -> Result<(), CeilingError> {
    if !functions(kind).contains(&contract.function.as_str()) {
        return Err(CeilingError::Function {
            kind,
            function: contract.function.clone(),
            allowed: functions(kind).to_vec(),
        });
    }
    if contract.purposes.is_empty() {
        return Err(CeilingError::NoPurpose(contract.function.clone()));
    }
    for purpose in &contract.purposes {
        if !allows(kind, *purpose) {
            let allowed = Purpose::ALL
                .into_iter()
                .filter(|p| allows(kind, *p))
                .map(|p| p.to_string())
                .collect();
            return Err(CeilingError::Purpose {
                kind,
                purpose: *purpose,
                allowed,
            });
        }
        let ceiling = of(kind, *purpose);
        if let Some(right) = contract
            .input
            .iter()
            .find(|right| right.level > ceiling.level(right.field.path))
        {
            return Err(CeilingError::Field {
                kind,
                purpose: *purpose,
                field: right.to_string(),
                allowed: allowed(&ceiling, &right),
            });
        }
    }
    egress(kind, contract)
}

/// All allowed precisions of the field that went too far; all fields if it may not be read at all.
fn allowed(ceiling: &Rights, right: &Right) -> Vec<String> {
    let top = ceiling.level(right.field.path);
    if top == 0 {
        return ceiling.iter().map(|r| r.to_string()).collect();
    }
    (1..=top)
        .map(|level| {
            Right {
                field: right.field,
                level,
            }
            .to_string()
        })
        .collect()
}

fn egress(kind: Kind, contract: &Contract) -> Result<(), CeilingError> {
    let reaches = matches!(kind, Kind::Connector | Kind::AlertChannel);
    if !reaches && !contract.egress.is_empty() {
        return Err(CeilingError::Egress {
            kind,
            function: contract.function.clone(),
            hosts: contract.egress.len(),
        });
    }
    if !reaches && contract.retention != "none" {
        return Err(CeilingError::Retention {
            kind,
            given: contract.retention.clone(),
        });
    }
    for rule in &contract.egress {
        if rule.host != HostRule::TENANT_DECLARED && !is_host_name(&rule.host) {
            return Err(CeilingError::Host {
                host: rule.host.chars().take(64).collect(),
            });
        }
    }
    Ok(())
}

/// A literal name: labels of lower-case letters, digits and dashes (punycode where it is not ASCII), at least two, no address.
fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(label)
        && host.rsplit('.').next().is_some_and(|last| {
            last.bytes().any(|b| b.is_ascii_lowercase()) && !last.starts_with("0x")
        })
}

#[cfg(test)]
mod tests {
    use isocial_model::{Task, contract::RightError};

    use super::*;

    fn contract(function: &str, purpose: &str, input: &[&str]) -> Contract {
        serde_json::from_value(
            serde_json::json!({ "function": function, "purposes": [purpose], "input": input }),
        )
        .unwrap()
    }

    #[test]
    fn the_tables_are_made_of_the_vocabulary() {
        for kind in Kind::ALL {
            assert_eq!(
                Vec::from(Rights::parse(table(kind)).unwrap()).len(),
                table(kind).len(),
                "{kind}"
            );
        }
    }

    #[test]
    fn hp_02_wildcards_and_unknown_fields_do_not_parse() {
        assert!(matches!(
            Rights::parse(&["post.*"]),
            Err(RightError::Wildcard(_))
        ));
        assert!(matches!(
            Rights::parse(&["post.password"]),
            Err(RightError::UnknownField(_))
        ));
    }

    #[test]
    fn hp_03_sentiment_may_not_read_the_handle() {
        let error = check(
            Kind::LanguagePack,
            &contract(
                "analyze",
                "analysis/sentiment",
                &["post.text:redacted", "post.author:handle"],
            ),
        );
        let CeilingError::Field { field, allowed, .. } = error.unwrap_err() else {
            panic!("another error")
        };
        assert_eq!(field, "post.author:handle");
        assert!(
            allowed.contains(&"post.text:redacted".to_owned())
                && !allowed.iter().any(|a| a.starts_with("post.author"))
        );
        let raw = check(
            Kind::LanguagePack,
            &contract("analyze", "analysis/sentiment", &["post.text:raw"]),
        )
        .unwrap_err();
        assert!(
            raw.to_string().ends_with("may have post.text:redacted"),
            "{raw}"
        );
    }

    #[test]
    fn a_kind_has_its_own_purposes_functions_and_hosts() {
        assert!(
            check(
                Kind::LanguagePack,
                &contract(
                    "analyze",
                    "analysis/topics",
                    &["post.text:redacted", "post.lang"]
                )
            )
            .is_ok()
        );
        assert!(matches!(
            check(Kind::LanguagePack, &contract("analyze", "export", &[])),
            Err(CeilingError::Purpose { .. })
        ));
        assert!(matches!(
            check(Kind::LanguagePack, &contract("compose", "alerting", &[])),
            Err(CeilingError::Function { .. })
        ));
        let mut reaching = contract("analyze", "analysis/topics", &["post.text:redacted"]);
        reaching.egress.push(HostRule {
            host: "api.example.com".into(),
            why: "to learn".into(),
        });
        assert!(matches!(
            check(Kind::LanguagePack, &reaching),
            Err(CeilingError::Egress { hosts: 1, .. })
        ));
        let mut keeping = contract("writer", "export", &["post.text:raw"]);
        keeping.retention = "30 days".into();
        assert!(matches!(
            check(Kind::ExportFormat, &keeping),
            Err(CeilingError::Retention { .. })
        ));
        assert!(
            !allows(Kind::Connector, Purpose::ServiceImprovement)
                && allows(Kind::LanguagePack, Purpose::Analysis(Task::Topics))
        );
    }

    #[test]
    fn hosts_are_literal_names() {
        let mut reaching = contract("next", "collection", &["query.terms"]);
        for good in [
            "api.example.com",
            "xn--bcher-kva.example",
            "tenant-declared",
        ] {
            reaching.egress = vec![HostRule {
                host: good.into(),
                why: "to read".into(),
            }];
            assert!(check(Kind::Connector, &reaching).is_ok(), "{good}");
        }
        for bad in [
            "*.example.com",
            "example",
            "Api.example.com",
            "192.0.2.1",
            "[::1]",
            "a.b:80",
            "https://a.b",
            "a..b",
            "bücher.example",
            "1.0x7f",
        ] {
            reaching.egress = vec![HostRule {
                host: bad.into(),
                why: "to read".into(),
            }];
            assert!(
                matches!(
                    check(Kind::Connector, &reaching),
                    Err(CeilingError::Host { .. })
                ),
                "{bad}"
            );
        }
    }
}
