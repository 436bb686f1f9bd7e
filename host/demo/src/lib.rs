#![doc = include_str!("../README.md")]

pub mod network;
pub mod week;

pub use network::{Delivery, Faults, Options, Running, SampleNetwork, StartError};
pub use week::{Article, Fate, Person, SamplePost, Shown, Stance, Subject, Tongue, Truth, Week};
