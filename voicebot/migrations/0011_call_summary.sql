-- One row for each finished call: what became of it, what makes it doubtful, and what the secretary found.
create table call_summary(
  call text primary key,
  began text not null,
  ended text not null,
  kind text not null,
  outcome text not null,
  appointment text,
  turns integer not null default 0,
  missed integer not null default 0,
  logprob real,
  doubt integer not null default 0,
  doubts text not null default '',
  verdict text check(verdict in ('right', 'wrong')),
  reason text,
  note text,
  reviewer text,
  reviewed_at text,
  version integer not null default 1
) strict, without rowid;
-- The order of the page "À relire": doubt first, then the newest.
create index call_to_review on call_summary(doubt desc, ended desc, call) where verdict is null;
create index call_reviewed on call_summary(reviewed_at desc, call) where verdict is not null;
create index call_ended on call_summary(ended desc, call);
