-- Collaborators: members of a partner with roles for its clients' spaces; which spaces each follows; what clients let them do.

-- A member is a collaborator from the first role on.
create table role_grant (
    member_id text not null references member (id),
    -- accountant or technical_support.
    role text not null,
    granted_ms bigint not null,
    primary key (member_id, role)
);

create table consent (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    partner_id text not null references partner (id),
    member_id text not null references member (id),
    role text not null,
    -- view or act.
    scope text not null,
    reason text not null,
    -- requested, granted, denied, revoked, expired or lapsed.
    state text not null,
    requested_by text not null,
    requested_ms bigint not null,
    -- Until when access was asked for.
    asked_until_ms bigint,
    granted_by text,
    granted_ms bigint,
    -- 1 when it lasts until it is revoked, and is confirmed every year.
    lasting bigint not null,
    -- When it ends by itself: while it is requested when it lapses, then when it expires.
    ends_ms bigint not null,
    ended_by text,
    ended_ms bigint
);
create index consent_tenant on consent (tenant_id, id);
create index consent_partner on consent (partner_id, id);
create index consent_ends on consent (state, ends_ms);

create table consent_session (
    id text not null primary key,
    consent_id text not null references consent (id),
    opened_by text not null,
    opened_ms bigint not null,
    ip text
);
create index consent_session_consent on consent_session (consent_id, id);

create table assignment (
    id text not null primary key,
    partner_id text not null references partner (id),
    member_id text not null references member (id),
    tenant_id text not null references tenant (id),
    role text not null,
    -- pending_consent, active, expired, revoked or removed.
    state text not null,
    consent_id text references consent (id),
    created_ms bigint not null,
    -- From when on there is access.
    since_ms bigint,
    -- When the access, or the wait for it, ends by itself.
    until_ms bigint,
    ended_ms bigint
);
create index assignment_partner on assignment (partner_id, id);
create index assignment_tenant on assignment (tenant_id, id);
create index assignment_member on assignment (member_id, id);
create unique index assignment_open on assignment (member_id, tenant_id, role)
    where state = 'pending_consent' or state = 'active';

-- Whom a client keeps out of its space, whatever the partner says.
create table blocked_collaborator (
    tenant_id text not null references tenant (id),
    member_id text not null references member (id),
    blocked_by text not null,
    blocked_ms bigint not null,
    primary key (tenant_id, member_id)
);
