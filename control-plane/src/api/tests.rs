//! Rules of the API, asked without a socket. `desk` makes the installation; each file holds one subject.

mod audit;
mod catalogue;
mod clients;
mod collaborators;
pub(crate) mod desk;
mod documents;
mod domains;
mod idempotent;
mod limits;
mod money;
mod names;
mod once;
mod people;
mod reports;
mod rights;
mod search;
mod sessions;
mod shop;
mod stage;
mod tenants;
mod tokens;
mod versions;
mod visitor;
mod webhooks;
