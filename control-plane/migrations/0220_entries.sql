-- Expands. Entries: how a partner's people come in to a client's space at its own address. A ticket opens one once, within a
-- minute; an open one is in the feed until it ends. Tickets that nobody used are forgotten, and what was opened stays.
create table entry (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    user_id text not null references app_user (id),
    member_id text not null references member (id),
    -- setup, collaborator or support.
    kind text not null,
    -- manager, accountant or technical_support.
    role text not null,
    -- What it rests on: a place in the tenant (tus_…) or an assignment (asg_…).
    basis text not null,
    consent_id text references consent (id),
    -- 1 when it lets look, and do nothing more.
    reads_only bigint not null,
    -- issued, open or ended.
    state text not null,
    -- SHA-256 of the ticket, hexadecimal; written with the row.
    ticket_hash text unique,
    created_ms bigint not null,
    ticket_until_ms bigint not null,
    opened_ms bigint,
    -- When it ends by itself.
    until_ms bigint,
    ended_ms bigint,
    -- left, revoked or expired.
    ended_by text
);
create index entry_tenant on entry (tenant_id, id);
create index entry_open on entry (until_ms) where state = 'open';
create index entry_basis on entry (basis) where state = 'open';
create index entry_issued on entry (created_ms) where state = 'issued';
