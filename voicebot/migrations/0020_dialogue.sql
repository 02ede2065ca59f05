-- Failed identities of the last day, so that birth dates cannot be tried out: by caller, by name, over all calls.
-- Both are hashes; rows are deleted as soon as they no longer count.
create table identity_failure(
  id integer primary key,
  at text not null,
  caller text not null,
  name text not null
) strict;
create index identity_failure_at on identity_failure(at);

-- Who called for the patient, where it was someone else and gave a name.
alter table appointment add column contact_name text;
