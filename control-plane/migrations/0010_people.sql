-- People: who they are, where they belong, and how they come in.

create table app_user (
    id text not null primary key,
    -- One person, one address: this form is compared, the other shown and written to.
    email_compared text not null unique,
    email_written text not null,
    name text not null,
    -- en or fr.
    language text not null,
    -- invited, active, locked or deactivated.
    state text not null,
    -- Argon2id with its parameters and salt, as a PHC string; none until the first invitation is accepted.
    password_hash text,
    -- The second factor's secret, sealed; it counts once a code of it was shown.
    totp_sealed blob,
    totp_since_ms bigint,
    -- The step of the last code that was taken: none is taken twice.
    totp_step bigint not null default 0,
    created_ms bigint not null
);

create table recovery_code (
    user_id text not null references app_user (id),
    -- SHA-256, hexadecimal.
    hash text not null,
    used_ms bigint,
    primary key (user_id, hash)
);

-- The vendor's staff.
create table operator_user (
    user_id text not null primary key references app_user (id),
    -- As who invited says; the person's own name counts once accepted.
    name text not null,
    -- invited, active or removed.
    state text not null,
    created_ms bigint not null
);

create table member (
    id text not null primary key,
    partner_id text not null references partner (id),
    user_id text not null references app_user (id),
    name text not null,
    -- Rights, one space between.
    rights text not null,
    -- invited, active or removed.
    state text not null,
    created_ms bigint not null
);
create unique index member_once on member (partner_id, user_id);
create index member_user on member (user_id);

create table tenant_user (
    id text not null primary key,
    tenant_id text not null references tenant (id),
    user_id text not null references app_user (id),
    name text not null,
    -- administrator, manager or employee.
    role text not null,
    -- client: one of the client's own people; setup: of the partner's, who sets it up.
    side text not null,
    -- invited, active or removed.
    state text not null,
    -- When a setup access ends.
    until_ms bigint,
    created_ms bigint not null
);
create unique index tenant_user_once on tenant_user (tenant_id, user_id);
create index tenant_user_user on tenant_user (user_id);

create table invitation (
    id text not null primary key,
    user_id text not null references app_user (id),
    -- What it leads to: pmb_…, tus_…, or usr_… for the vendor's staff.
    place text not null,
    partner_id text,
    tenant_id text,
    -- SHA-256 of what the link holds, hexadecimal.
    hash text not null unique,
    -- sent, accepted or withdrawn.
    state text not null,
    created_ms bigint not null,
    sent_ms bigint not null,
    expires_ms bigint not null
);
create index invitation_place on invitation (place);
create index invitation_partner on invitation (partner_id, id);

create table password_reset (
    -- SHA-256 of what the link holds, hexadecimal.
    hash text not null primary key,
    user_id text not null references app_user (id),
    created_ms bigint not null,
    expires_ms bigint not null,
    used_ms bigint
);
create index password_reset_user on password_reset (user_id);

create table session (
    id text not null primary key,
    -- SHA-256 of the cookie, hexadecimal.
    hash text not null unique,
    user_id text not null references app_user (id),
    -- On whose behalf: operator, partner:ID or tenant:ID.
    principal text not null,
    -- second_factor: the password was right and the code is awaited; open.
    stage text not null,
    ip text,
    created_ms bigint not null,
    seen_ms bigint not null,
    -- The latest that it ends, whatever is done with it.
    expires_ms bigint not null,
    ended_ms bigint
);
create index session_of_user on session (user_id, id);

-- What limits a token beyond its scopes. Lists have one space between; empty for no limit.
alter table api_token add column networks text not null default '';
alter table api_token add column tenants text not null default '';
alter table api_token add column not_before_ms bigint;
-- live, or test: only the partner's sandbox and test tenants.
alter table api_token add column mode text not null default 'live';
-- The token that took its place.
alter table api_token add column rolled_to text;
