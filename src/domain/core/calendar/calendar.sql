-- Which days are worked, and from when to when.

-- @1 days of the State Council's notices, service hours

-- One row per yearly notice that is loaded. A year without a row has no calendar: deadlines in it cannot be told.
CREATE TABLE calendar_year (
	year INTEGER PRIMARY KEY,
	basis TEXT NOT NULL,          -- the notice: 国办发明电〔2024〕12号
	loaded_at INTEGER NOT NULL,
	loaded_by TEXT                -- who imported it; NULL: came with the program
) STRICT;

-- Days that differ from Monday-to-Friday. A notice may reach into the year before (元旦).
CREATE TABLE calendar_day (
	year INTEGER NOT NULL,        -- of the notice
	day INTEGER NOT NULL,         -- days since 1970-01-01
	kind INTEGER NOT NULL CONSTRAINT calendar_day_kind_check CHECK (kind IN (1, 2)), -- 1 worked (make-up), 2 off
	name TEXT NOT NULL,
	PRIMARY KEY (year, day)
) STRICT;

-- Windows of service by kind of day; the nearest ancestor's hold where an organisation has none of its own.
CREATE TABLE service_hours (
	org_id INTEGER PRIMARY KEY,
	monday TEXT NOT NULL,
	tuesday TEXT NOT NULL,
	wednesday TEXT NOT NULL,
	thursday TEXT NOT NULL,
	friday TEXT NOT NULL,
	saturday TEXT NOT NULL,
	sunday TEXT NOT NULL,
	makeup TEXT NOT NULL,
	holiday TEXT NOT NULL,
	changed_at INTEGER NOT NULL,
	changed_by TEXT
) STRICT;
