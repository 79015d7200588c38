//! Rules of the API, asked without a socket. `desk` makes the installation; each file holds one subject.

mod audit;
mod cast;
mod catalogue;
mod clients;
pub(crate) mod desk;
mod documents;
mod domains;
mod home;
mod limits;
mod money;
mod names;
mod once;
mod partners;
mod retail;
mod rights;
mod search;
mod shop;
mod tenants;
mod tokens;
mod webhooks;
mod white_label;
