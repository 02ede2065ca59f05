-- The files that were put together are found without reading the whole trail.
create index audit_merged on audit(subject) where action = 'patient.merged';
