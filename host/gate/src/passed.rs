//! The two types that make the door a door: what may go into a guest, and what has come out of one.
//!
//! Lives here: [`Passed`] and [`Untrusted`], nothing else. Not here: what makes a value fit to pass.

use std::fmt;

/// A value that the gate has projected: the only thing that the sandbox hands to a guest.
///
/// There is no public constructor:
/// ```compile_fail
/// let forged = isocial_gate::Passed::new(String::from("a post that no contract has seen"));
/// ```
/// ```compile_fail
/// let forged: isocial_gate::Passed<String> = String::from("a post").into();
/// ```
pub struct Passed<T>(T);

impl<T> Passed<T> {
    /// Only the gate's projections call this.
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }
    /// The value, for the sandbox to lower into a guest.
    pub fn into_guest(self) -> T {
        self.0
    }
    /// The value, for the sandbox to look at (sizes, function) before it lowers it.
    pub fn get(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Passed<T> {
    /// Shows that there is a value, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passed(…)")
    }
}

/// A value that a guest has returned. The sandbox makes it; only the gate can open it, and only against an open receipt.
///
/// Nobody else can look inside:
/// ```compile_fail
/// let answer = isocial_gate::Untrusted::from_guest(String::from("whatever"), 8);
/// let text: String = answer.into_inner();
/// ```
/// ```compile_fail
/// let answer = isocial_gate::Untrusted::from_guest(String::from("whatever"), 8);
/// let text: String = answer.value;
/// ```
pub struct Untrusted<T> {
    value: T,
    bytes_out: u64,
}

impl<T> Untrusted<T> {
    /// Wraps what a guest returned; `bytes_out` are the bytes that were lifted, for the receipt.
    pub fn from_guest(value: T, bytes_out: u64) -> Self {
        Self { value, bytes_out }
    }
    /// Opens it: value and bytes.
    pub(crate) fn open(self) -> (T, u64) {
        (self.value, self.bytes_out)
    }
}

impl<T> fmt::Debug for Untrusted<T> {
    /// Shows how large the value is, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({} bytes)", self.bytes_out)
    }
}
