-- Expands. From where something was done stands beside the audit trail: what an event's hash covers is a mark, in
-- audit_event.ip, which without the salt says nothing. So an address is forgotten without a word of the trail changing.
create table audit_address (
    seq bigint not null primary key,
    actor text not null,
    ip text not null,
    salt text not null,
    at_ms bigint not null
);
create index audit_address_at on audit_address (at_ms);
create index audit_address_actor on audit_address (actor);

-- What is over, and what is a person's, is found without looking at everything else.
create index support_message_changed on support_message (changed_ms);
create index support_message_received on support_message (received_ms);
create index support_message_addressed on support_message (received_ms) where ip is not null;
create index support_message_sender on support_message (lower(sender_email)) where sender_email is not null;
create index consent_session_opened on consent_session (opened_ms) where ip is not null;
create index consent_session_opened_by on consent_session (opened_by) where ip is not null;
create index mail_to_address on mail (to_address);
create index trial_use_email on trial_use (email_hash);
