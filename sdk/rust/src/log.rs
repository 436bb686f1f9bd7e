//! The only thing that a plugin may import: lines for its organisation's plugin log, capped by the host.
//!
//! Outside WebAssembly (in a plugin's own tests) lines go nowhere. Never log the text of a post or a person's name: the log is for
//! whoever keeps the plugin going.

/// Writes a line that helps while developing.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}
/// Writes a line that is worth knowing.
pub fn info(message: &str) {
    write(Level::Info, message);
}
/// Writes a line about something that should not be so.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}
/// Writes a line about something that failed.
pub fn error(message: &str) {
    write(Level::Error, message);
}

pub use crate::bindings::isocial::plugin::log::Level;

/// Writes one line; the host cuts it at 1,024 bytes and keeps at most 64 lines a call.
pub fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::isocial::plugin::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// Makes a panic leave its message in the log before the trap, which by itself would say nothing. Called by every export.
#[doc(hidden)]
pub fn install_panic_hook() {
    #[cfg(target_arch = "wasm32")]
    {
        use std::sync::atomic::{AtomicBool, Ordering};
        static INSTALLED: AtomicBool = AtomicBool::new(false);
        if !INSTALLED.swap(true, Ordering::Relaxed) {
            std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
        }
    }
}
