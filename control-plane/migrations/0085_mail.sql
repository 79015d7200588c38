-- Mail to be sent, written in the transaction of what it tells of.
create table mail (
    id text not null primary key,
    to_address text not null,
    kind text not null,
    -- en or fr.
    language text not null,
    -- In whose brand; none for the vendor's.
    partner_id text references partner (id),
    -- What the template is filled with, JSON. It may hold a single-use link: emptied once the mail was taken.
    facts text not null,
    -- waiting, sent or failed.
    state text not null,
    attempts bigint not null,
    -- When it is tried next, or when the attempt under way is given up.
    next_ms bigint not null,
    -- What the server said last, when it did not take the mail.
    said text,
    created_ms bigint not null,
    sent_ms bigint
);
create index mail_next on mail (state, next_ms);
create index mail_partner on mail (partner_id, id);
