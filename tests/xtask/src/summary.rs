//! The closing lines: how many tests passed, failed and were not run, and what would let the rest run.

use std::path::Path;

/// Counts over all test programs.
#[derive(Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Reads one line of a test program's output.
    pub fn read(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        self.passed += count(counts, " passed");
        self.failed += count(counts, " failed");
    }

    /// Prints the list of what did not run, then the counts.
    pub fn print(&self, not_run: &Path) {
        let list = std::fs::read_to_string(not_run).unwrap_or_default();
        for line in list.lines() {
            println!("NOT RUN: {line}");
        }
        if self.passed + self.failed > 0 {
            println!(
                "\n{} passed, {} failed, {} skipped",
                self.passed,
                self.failed,
                list.lines().count()
            );
        }
    }
}

/// The number before `word` in `ok. 12 passed; 0 failed; …`.
fn count(line: &str, word: &str) -> u64 {
    line.split([';', '.'])
        .find_map(|part| part.trim().strip_suffix(word.trim_start()).map(str::trim))
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_cargo_s_closing_line() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s");
        tally.read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s");
        assert_eq!((tally.passed, tally.failed), (13, 2));
    }
}
