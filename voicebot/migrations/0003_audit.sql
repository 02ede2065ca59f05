-- The audit trail: who did what, when, to which opaque id. Rows are chained by hash and never change; the oldest leave
-- only when `audit_base` has moved past them (retention), and nothing personal stands in them in clear.

create table audit(
  seq integer primary key,
  at text not null,
  actor text not null,
  action text not null,
  subject text,
  detail text not null default '{}',
  sealed text,
  hash text not null
) strict;
create index audit_subject on audit(subject) where subject is not null;

-- Up to where the trail was trimmed: the hash on which the oldest row that is kept is chained.
create table audit_base(
  one integer primary key check(one = 1),
  seq integer not null,
  hash text not null,
  at text not null
) strict;
insert into audit_base values(1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '');

create trigger audit_in_order before insert on audit
when new.seq <> 1 + max(
  coalesce((select max(seq) from audit), 0), (select seq from audit_base))
begin select raise(abort, 'audit: out of order'); end;
create trigger audit_never_changes before update on audit
begin select raise(abort, 'audit: append-only'); end;
create trigger audit_never_shrinks before delete on audit
when old.seq > (select seq from audit_base)
begin select raise(abort, 'audit: append-only'); end;
create trigger audit_base_moves_forward before update on audit_base
when new.seq <= old.seq or not exists(
  select 1 from audit where seq = new.seq and hash = new.hash and at = new.at)
begin select raise(abort, 'audit: the base is a row of the trail'); end;
create trigger audit_base_stays before delete on audit_base
begin select raise(abort, 'audit: append-only'); end;
create trigger audit_base_is_one before insert on audit_base
begin select raise(abort, 'audit: append-only'); end;

-- One key a person: what is sealed in the trail is read with it; erasing a person destroys the key, not the rows.
create table subject_key(
  subject text primary key,
  key blob not null check(length(key) = 32)
) strict;

-- What was erased on request, by opaque id, so that a restored backup can be brought to the same state.
create table erasure(
  receipt text primary key,
  kind text not null check(kind in ('patient', 'call')),
  id text not null,
  at text not null
) strict;
