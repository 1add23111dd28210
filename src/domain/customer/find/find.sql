-- Imports of households: each file that was read, how far, and what was wrong in it.
-- @1
-- by_command: run by the command line, which the server leaves alone. digest: SHA-256 of the file; done: rows that are finished, committed together with them, so that a run goes on after a
-- kill where the last commit stood.
CREATE TABLE import (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org(id),
	company_id INTEGER NOT NULL,
	digest TEXT NOT NULL,
	file_name TEXT NOT NULL,
	encoding TEXT NOT NULL,
	mapping TEXT,
	dry_run INTEGER NOT NULL,
	by_command INTEGER NOT NULL,
	state TEXT NOT NULL,
	rows INTEGER NOT NULL,
	done INTEGER NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	unchanged INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	problem TEXT,
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	started_at INTEGER,
	finished_at INTEGER
) STRICT;
CREATE INDEX import_state ON import(state, id);

CREATE TABLE import_fault (
	id INTEGER PRIMARY KEY,
	import_id INTEGER NOT NULL REFERENCES import(id),
	line INTEGER NOT NULL,
	column_name TEXT NOT NULL,
	reason TEXT NOT NULL
) STRICT;
CREATE INDEX import_fault_import ON import_fault(import_id, id);
