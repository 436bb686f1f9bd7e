//! What the demo shows at its end: small tables and sparklines for people, one JSON object for programs.

use serde::Serialize;

/// A plugin as the summary names it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PluginLine {
    /// `publisher/name`.
    pub(crate) id: String,
    /// Version.
    pub(crate) version: String,
    /// Kind.
    pub(crate) kind: String,
    /// SHA-256 of the component.
    pub(crate) digest: String,
    /// What it imports.
    pub(crate) imports: Vec<String>,
    /// Calls that were made of it.
    pub(crate) calls: u64,
    /// Calls that its receipts speak of; the same number, or the books are wrong.
    pub(crate) receipted_calls: u64,
    /// Fields that it was given, at their precision.
    pub(crate) given: Vec<String>,
}

/// One opinion's count.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Opinions {
    /// For.
    pub(crate) positive: u64,
    /// Neither.
    pub(crate) neutral: u64,
    /// Against.
    pub(crate) negative: u64,
    /// Not known.
    pub(crate) unknown: u64,
}

/// An alert as it was delivered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlertLine {
    /// The rule.
    pub(crate) rule: String,
    /// When the hour began, ISO 8601.
    pub(crate) at: String,
    /// Mentions in it.
    pub(crate) count: u64,
    /// What was to be expected.
    pub(crate) expected: Option<f64>,
    /// How urgent.
    pub(crate) severity: String,
    /// How the notice stands.
    pub(crate) status: String,
    /// Attempts that it took.
    pub(crate) attempts: u32,
}

/// An export on disk.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExportLine {
    /// Where it lies.
    pub(crate) file: String,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// The whole.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Summary {
    /// Posts that connectors gave and the gate admitted.
    pub(crate) collected: u64,
    /// Posts that a monitor matched.
    pub(crate) matched: u64,
    /// Posts that none matched: never written.
    pub(crate) dropped: u64,
    /// Posts that a language pack analysed.
    pub(crate) analysed: u64,
    /// Posts that matched and were kept already: the same post can stand in two sources.
    pub(crate) repeated: u64,
    /// Posts that are kept, counted in the database.
    pub(crate) stored: u64,
    /// Posts that were written and later removed because their network deleted them.
    pub(crate) deleted: u64,
    /// Items that could not be read or that the gate dropped.
    pub(crate) rejected: u64,
    /// Lines of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lines: Option<u64>,
    /// Notices that arrived.
    pub(crate) alerts_delivered: u64,
    /// Rows in files.
    pub(crate) exported_rows: u64,
    /// Lines in the ledger.
    pub(crate) receipts: u64,
    /// Mentions without a receipt of how they came to be: 0, or the books are wrong.
    pub(crate) without_receipt: u64,
    /// Whether the ledger's chain and its signed head agree.
    pub(crate) ledger: String,
    /// Opinions.
    pub(crate) opinions: Opinions,
    /// Mentions an hour, oldest first.
    pub(crate) hours: Vec<u64>,
    /// Alerts.
    pub(crate) alerts: Vec<AlertLine>,
    /// Files.
    pub(crate) exports: Vec<ExportLine>,
    /// Plugins.
    pub(crate) plugins: Vec<PluginLine>,
    /// Sources that could not be reached, with the reason.
    pub(crate) unreachable: Vec<String>,
    /// Where to go on.
    pub(crate) urls: Vec<String>,
    /// Seconds that it all took.
    pub(crate) seconds: f64,
}

/// A sparkline: each count as one of eight heights. Counts are joined to fit `width` characters.
pub(crate) fn sparkline(counts: &[u64], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if counts.is_empty() || width == 0 {
        return String::new();
    }
    let each = counts.len().div_ceil(width);
    let joined: Vec<u64> = counts.chunks(each).map(|c| c.iter().sum()).collect();
    let most = joined.iter().copied().max().unwrap_or(0).max(1);
    joined
        .iter()
        .map(|n| {
            BARS.get((n * 7).div_ceil(most) as usize)
                .copied()
                .unwrap_or('█')
        })
        .collect()
}

