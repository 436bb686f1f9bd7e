//! The gate's laws, held against arbitrary posts, contracts and layers (SECURITY model B1–B5).
//!
//! * Adding a layer never widens, for any kind: in `rights`, where rights are worked out.
//! * Non-interference: for packs, channels and exports, whatever a post holds outside the effective contract changes no byte that the
//!   plugin gets (`given`).
//! * Minimisation: for connectors, a field outside what the contract writes and the network's pack keeps never comes to match or
//!   store, and changes nothing of what does (`kept`).
//! * Outputs: what an answer may still say, whatever it says (`outputs`).
//! * Order: what is projected and then admitted keeps its order and its count (`order`).

mod arbitrary;
mod given;
mod kept;
mod order;
mod outputs;
