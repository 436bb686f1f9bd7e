//! The operating system's randomness: the one place in the workspace that reads it.

use isocial_model::Entropy;

/// Randomness from the operating system, fit for keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// Fills `bytes`. Ends the process if the system has no randomness to give: going on with guessable keys would be worse.
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
