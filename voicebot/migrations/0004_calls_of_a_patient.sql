-- The calls that concern a patient are found without reading every word of three months.
create index call_event_committed on call_event(call) where event = 'committed';
create index call_event_identified on call_event(call) where event = 'identified';
create index call_event_callback on call_event(call) where event = 'callback';
