-- What stands at a household: meters, appliances; and what was agreed: contracts. Each has a life of its own.
-- @1
CREATE TABLE meter (
	id INTEGER PRIMARY KEY,
	household_id INTEGER NOT NULL REFERENCES household(id),
	company_id INTEGER NOT NULL,
	number TEXT NOT NULL,
	kind TEXT NOT NULL,
	model TEXT,
	maker TEXT,
	base_litre INTEGER NOT NULL,
	installed_on INTEGER,
	verified_until INTEGER,
	removed_on INTEGER,
	final_litre INTEGER NOT NULL,
	remark TEXT,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE INDEX meter_household ON meter(household_id, id);
-- A meter stands at one place at a time; one that was taken out may come in elsewhere.
CREATE UNIQUE INDEX meter_company_id_number_key ON meter(company_id, number) WHERE removed_on IS NULL;

CREATE TABLE appliance (
	id INTEGER PRIMARY KEY,
	household_id INTEGER NOT NULL REFERENCES household(id),
	kind TEXT NOT NULL,
	maker TEXT,
	model TEXT,
	serial TEXT,
	made_on INTEGER,
	installed_on INTEGER,
	expires_on INTEGER,
	removed_on INTEGER,
	remark TEXT,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE INDEX appliance_household ON appliance(household_id, id);

CREATE TABLE contract (
	id INTEGER PRIMARY KEY,
	household_id INTEGER NOT NULL REFERENCES household(id),
	person_id INTEGER REFERENCES person(id),
	company_id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	number TEXT NOT NULL,
	signed_on INTEGER,
	ends_on INTEGER,
	ended_on INTEGER,
	remark TEXT,
	created_at INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE INDEX contract_household ON contract(household_id, id);
CREATE INDEX contract_person ON contract(person_id);
CREATE UNIQUE INDEX contract_company_id_number_key ON contract(company_id, number);
