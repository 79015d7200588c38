-- Expands. Lists are read in the order of their cursor, by an index that begins with what they are limited to.

-- Whose a domain is, as its tenant says: that never changes. The version before leaves both out; a task fills them in.
alter table domain add column partner_id text;
alter table domain add column application_id text;
update domain set
    partner_id = (select tenant.partner_id from tenant where tenant.id = domain.tenant_id),
    application_id = (select tenant.application_id from tenant where tenant.id = domain.tenant_id);
create index domain_partner on domain (partner_id, id) where removed_ms is null;
create index domain_application on domain (application_id, id) where removed_ms is null;
create index domain_unowned on domain (id) where partner_id is null;

create index tenant_of_client on tenant (client_id, id);

create index partner_order_po_number on partner_order (po_number, id) where po_number is not null;
create index partner_order_voided on partner_order (id) where state = 'voided';
create index partner_order_voided_of on partner_order (partner_id, id) where state = 'voided';

create index client_state on client (state, id);
create index client_partner_state on client (partner_id, state, id);
create index client_in on client (country, id);
create index client_partner_in on client (partner_id, country, id);

create index licence_application on licence (application_id, id);
create index licence_voided on licence (partner_id, id) where voided_ms is not null;
create index licence_cancelled on licence (partner_id, id) where cancelled_ms is not null;
create index licence_suspended on licence (partner_id, id) where suspended_ms is not null;
create index licence_partner_expires on licence (partner_id, expires_ms)
    where voided_ms is null and superseded_ms is null;
create index licence_partner_cancelled on licence (partner_id, cancelled_ms) where cancelled_ms is not null;
create index subscription_application on subscription (application_id, id);
create index subscription_partner_period on subscription (partner_id, period_end_ms);
create index subscription_partner_ended on subscription (partner_id, ended_ms) where ended_ms is not null;
create index activation_application on activation (application_id, id);

create index audit_event_action on audit_event (action, seq);
create index audit_event_partner_action on audit_event (partner_id, action, seq);
create index outbox_event_tenant on outbox_event (tenant_id, seq);

create index support_message_partner_state on support_message (partner_id, state, id);
create index support_message_shared on support_message (id) where shared is not null;
create index support_message_shared_state on support_message (state, id) where shared is not null;

create index mail_state on mail (state, id);

create index member_of_partner on member (partner_id, id);
create index tenant_user_of_tenant on tenant_user (tenant_id, id);
create index invitation_tenant on invitation (tenant_id, id);
create index assignment_consent on assignment (consent_id) where consent_id is not null;
