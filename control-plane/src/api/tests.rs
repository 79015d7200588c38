//! Rules of the API, asked without a socket. `desk` makes the installation; each file holds one subject.

mod clients;
mod desk;
mod documents;
mod domains;
mod names;
mod once;
mod rights;
mod tenants;
mod tokens;
