-- A partner's clients: companies, known by a mail address that is one partner's once.
create table client (
    id text not null primary key,
    partner_id text not null references partner (id),
    company text not null,
    -- As it was written, and as it is compared; null once the client is anonymised.
    email_written text,
    email_compared text,
    phone text,
    -- Street and number, postal code, town.
    address text,
    postal_code text,
    city text,
    country text not null,
    -- In its one written form, and the version of the country's rule that it was looked at by.
    tax_id text,
    region_rule_version bigint not null,
    -- en or fr: what the client's mails are in.
    language text not null,
    -- A JSON array of people.
    contacts text not null,
    -- prospect, customer, former or anonymised.
    state text not null,
    created_ms bigint not null,
    anonymised_ms bigint
);
create unique index client_email on client (partner_id, email_compared) where email_compared is not null;
create index client_partner on client (partner_id, id);
create index client_any_email on client (email_compared) where email_compared is not null;
create index client_country on client (partner_id, country, postal_code);

-- What a country asks of a client. The newest version of a country counts; a country without one asks for nothing.
create table region_rule (
    country text not null,
    version bigint not null,
    -- required or optional.
    tax_id text not null,
    since_ms bigint not null,
    primary key (country, version)
);
insert into region_rule (country, version, tax_id, since_ms) values
    ('AR', 1, 'required', 0),
    ('BR', 1, 'required', 0),
    ('CL', 1, 'required', 0),
    ('CO', 1, 'required', 0),
    ('ES', 1, 'required', 0),
    ('IT', 1, 'required', 0),
    ('MX', 1, 'required', 0),
    ('PE', 1, 'required', 0),
    ('PT', 1, 'required', 0);
