-- Orders: a household's trouble from the call to the return visit.

-- @1 orders

CREATE TABLE repair (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org (id),
	company_id INTEGER NOT NULL REFERENCES org (id),
	number TEXT NOT NULL,
	door TEXT NOT NULL,
	kind TEXT NOT NULL,
	level TEXT NOT NULL CONSTRAINT repair_level_check CHECK (level IN ('P0', 'P1', 'P2', 'P3')),
	status TEXT NOT NULL CONSTRAINT repair_status_check CHECK (status IN ('filed', 'dispatched', 'accepted',
		'departed', 'arrived', 'waiting', 'done', 'closed', 'cancelled', 'joined')),
	household_id INTEGER REFERENCES household (id),
	user_class TEXT,
	address TEXT NOT NULL,
	address_form TEXT NOT NULL,     -- without spaces and separators
	caller_name TEXT,
	caller_phone TEXT,
	phone_form TEXT,                -- digits only
	description TEXT,
	script_read INTEGER NOT NULL,
	appointment_from INTEGER,
	appointment_to INTEGER,
	team_id INTEGER,
	assignee_id INTEGER,
	joined_to_id INTEGER REFERENCES repair (id),
	waiting_reason TEXT,
	waiting_from TEXT,
	cause TEXT,
	result TEXT,
	charge_fen INTEGER NOT NULL,
	secured INTEGER NOT NULL,
	longitude_e6 INTEGER NOT NULL,
	latitude_e6 INTEGER NOT NULL,
	filed_by_id INTEGER,
	filed_at INTEGER NOT NULL,
	dispatched_at INTEGER,
	accepted_at INTEGER,
	departed_at INTEGER,
	arrived_at INTEGER,
	handled_at INTEGER,
	done_at INTEGER,
	closed_at INTEGER,
	first_arrived_at INTEGER,
	stepped_at INTEGER NOT NULL,
	due_at INTEGER,
	reopened INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX repair_number_key ON repair (number);
CREATE INDEX repair_org_id ON repair (org_id, filed_at, id);
CREATE INDEX repair_household_id ON repair (household_id, filed_at, id) WHERE household_id IS NOT NULL;
CREATE INDEX repair_phone_form ON repair (phone_form, id) WHERE phone_form IS NOT NULL;
-- Boards, work lists and the look-out for duplicates read open orders only; these indexes stay small.
CREATE INDEX repair_open ON repair (org_id, status, due_at, id)
	WHERE status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting');
CREATE INDEX repair_open_address ON repair (company_id, address_form, id)
	WHERE status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting');
CREATE INDEX repair_open_assignee ON repair (assignee_id, id)
	WHERE status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting');

-- For the household's page.
CREATE VIEW repair_of_household AS
	SELECT id, household_id, org_id, company_id, number, kind, level, status, address, filed_at, due_at, done_at, closed_at
	FROM repair WHERE household_id IS NOT NULL;

-- For the one search box.
CREATE VIEW repair_find AS
	SELECT id, company_id, org_id, number, phone_form, address, address_form, kind, level, status, filed_at FROM repair;

-- For the boards: what somebody has in hand, or nobody yet.
CREATE VIEW repair_on_hand AS
	SELECT id, org_id, company_id, assignee_id, team_id, status, level, due_at, filed_at, appointment_from,
		longitude_e6, latitude_e6
	FROM repair WHERE status IN ('filed', 'dispatched', 'accepted', 'departed', 'arrived', 'waiting');

-- For the figures.
CREATE VIEW repair_measure AS
	SELECT id, org_id, company_id, household_id, user_class, number, kind, level, door, status, filed_at, dispatched_at,
		accepted_at, departed_at, COALESCE(first_arrived_at, arrived_at) AS arrived_at, handled_at, done_at, closed_at,
		appointment_from, appointment_to, secured, reopened, assignee_id, team_id, charge_fen, cause
	FROM repair;
