-- What a client still has: asked whenever one of its licences ends.
create index licence_client on licence (client_id) where superseded_ms is null and voided_ms is null;
