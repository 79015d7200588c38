-- Where clients are, in millionths of a degree, as the gazetteer says from their country and postal code.
create table client_place (
    client_id text not null primary key references client (id),
    partner_id text not null references partner (id),
    latitude bigint not null,
    longitude bigint not null,
    -- country or postal_code: by what it was found.
    found_by text not null
);
create index client_place_partner on client_place (partner_id, latitude, longitude);
