//! Replays recorded exchanges against a plugin.
