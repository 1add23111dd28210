-- Photos, signatures and documents; the bytes lie in the data directory under their digest.

-- @1 evidence

CREATE TABLE evidence (
	id INTEGER PRIMARY KEY,
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	staff_id INTEGER,              -- NULL: the system
	kind TEXT NOT NULL CONSTRAINT evidence_kind_check
		CHECK (kind IN ('arrival', 'before', 'after', 'signature', 'consent', 'document')),
	digest TEXT NOT NULL,
	shown_digest TEXT,
	type TEXT NOT NULL,
	name TEXT,                     -- as the device called it; shown, never a path
	bytes INTEGER NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	longitude_e6 INTEGER NOT NULL,
	latitude_e6 INTEGER NOT NULL,
	taken_at INTEGER,
	device_at INTEGER,
	created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX evidence_module_subject_id_kind_digest_key ON evidence (module, subject_id, kind, digest);
