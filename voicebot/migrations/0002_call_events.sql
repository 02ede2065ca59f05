-- The journal of calls: one row an event. `data` is JSON; words of a call are there only where a transcript is kept.
create table call_event (
  id integer primary key,
  call text not null,
  at text not null,
  event text not null,
  data text not null default '{}'
) strict;
create index call_event_call on call_event (call);