/// The summary as text for a terminal of this width.
pub(crate) fn render(summary: &Summary, title: &str, width: usize) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let bar = |n: u64, of: u64| "█".repeat((n * 24).checked_div(of.max(1)).unwrap_or(0) as usize);
    let _ = writeln!(out, "\n{title}\n{}\n", "─".repeat(title.chars().count()));
    let steps: [(&str, u64, &str); 7] = [
        (
            "collected",
            summary.collected,
            "public posts from the networks",
        ),
        ("matched", summary.matched, "by the monitor's query"),
        (
            "dropped",
            summary.dropped,
            "matched nothing, so they were never written",
        ),
        (
            "analysed",
            summary.analysed,
            "redacted, in a language pack's sandbox",
        ),
        (
            "repeated",
            summary.repeated,
            "were kept already: one post, two hashtags",
        ),
        (
            "stored",
            summary.stored,
            "in the organisation's own encrypted file",
        ),
        (
            "deleted",
            summary.deleted,
            "because their network deleted them",
        ),
    ];
    for (name, n, what) in steps {
        let _ = writeln!(
            out,
            "  {name:<10}{n:>7}  {:<25} {what}",
            bar(n, summary.collected)
        );
    }
    if let Some(lines) = summary.lines {
        let _ = writeln!(
            out,
            "  {:<10}{lines:>7}  of which {} could not be read",
            "lines", summary.rejected
        );
    } else if summary.rejected > 0 {
        let _ = writeln!(
            out,
            "  {:<10}{:>7}  not public, age-flagged or unreadable: dropped at the gate",
            "refused", summary.rejected
        );
    }
    if !summary.hours.is_empty() {
        let _ = writeln!(
            out,
            "\nMentions over time\n  {}",
            sparkline(&summary.hours, width.saturating_sub(4).min(100))
        );
    }
    let o = &summary.opinions;
    let all = o.positive + o.neutral + o.negative + o.unknown;
    if all > 0 {
        let _ = writeln!(out, "\nOpinion");
        for (name, n) in [
            ("positive", o.positive),
            ("neutral", o.neutral),
            ("negative", o.negative),
            ("unknown", o.unknown),
        ] {
            let _ = writeln!(
                out,
                "  {name:<10}{n:>7}  {:<25}{:>4} %",
                bar(n, all),
                n * 100 / all
            );
        }
    }
    if !summary.alerts.is_empty() {
        let _ = writeln!(out, "\nAlerts");
        for a in &summary.alerts {
            let expected = a
                .expected
                .map_or_else(String::new, |e| format!(", {e:.1} expected"));
            let _ = writeln!(
                out,
                "  {} {}: {} mentions in the hour from {}{expected}; {} after {} attempt{}",
                a.severity,
                a.rule,
                a.count,
                a.at,
                a.status,
                a.attempts,
                if a.attempts == 1 { "" } else { "s" }
            );
        }
    }
    if !summary.exports.is_empty() {
        let _ = writeln!(out, "\nExports");
        for e in &summary.exports {
            let _ = writeln!(out, "  {:>6} rows {:>9} bytes  {}", e.rows, e.bytes, e.file);
        }
    }
    let _ = writeln!(
        out,
        "\nWhat each plugin was given ({} receipts; ledger {})",
        summary.receipts, summary.ledger
    );
    for p in &summary.plugins {
        let imports = if p.imports.is_empty() {
            "nothing".to_owned()
        } else {
            p.imports.join(", ")
        };
        let _ = writeln!(
            out,
            "  {:<18} {:<15} {:>5} calls  imports {imports}",
            p.id, p.kind, p.calls
        );
        if !p.given.is_empty() {
            for line in wrapped(&p.given.join(", "), width.saturating_sub(22).max(40)) {
                let _ = writeln!(out, "  {:<18} {line}", "");
            }
        }
    }
    for source in &summary.unreachable {
        let _ = writeln!(out, "\nnot reached: {source}");
    }
    if !summary.urls.is_empty() {
        let _ = writeln!(out, "\nGo on with");
        for url in &summary.urls {
            let _ = writeln!(out, "  {url}");
        }
    }
    let _ = writeln!(out, "\n{:.1} s", summary.seconds);
    out
}

/// Breaks a list at its commas.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() <= width => {
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|l| l.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_joins_counts_to_its_width_and_shows_the_peak() {
        assert_eq!(sparkline(&[0, 1, 7], 10), "▁▂█");
        assert_eq!(sparkline(&[1; 168], 84).chars().count(), 84);
        assert_eq!(sparkline(&[], 10), "");
    }

    #[test]
    fn the_summary_fits_a_narrow_terminal_and_names_every_step() {
        let summary = Summary {
            collected: 10,
            matched: 4,
            dropped: 6,
            ..Summary::default()
        };
        let text = render(&summary, "A week", 80);
        for word in [
            "collected",
            "matched",
            "dropped",
            "analysed",
            "stored",
            "receipts",
        ] {
            assert!(text.contains(word), "{word}");
        }
    }
}
