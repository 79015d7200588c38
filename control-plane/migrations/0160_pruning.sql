-- Expands. What is over is found without looking at what isn't.
create index issuance_over on issuance (updated_ms) where state = 'issued' or state = 'failed';
create index session_expires on session (expires_ms);
create index session_ended on session (ended_ms) where ended_ms is not null;
create index password_reset_expires on password_reset (expires_ms);
create index released_name_until on released_name (until_ms);
create index webhook_delivery_created on webhook_delivery (created_ms);
-- Also for the reference from a delivery to its event, which is looked at when an event is forgotten.
create index webhook_delivery_of_event on webhook_delivery (event_seq);
create index outbox_event_at on outbox_event (at_ms, seq);
create index mail_over on mail (created_ms) where state <> 'waiting';
create index feed_record_gone on feed_record (changed_ms, kind, name) where body is null;
