-- Expands. What proxies saw and sent, so that what is sent again is applied once, however much later; and which proxy said
-- what. There is one for each first use of a licence and each message, so they stay.
create table edge_event (
    proxy text not null,
    -- The identity that the proxy gave it.
    id text not null,
    kind text not null,
    -- When the proxy saw it, by its clock.
    seen_ms bigint not null,
    taken_ms bigint not null,
    -- The code of why it wasn't applied.
    refused text,
    primary key (proxy, id)
);
