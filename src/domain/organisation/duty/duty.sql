-- Who should be at work when, who is, and where.

-- @1 roster and presence

CREATE TABLE duty_shift (
	id INTEGER PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	org_id INTEGER NOT NULL REFERENCES org (id), -- the unit for which one is on duty
	starts_at INTEGER NOT NULL,
	ends_at INTEGER NOT NULL,
	note TEXT,
	CONSTRAINT duty_shift_ends_at_check CHECK (ends_at > starts_at)
) STRICT;
CREATE INDEX duty_shift_staff_id ON duty_shift (staff_id, ends_at);
CREATE INDEX duty_shift_org_id ON duty_shift (org_id, starts_at, id);

-- One row a person: the last place only, no track of anybody.
CREATE TABLE duty_presence (
	staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
	since INTEGER,                  -- NULL: off duty
	until INTEGER,
	longitude_e6 INTEGER NOT NULL,
	latitude_e6 INTEGER NOT NULL,
	seen_at INTEGER                 -- NULL: no place known
) STRICT;

-- For the boards of other modules; on duty means since <= now AND now < until.
CREATE VIEW duty_now AS
	SELECT staff_id, since, until, longitude_e6, latitude_e6, seen_at FROM duty_presence;
