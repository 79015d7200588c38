//! The hostile client: the floors of the security page (Q1 to Q38 and their like), each against a real proxy that listens
//! on loopback, with bytes and frames that no polite library would send, and an application that writes down every byte
//! it receives.

mod answers;
mod bulkhead;
mod client;
mod dialects;
mod edge;
mod floods;
mod frames;
mod handshakes;
mod malformed;
mod names;
mod slow;
mod smuggling;
mod traffic;
mod upstream;
mod visits;
