-- What clients write to their partner, and what becomes of it.

create table support_message (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    -- application, edge or portal.
    channel text not null,
    sender text not null,
    sender_email text,
    -- en or fr.
    language text not null,
    subject text not null,
    body text not null,
    -- received, routed, acknowledged, answered, escalated, vendor_closed or closed.
    state text not null,
    -- Where the mail went.
    routed_to text,
    -- Where the sender was.
    ip text,
    -- What of it the partner showed to the vendor, one space between; null until it did.
    shared text,
    received_ms bigint not null,
    changed_ms bigint not null
);
create index support_message_partner on support_message (partner_id, id);
create index support_message_tenant on support_message (tenant_id, id);
create index support_message_ip on support_message (ip, received_ms);
create index support_message_state on support_message (state, id);

create table support_reply (
    id text not null primary key,
    message_id text not null references support_message (id),
    -- partner or vendor; what the vendor writes is for the partner alone.
    side text not null,
    author text not null,
    body text not null,
    at_ms bigint not null
);
create index support_reply_message on support_reply (message_id, id);
