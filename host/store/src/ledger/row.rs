//! How a line lies in its row: what all calls of a function share in a table of terms, the rest in as few bytes as text allows (B4: ≤ 200
//! bytes a call).
//!
//! Lives here: the two halves and the way back. What is chained is always the whole line, so nothing depends on this form.

use std::collections::BTreeMap;

use isocial_model::{
    Instant, Kind, PackageRef, Purpose,
    receipt::{CallLine, EgressLine, Line, Receipt, Verdict},
};
use serde::{Deserialize, Serialize};

/// What many lines share.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
enum Terms {
    Call {
        plugin: PackageRef,
        kind: Kind,
        function: String,
        purposes: Vec<Purpose>,
        contract: String,
        fields: Vec<String>,
    },
    Egress {
        plugin: PackageRef,
        method: String,
        host: String,
        credential: Option<String>,
    },
}

/// A call's own numbers. Names are one letter: they stand in every line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    /// Items and bytes in, items and bytes out.
    n: (u32, u64, u32, u64),
    /// Commitment.
    c: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    r: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "is_zero")]
    s: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    d: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Verdict>,
}

/// An exchange's own numbers: bytes out, bytes in, result, times.
#[derive(Debug, Serialize, Deserialize)]
struct Exchange(u64, u64, String, u32);

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A line in two halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Halves {
    /// What many lines share; absent where the line is kept whole.
    pub(crate) terms: Option<String>,
    /// The rest, or the whole line.
    pub(crate) line: String,
    /// Calls of the sandbox that it stands for.
    pub(crate) calls: u32,
}

/// Takes a line apart. Lines that are rare are kept whole.
pub(crate) fn halves(receipt: &Receipt) -> Halves {
    let json = |value: serde_json::Result<String>| value.unwrap_or_default();
    match &receipt.line {
        Line::Call(call) => {
            let terms = Terms::Call {
                plugin: call.plugin.clone(),
                kind: call.kind,
                function: call.function.clone(),
                purposes: call.purposes.clone(),
                contract: call.contract.clone(),
                fields: call.fields.clone(),
            };
            let own = Call {
                n: (call.items, call.bytes_in, call.items_out, call.bytes_out),
                c: call.commitment.clone(),
                r: call.redacted.clone(),
                s: call.restricted_skipped,
                d: call.dropped.clone(),
                v: Some(call.verdict.clone()).filter(|v| *v != Verdict::Ok),
            };
            Halves {
                terms: Some(json(serde_json::to_string(&terms))),
                line: json(serde_json::to_string(&own)),
                calls: call.times,
            }
        }
        Line::Egress(egress) => {
            let terms = Terms::Egress {
                plugin: egress.plugin.clone(),
                method: egress.method.clone(),
                host: egress.host.clone(),
                credential: egress.credential.clone(),
            };
            let own = Exchange(
                egress.bytes_out,
                egress.bytes_in,
                egress.result.clone(),
                egress.times,
            );
            Halves {
                terms: Some(json(serde_json::to_string(&terms))),
                line: json(serde_json::to_string(&own)),
                calls: 0,
            }
        }
        _ => Halves {
            terms: None,
            line: json(serde_json::to_string(receipt)),
            calls: 0,
        },
    }
}

/// Puts a line together again; `None` where the halves do not read or do not belong together.
pub(crate) fn whole(terms: Option<&str>, line: &str, at: i64, calls: u32) -> Option<Receipt> {
    let Some(terms) = terms else {
        return serde_json::from_str(line).ok();
    };
    let line = match serde_json::from_str(terms).ok()? {
        Terms::Call {
            plugin,
            kind,
            function,
            purposes,
            contract,
            fields,
        } => {
            let own: Call = serde_json::from_str(line).ok()?;
            let (items, bytes_in, items_out, bytes_out) = own.n;
            Line::Call(CallLine {
                plugin,
                kind,
                function,
                purposes,
                contract,
                fields,
                items,
                bytes_in,
                redacted: own.r,
                restricted_skipped: own.s,
                items_out,
                bytes_out,
                dropped: own.d,
                commitment: own.c,
                verdict: own.v.unwrap_or(Verdict::Ok),
                times: calls,
            })
        }
        Terms::Egress {
            plugin,
            method,
            host,
            credential,
        } => {
            let Exchange(bytes_out, bytes_in, result, times) = serde_json::from_str(line).ok()?;
            Line::Egress(EgressLine {
                plugin,
                method,
                host,
                credential,
                bytes_out,
                bytes_in,
                result,
                times,
            })
        }
    };
    Some(Receipt {
        at: Instant(at),
        line,
    })
}

#[cfg(test)]
mod tests {
    use isocial_model::receipt::Counted;

    use super::*;
    use crate::tests::{MONDAY, package, receipt};

    #[test]
    fn every_kind_of_line_comes_back_as_it_was() {
        let mut full = receipt("next");
        if let Line::Call(call) = &mut full.line {
            call.redacted.insert("mail".into(), 3);
            call.dropped.insert("cut".into(), 1);
            call.restricted_skipped = 2;
            call.verdict = Verdict::Rejected("span".into());
            call.times = 7;
        }
        let egress = Line::Egress(EgressLine {
            plugin: package("isocial/feed"),
            method: "GET".into(),
            host: "feed.example:443".into(),
            credential: Some("token".into()),
            bytes_out: 1,
            bytes_in: 2,
            result: "304".into(),
            times: 3,
        });
        let stop = Line::UncleanStop {
            noticed: MONDAY,
            run: Some(4),
            began: None,
        };
        let counted = Line::Counted(Counted {
            run: 4,
            began: MONDAY,
            first: 9,
            calls: 12,
        });
        let others = [egress, stop, counted].map(|line| Receipt { at: MONDAY, line });
        for receipt in others.into_iter().chain([receipt("analyze"), full]) {
            let halves = halves(&receipt);
            let at = receipt.at.as_millis();
            let back = whole(halves.terms.as_deref(), &halves.line, at, halves.calls);
            assert_eq!(back.as_ref(), Some(&receipt));
            assert_eq!(back.unwrap().canonical(), receipt.canonical());
        }
    }
}
