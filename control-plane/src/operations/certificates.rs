//! A certificate that a partner brings itself.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use marque_config::DomainId;
use marque_config::seal::{Context, KeyRing, Purpose, Sealed};
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;

use super::domains::{Named, named};
use super::{Refused, domains};
use crate::acme::certificate::{self, CertificateError, Checked};
use crate::model::fault::FieldFault;
use crate::model::language::Sentence;
use crate::model::principal::Reach;
use crate::store::Write;
use crate::store::hostnames::{CertificateSource, ClaimedName};
