-- Who may enter the desk. `roles` is a space-separated set; `*_at` are seconds since the epoch.
create table desk_account(
  id text primary key,
  login text not null collate nocase unique,
  name text not null,
  roles text not null,
  password text,
  totp_secret text,
  totp_step integer not null default 0,
  disabled integer not null default 0 check(disabled in (0, 1)),
  created_at integer not null,
  version integer not null default 1
) strict;

-- The session's token is kept as its SHA-256 only. `stage` is 'code' between the password and the second factor.
create table desk_session(
  token text primary key,
  account_id text not null references desk_account(id) on delete cascade,
  stage text not null check(stage in ('code', 'open')),
  opened_at integer not null,
  seen_at integer not null
) strict;
create index desk_session_account on desk_session(account_id);
