-- What callers said, the newest first, found without reading the calls whose text is not kept.
create index call_event_heard on call_event(id) where event = 'heard';
