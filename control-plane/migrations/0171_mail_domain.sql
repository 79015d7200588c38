-- Expands. The domain that a mail goes to, as it is compared: mails are sent domain by domain, so that a slow one holds up
-- no other. Where it is null, a program from before wrote the mail; the task that sends it writes it down.
alter table mail add column to_domain text;
create index mail_to_domain on mail (to_domain, next_ms) where state = 'waiting';
