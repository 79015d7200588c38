-- Expands. Which certificate ends next.
create index hostname_certificate_ends on hostname (certificate_not_after_ms) where certificate_state = 'active';
