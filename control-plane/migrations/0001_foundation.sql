-- One text for SQLite and PostgreSQL: text, bigint and blob only. Times are milliseconds since 1970, UTC; ids are
-- text; JSON is text. Forward only: a later change is a later file.

-- Every write transaction locks this table first (PostgreSQL): writers are serial.
create table write_gate (
    one bigint not null primary key check (one = 1)
);
insert into write_gate (one) values (1);

create table feed_counter (
    one bigint not null primary key check (one = 1),
    epoch text not null,
    revision bigint not null,
    -- Below this revision deleted records may have been forgotten: who has less gets a snapshot.
    floor bigint not null
);

create table feed_record (
    kind text not null,
    name text not null,
    revision bigint not null,
    -- The record as JSON; null when it is deleted.
    body text,
    changed_ms bigint not null,
    primary key (kind, name)
);
create index feed_record_revision on feed_record (revision, kind, name);

create table edge_proxy (
    name text not null primary key,
    acked_revision bigint not null,
    live_until_ms bigint not null,
    -- Names the stream that a proxy opened last: one that was opened before under the same name is ended.
    stream text
);

-- The audit trail: each event's hash covers the hash before it, so that none can be changed or left out unseen.
create table audit_head (
    one bigint not null primary key check (one = 1),
    seq bigint not null,
    hash text not null
);
insert into audit_head (one, seq, hash) values (1, 0, '');

create table audit_event (
    seq bigint not null primary key,
    id text not null unique,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    object text not null,
    -- Whose object it is.
    partner_id text,
    tenant_id text,
    request_id text,
    ip text,
    detail text not null,
    prev_hash text not null,
    hash text not null
);
create index audit_event_object on audit_event (object, seq);
create index audit_event_partner on audit_event (partner_id, seq);
create index audit_event_tenant on audit_event (tenant_id, seq);

-- What others are told of, in the transaction of the change; numbered for each object.
create table outbox_event (
    seq bigint not null primary key,
    id text not null unique,
    at_ms bigint not null,
    kind text not null,
    object text not null,
    object_seq bigint not null,
    partner_id text,
    tenant_id text,
    payload text not null
);
create unique index outbox_event_object on outbox_event (object, object_seq);
create index outbox_event_partner on outbox_event (partner_id, seq);

create table idempotency (
    principal text not null,
    key text not null,
    request_hash text not null,
    status bigint not null,
    body text not null,
    created_ms bigint not null,
    primary key (principal, key)
);
create index idempotency_created on idempotency (created_ms);

create table api_token (
    id text not null primary key,
    name text not null,
    -- operator, edge, partner:ID or application:ID.
    principal text not null,
    -- Scopes, one space between.
    scopes text not null,
    -- SHA-256 of the token's text, hexadecimal.
    hash text not null unique,
    created_ms bigint not null,
    expires_ms bigint,
    revoked_ms bigint
);
create index api_token_principal on api_token (principal, id);

create table application (
    id text not null primary key,
    name text not null unique,
    policy text not null,
    created_ms bigint not null
);

create table partner (
    id text not null primary key,
    name text not null,
    brand text not null,
    state text not null,
    created_ms bigint not null
);

create table tenant (
    id text not null primary key,
    partner_id text not null references partner (id),
    application_id text not null references application (id),
    name text not null,
    -- client, business_free_partner, sandbox or test.
    kind text not null,
    -- Whose it is, for a tenant of kind client that was given one.
    client_id text,
    account text,
    state text not null,
    state_reason text,
    -- Who holds a suspended tenant: operator or partner.
    suspended_by text,
    -- When the client's own administrator took it over; the partner sets it up before.
    handed_over_ms bigint,
    created_ms bigint not null
);
create index tenant_client on tenant (client_id);
create index tenant_partner on tenant (partner_id, id);
create index tenant_application on tenant (application_id, id);
create unique index tenant_account on tenant (application_id, account) where account is not null and state <> 'closed';

