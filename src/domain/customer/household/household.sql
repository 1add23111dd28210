-- Households, the address tree they hang on, and what is needed to find them by a piece of their address.
-- @1
-- 小区 (1), 楼栋 (2), 单元 (3). The names are as printed ("3号楼"), so that 3 and 3号楼 are one place. parent_id 0: none.
CREATE TABLE place (
	id INTEGER PRIMARY KEY,
	company_id INTEGER NOT NULL,
	parent_id INTEGER NOT NULL,
	level INTEGER NOT NULL,
	name TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX place_company_id_parent_id_level_name_key ON place(company_id, parent_id, level, name);

-- One household, one file.
CREATE TABLE household (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL REFERENCES org(id),
	company_id INTEGER NOT NULL,
	number TEXT NOT NULL,
	person_id INTEGER REFERENCES person(id),
	name TEXT,
	phone TEXT,
	community TEXT,
	building TEXT,
	unit TEXT,
	room TEXT,
	address TEXT,
	place_id INTEGER,
	user_class TEXT NOT NULL,
	status TEXT NOT NULL,
	population INTEGER NOT NULL,
	risk TEXT,
	no_stop INTEGER NOT NULL,
	meter_number TEXT,
	opened_on INTEGER,
	remark TEXT,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX household_company_id_number_key ON household(company_id, number);
CREATE INDEX household_person ON household(person_id);
CREATE INDEX household_place ON household(place_id, id);

-- The printed address from each of its levels to the end, in search form: 0 from 小区, 1 from 楼栋, 2 from 单元, 3 the room.
-- A fragment that begins at the start of a level is a range here; see household_find.c for one that begins inside.
CREATE TABLE household_tail (
	company_id INTEGER NOT NULL,
	level INTEGER NOT NULL,
	tail TEXT NOT NULL,
	household_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	PRIMARY KEY (company_id, level, tail, household_id)
) STRICT, WITHOUT ROWID;

-- The different texts that a level has in a company, by each of their suffixes. followed: another level comes after it
-- somewhere. Small: a few thousand communities, a few hundred buildings, units and rooms.
CREATE TABLE address_part (
	company_id INTEGER NOT NULL,
	level INTEGER NOT NULL,
	suffix TEXT NOT NULL,
	part TEXT NOT NULL,
	followed INTEGER NOT NULL,
	PRIMARY KEY (company_id, level, suffix, part)
) STRICT, WITHOUT ROWID;

-- 变更履历: what was changed on a household's file, by whom. Personal texts are masked when shown.
CREATE TABLE household_change (
	id INTEGER PRIMARY KEY,
	household_id INTEGER NOT NULL REFERENCES household(id),
	changed_at INTEGER NOT NULL,
	actor TEXT NOT NULL,
	field TEXT NOT NULL,
	before TEXT,
	after TEXT,
	reason TEXT
) STRICT;
CREATE INDEX household_change_household ON household_change(household_id, id);

-- For modules above: where a household lies and what it is called.
CREATE VIEW household_site AS
	SELECT id, org_id, company_id, person_id, number, name, phone, address, user_class, status, no_stop FROM household;
