//! Orders and trials: placed whole or not at all, and taken back whole or not at all. `counter` is where one orders.

mod claims;
mod counter;
mod placing;
mod promised;
mod races;
mod replacing;
mod standing;
mod statements;
mod voiding;
