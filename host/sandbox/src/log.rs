//! Lines that a guest wrote during one call: capped, neutralised, handed to the caller, never to the operator's log (HP-14, HP-15).

use crate::config::Limits;

/// How important a line is, in the guest's opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    /// The name in the plugin log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line of a guest. It may hold an organisation's content: it belongs in that organisation's plugin log and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How important.
    pub level: LogLevel,
    /// One line of at most 1,024 bytes, without control or direction characters.
    pub text: String,
}

impl std::fmt::Debug for LogLine {
    /// Shows the level and the length, never the text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLine")
            .field("level", &self.level)
            .field("bytes", &self.text.len())
            .finish()
    }
}

/// The lines of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// At most as many as the limit says, in order.
    pub lines: Vec<LogLine>,
    /// Lines that came after these and were not kept.
    pub dropped: u64,
}

impl Log {
    /// Whether there is room for a line; counts it as dropped if not.
    pub(crate) fn admits(&mut self, limit: u32) -> bool {
        let room = self.lines.len() < limit as usize;
        if !room {
            self.dropped = self.dropped.saturating_add(1);
        }
        room
    }

    /// Keeps a line, which `neutral` has been over.
    pub(crate) fn push(&mut self, level: LogLevel, text: String) {
        self.lines.push(LogLine { level, text });
    }
}

/// Cuts to the line's bytes on a character boundary and replaces what could move a cursor or turn the direction of the text.
pub(crate) fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(Limits::LOG_LINE_BYTES));
    for c in text.chars() {
        let c = if is_unsafe(c) { '\u{fffd}' } else { c };
        if out.len() + c.len_utf8() > Limits::LOG_LINE_BYTES {
            break;
        }
        out.push(c);
    }
    out
}

/// Control characters (C0, C1, DEL), line and paragraph separators, direction marks, embeddings and isolates, and the byte order mark.
const fn is_unsafe(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        let line = neutral("a\r\nb\u{1b}[31mc\0d\u{202e}e\u{2028}f\u{85}g");
        assert_eq!(
            line,
            "a\u{fffd}\u{fffd}b\u{fffd}[31mc\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g"
        );
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        let line = neutral(&"ế".repeat(1_000));
        assert_eq!(line.len(), 1_023);
        assert!(line.chars().all(|c| c == 'ế'));
        // Replacements are longer than what they replace and must not carry a line past its cap.
        assert!(neutral(&"\0".repeat(1_024)).len() <= Limits::LOG_LINE_BYTES);
    }

    #[test]
    fn debug_never_shows_the_text() {
        let line = LogLine {
            level: LogLevel::Info,
            text: "seeded-canary".into(),
        };
        assert!(!format!("{line:?}").contains("canary"));
    }
}
