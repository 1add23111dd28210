-- The organisation tree: 集团 → 大区 → 公司 → 客服中心 → 营业厅/班组.

-- @1 units

CREATE TABLE org (
	id INTEGER PRIMARY KEY,
	parent_id INTEGER REFERENCES org (id),
	path TEXT NOT NULL,             -- ids from the root, each followed by a dot; the platform's fence reads it
	kind TEXT NOT NULL CONSTRAINT org_kind_check
		CHECK (kind IN ('group', 'region', 'company', 'centre', 'hall', 'team')),
	code TEXT NOT NULL,             -- in business numbers, so it never changes
	name TEXT NOT NULL,
	company_id INTEGER REFERENCES org (id), -- the nearest company at or above; NULL above companies
	place_code TEXT,                -- GB/T 2260; NULL: the parent's
	service_phone TEXT,
	longitude_e6 INTEGER NOT NULL,
	latitude_e6 INTEGER NOT NULL,
	closed INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX org_path_key ON org (path);
CREATE UNIQUE INDEX org_code_key ON org (code);
CREATE INDEX org_parent_id ON org (parent_id, id);
CREATE INDEX org_company_id ON org (company_id, id);

-- For modules of every floor: where a unit stands and which place's rules hold there.
CREATE VIEW org_tree AS
	SELECT id, parent_id, path, kind, company_id, place_code, name, code, closed FROM org;
