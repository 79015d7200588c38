//! How a claimed name stands in the database.

use marque_config::tenant::AddressKind;
use sqlx::FromRow;

use super::{CertificateSource, CertificateState, CertificateStatus, ClaimedName, DnsStatus};
use crate::database::row::from_word;
use crate::database::{StoreError, from_json, parsed};

#[derive(FromRow)]
pub(super) struct Row {
    host: String,
    domain_id: String,
    tenant_id: String,
    kind: String,
    role: String,
    main: String,
    target_label: String,
    txt_token: String,
    created_ms: i64,
    dns_state: String,
    dns_reason: Option<String>,
    dns_checked_ms: Option<i64>,
    dns_next_ms: Option<i64>,
    lost_since_ms: Option<i64>,
    certificate_state: String,
    certificate_source: Option<String>,
    certificate_reason: Option<String>,
    certificate_not_after_ms: Option<i64>,
    renew_at_ms: Option<i64>,
    ends_soon_ms: Option<i64>,
    attempts: i64,
    next_attempt_ms: Option<i64>,
}

pub(super) fn all(rows: Vec<Row>) -> Result<Vec<ClaimedName>, StoreError> {
    rows.into_iter().map(ClaimedName::try_from).collect()
}

impl TryFrom<Row> for ClaimedName {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let dns = DnsStatus {
            state: from_word("hostname.dns_state", &row.dns_state)?,
            reason: row.dns_reason.as_deref().map(|it| from_json("hostname.dns_reason", it)).transpose()?,
            checked_ms: row.dns_checked_ms,
            next_ms: row.dns_next_ms,
            lost_since_ms: row.lost_since_ms,
        };
        let source = row.certificate_source.as_deref();
        let reason = row.certificate_reason.as_deref();
        let source = source.map(|it| from_word("hostname.certificate_source", it)).transpose()?;
        let (kind, state) =
            (from_word("domain.kind", &row.kind)?, from_word("hostname.certificate_state", &row.certificate_state)?);
        let is_covered = kind == AddressKind::Platform && state == CertificateState::Active;
        let certificate = CertificateStatus {
            state,
            source: source.or(is_covered.then_some(CertificateSource::Wildcard)),
            reason: reason.map(|it| from_word("hostname.certificate_reason", it)).transpose()?,
            not_after_ms: row.certificate_not_after_ms,
            renew_at_ms: row.renew_at_ms,
            ends_soon_ms: row.ends_soon_ms,
            attempts: row.attempts,
            next_attempt_ms: row.next_attempt_ms,
        };
        Ok(Self {
            host: parsed("hostname.host", &row.host)?,
            domain: parsed("hostname.domain_id", &row.domain_id)?,
            tenant: parsed("domain.tenant_id", &row.tenant_id)?,
            kind,
            role: from_word("hostname.role", &row.role)?,
            main: parsed("domain.host", &row.main)?,
            target_label: row.target_label,
            txt_token: row.txt_token,
            created_ms: row.created_ms,
            dns,
            certificate,
        })
    }
}
