-- Times: *_utc are minutes since the epoch in UTC (hold_until: seconds); wall_* are the practice's local time.

create table patient(
  id text primary key,
  birth_name text not null,
  first_name text not null,
  first_names text not null default '',
  used_name text,
  used_first_name text,
  birth_date text not null,
  sex text check(sex in ('M', 'F', 'I')),
  birth_place text,
  ins text,
  ins_oid text,
  phone text,
  other_phone text,
  status text not null default 'provisoire' check(status in ('provisoire', 'recuperee', 'validee', 'qualifiee')),
  marked_known integer not null default 0 check(marked_known in (0, 1)),
  last_visit text,
  own_doctor text,
  source text not null,
  search_key text not null,
  created_at text not null,
  version integer not null default 1,
  check(ins is null or ins_oid is not null)
) strict;
create index patient_search on patient(birth_date, search_key);
create unique index patient_ins on patient(ins) where ins is not null;

-- A phone call never raises an identity above provisional.
create trigger patient_phone_provisional before insert on patient
when new.source = 'phone' and new.status <> 'provisoire'
begin select raise(abort, 'phone_identity'); end;

create table appointment(
  id text primary key,
  status text not null check(status in ('held', 'booked', 'moved', 'cancelled', 'done', 'noshow')),
  motive text not null,
  practitioner text not null,
  site text not null,
  patient_kind text not null check(patient_kind in ('new', 'known')),
  patient_id text references patient(id),
  contact_phone text,
  start_utc integer not null,
  end_utc integer not null check(end_utc > start_utc),
  wall_start text not null,
  wall_end text not null,
  lane integer not null default 0 check(lane >= 0),
  overbooking_reason text,
  hold_until integer,
  owner text,
  source text not null check(source in ('phone', 'desk', 'terminal')),
  moved_from text references appointment(id),
  created_at text not null,
  version integer not null default 1,
  check((status = 'held') = (hold_until is not null)),
  check((status = 'held') = (owner is not null)),
  check(status = 'held' or patient_id is not null),
  check(lane = 0 or (overbooking_reason is not null and source <> 'phone'))
) strict;
create index appointment_time on appointment(start_utc);
create index appointment_patient on appointment(patient_id, start_utc);
create index appointment_owner on appointment(owner) where owner is not null;
create index appointment_hold on appointment(hold_until) where hold_until is not null;

-- What an appointment occupies, buffers included, to the minute; "patient:ID" is occupied too.
create table occupancy(
  appointment_id text not null references appointment(id) on delete cascade,
  resource text not null,
  lane integer not null,
  start_utc integer not null,
  end_utc integer not null check(end_utc > start_utc and end_utc - start_utc <= 2880),
  hold_until integer
) strict;
-- Covers the search for slots, so that it never looks at the table.
create index occupancy_time on occupancy(start_utc, end_utc, resource, hold_until, appointment_id);
create index occupancy_resource on occupancy(resource, lane, start_utc);
create index occupancy_appointment on occupancy(appointment_id);

create table granule(
  resource text not null,
  lane integer not null,
  g integer not null,
  appointment_id text not null references appointment(id) on delete cascade,
  primary key(resource, lane, g)
) strict, without rowid;
create index granule_appointment on granule(appointment_id);

-- The second belt: exact spans never overlap, even if granules were ever miscounted.
create trigger occupancy_overlap before insert on occupancy
begin
  select raise(abort, 'slot_taken') where exists(
    select 1 from occupancy o
    where o.resource = new.resource and o.lane = new.lane
      and o.start_utc < new.end_utc and o.start_utc > new.start_utc - 2880 and o.end_utc > new.start_utc);
end;
create trigger occupancy_fixed before update of resource, lane, start_utc, end_utc on occupancy
begin select raise(abort, 'occupancy is replaced, never changed'); end;

-- One row for each act that was asked for with an idempotency key.
create table act(
  idempotency_key text primary key,
  kind text not null,
  appointment_id text not null,
  source text not null,
  at text not null
) strict;

-- What exporters still have to tell others; written in the transaction of the change, read after its commit.
create table outbox(
  id integer primary key autoincrement,
  kind text not null,
  appointment_id text not null,
  version integer not null,
  at text not null
) strict;

create table waitlist(
  id text primary key,
  patient_id text not null references patient(id) on delete cascade,
  motive text not null,
  patient_kind text not null check(patient_kind in ('new', 'known')),
  practitioner text,
  windows text not null default '[]',
  status text not null default 'waiting' check(status in ('waiting', 'offered', 'booked', 'withdrawn')),
  created_at text not null,
  version integer not null default 1
) strict;
create table waitlist_offer(
  id integer primary key,
  waitlist_id text not null references waitlist(id) on delete cascade,
  practitioner text not null,
  site text not null,
  wall_start text not null,
  wall_end text not null,
  status text not null default 'open' check(status in ('open', 'accepted', 'refused', 'gone')),
  created_at text not null,
  unique(waitlist_id, practitioner, wall_start)
) strict;

-- Counts every change of the agenda, so that a page knows when to read again.
create table agenda_change(one integer primary key check(one = 1), version integer not null, seeded integer not null default 0) strict;
insert into agenda_change(one, version) values(1, 0);
create trigger appointment_inserted after insert on appointment
begin update agenda_change set version = version + 1; end;
create trigger appointment_updated after update on appointment
begin update agenda_change set version = version + 1; end;
create trigger appointment_deleted after delete on appointment
begin update agenda_change set version = version + 1; end;