create table domain (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    -- platform or custom.
    kind text not null,
    -- The main name; the other half of a custom domain is its www.
    host text not null,
    -- A custom domain's own CNAME target is this label below the target zone; empty for a platform name.
    target_label text not null,
    -- What an apex name's TXT record at _marque.HOST must say; empty for a platform name.
    txt_token text not null,
    created_ms bigint not null,
    removed_ms bigint
);
create index domain_tenant on domain (tenant_id, id);
create unique index domain_target_label on domain (target_label) where target_label <> '';

-- The names that are claimed now; one that is removed leaves this table.
create table hostname (
    host text not null primary key,
    domain_id text not null references domain (id),
    -- main or www.
    role text not null,
    -- pending, verified or lost.
    dns_state text not null,
    dns_reason text,
    dns_checked_ms bigint,
    dns_next_ms bigint,
    lost_since_ms bigint,
    -- none, issuing, active or failed.
    certificate_state text not null,
    -- acme or uploaded.
    certificate_source text,
    certificate_reason text,
    certificate_not_after_ms bigint,
    -- A JSON array of base64 DER, leaf first.
    certificate_chain text,
    certificate_key blob,
    renew_at_ms bigint,
    -- From when on it is said that an uploaded certificate ends.
    ends_soon_ms bigint,
    attempts bigint not null,
    next_attempt_ms bigint
);
create index hostname_domain on hostname (domain_id, role);
create index hostname_dns_next on hostname (dns_next_ms);
create index hostname_renew_at on hostname (renew_at_ms);
create index hostname_next_attempt on hostname (next_attempt_ms);

-- Names given up lately: another partner has to wait.
create table released_name (
    host text not null primary key,
    partner_id text not null,
    until_ms bigint not null
);

create table issuance (
    id text not null primary key,
    domain_id text not null references domain (id),
    host text not null,
    -- ordered, published, acknowledged, ready, finalized, issued or failed.
    state text not null,
    order_url text,
    csr blob,
    key_sealed blob,
    reason text,
    detail text,
    lease_owner text,
    lease_until_ms bigint,
    created_ms bigint not null,
    updated_ms bigint not null
);
create index issuance_domain on issuance (domain_id, id);
create unique index issuance_open on issuance (host) where state <> 'issued' and state <> 'failed';

create table acme_account (
    directory text not null primary key,
    credentials blob not null,
    created_ms bigint not null
);

create table shared_key (
    id text not null primary key,
    -- ticket, cookie or assertion.
    purpose text not null,
    use_from_ms bigint not null,
    secret blob not null,
    created_ms bigint not null
);
create index shared_key_purpose on shared_key (purpose, use_from_ms);
-- Names without a certificate are few among many.
create index hostname_certificate_state on hostname (certificate_state);

-- A claimed name with what its domain says of it: what the tasks and the API read.
create view claimed_name as
select
    hostname.host as host,
    hostname.domain_id as domain_id,
    domain.tenant_id as tenant_id,
    domain.kind as kind,
    hostname.role as role,
    domain.host as main,
    domain.target_label as target_label,
    domain.txt_token as txt_token,
    domain.created_ms as created_ms,
    hostname.dns_state as dns_state,
    hostname.dns_reason as dns_reason,
    hostname.dns_checked_ms as dns_checked_ms,
    hostname.dns_next_ms as dns_next_ms,
    hostname.lost_since_ms as lost_since_ms,
    hostname.certificate_state as certificate_state,
    hostname.certificate_source as certificate_source,
    hostname.certificate_reason as certificate_reason,
    hostname.certificate_not_after_ms as certificate_not_after_ms,
    hostname.renew_at_ms as renew_at_ms,
    hostname.ends_soon_ms as ends_soon_ms,
    hostname.attempts as attempts,
    hostname.next_attempt_ms as next_attempt_ms
from hostname
join domain on domain.id = hostname.domain_id;
