-- Persons and the phones under which they are reached.
-- @1
-- A human or a legal person. A merged person stays, pointing at the one that it became.
CREATE TABLE person (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org(id),
	company_id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	identity_number TEXT,
	phone TEXT,
	is_key_account INTEGER NOT NULL,
	is_vulnerable INTEGER NOT NULL,
	merged_into_id INTEGER,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;

-- phone_back is phone_form from its last digit to its first: a number known by its last digits is a range of the index.
CREATE TABLE contact (
	id INTEGER PRIMARY KEY,
	person_id INTEGER NOT NULL REFERENCES person(id),
	company_id INTEGER NOT NULL,
	phone TEXT NOT NULL,
	phone_form TEXT NOT NULL,
	phone_back TEXT NOT NULL,
	label TEXT,
	is_first INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_person ON contact(person_id);
CREATE INDEX contact_phone ON contact(company_id, phone_back, id);

-- Who was merged into whom, and which rows moved with it, so that it can be undone to the row.
CREATE TABLE person_merge (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org(id),
	into_id INTEGER NOT NULL REFERENCES person(id),
	from_id INTEGER NOT NULL REFERENCES person(id),
	reason TEXT NOT NULL,
	moved INTEGER NOT NULL,
	merged_at INTEGER NOT NULL,
	merged_by TEXT NOT NULL,
	undone_at INTEGER,
	undone_by TEXT
) STRICT;
CREATE INDEX person_merge_into ON person_merge(into_id);
CREATE INDEX person_merge_from ON person_merge(from_id);
CREATE TABLE person_merge_row (
	merge_id INTEGER NOT NULL REFERENCES person_merge(id),
	place TEXT NOT NULL,
	row_id INTEGER NOT NULL,
	was_first INTEGER NOT NULL,
	PRIMARY KEY (merge_id, place, row_id)
) STRICT;

-- "household.person_id": columns of other modules that point at a person. Each module enters its own at start.
CREATE TABLE person_reference (
	place TEXT PRIMARY KEY
) STRICT;
