-- What partners uploaded: of what is served, what is to be said of it; of what is not valid yet, all that is needed to
-- serve it from when it is.
create table uploaded_certificate (
    host text not null,
    domain_id text not null references domain (id),
    -- 1 until it's served.
    is_waiting bigint not null,
    -- 1 where no public authority vouches for it.
    is_private bigint not null,
    not_before_ms bigint not null,
    not_after_ms bigint not null,
    -- A JSON array of base64 DER, leaf first, and the sealed key; null once it's served.
    chain text,
    private_key blob,
    primary key (host, domain_id, is_waiting)
);
create index uploaded_certificate_domain on uploaded_certificate (domain_id);
create index uploaded_certificate_due on uploaded_certificate (is_waiting, not_before_ms);
