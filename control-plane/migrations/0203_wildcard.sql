-- Expands. The certificate for every name one label below a zone of ours, and the attempt to get it or a newer one. A
-- platform name that is 'active' without a certificate of its own is served by it.
create table wildcard (
    zone text not null primary key,
    -- Whether the settings want it.
    is_wanted bigint not null,
    -- Whether names are served by it from now on, rather than by certificates of their own.
    covers bigint not null,
    -- The name servers that proxies were told of, JSON; null while they answer no questions for it.
    name_servers text,
    -- A JSON array of base64 DER, leaf first; null while there is none.
    chain text,
    key_sealed blob,
    not_after_ms bigint,
    renew_at_ms bigint,
    -- Why there is none, or no newer one.
    reason text,
    detail text,
    attempts bigint not null,
    next_attempt_ms bigint,
    -- The attempt under way; null while there is none.
    issuance_id text,
    issuance_state text,
    order_url text,
    new_key_sealed blob,
    lease_owner text,
    lease_until_ms bigint
);
