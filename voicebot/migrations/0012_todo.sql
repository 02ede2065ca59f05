-- What is left to the practice's staff: call-backs that were promised, messages, identities to settle. Never an appointment.
create table todo(
  id text primary key,
  call text,
  reason text not null,
  phone text,
  birth_name text,
  first_name text,
  caller_name text,
  message text,
  promised integer not null default 0 check(promised in (0, 1)),
  due text not null,
  owner text,
  note text not null default '',
  state text not null default 'open' check(state in ('open', 'done')),
  created_at text not null,
  done_at text,
  version integer not null default 1
) strict;
create index todo_open on todo(due, created_at) where state = 'open';
create index todo_done on todo(done_at desc) where state = 'done';
create index todo_call on todo(call) where call is not null;
