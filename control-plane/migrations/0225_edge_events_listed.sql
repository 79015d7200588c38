-- Expands. What proxies sent is listed in the order in which it was taken.
create index edge_event_taken on edge_event (taken_ms, proxy, id);
