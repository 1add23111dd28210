-- Price versions, quotations, and the customer's consent.

-- @1 prices and quotations

-- Published once and never changed: an order's price can be looked up years later.
CREATE TABLE price_version (
	id INTEGER PRIMARY KEY,
	org_id INTEGER REFERENCES org (id), -- NULL: for everybody without a version of their own
	number TEXT NOT NULL,
	basis TEXT NOT NULL,
	approval TEXT NOT NULL,
	effective_from INTEGER NOT NULL,    -- day
	created_at INTEGER NOT NULL,
	created_by TEXT,
	version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX price_version_number_key ON price_version (number);
CREATE INDEX price_version_org_id ON price_version (org_id, effective_from, id);

CREATE TABLE price_item (
	id INTEGER PRIMARY KEY,
	version_id INTEGER NOT NULL REFERENCES price_version (id),
	code TEXT NOT NULL,
	label TEXT NOT NULL,
	unit TEXT NOT NULL,
	section TEXT NOT NULL CONSTRAINT price_item_section_check CHECK (section IN ('labour', 'material', 'other')),
	price_fen INTEGER NOT NULL CONSTRAINT price_item_price_fen_check CHECK (price_fen >= 0)
) STRICT;
CREATE UNIQUE INDEX price_item_version_id_code_key ON price_item (version_id, code);

CREATE TABLE quote (
	id INTEGER PRIMARY KEY,
	module TEXT NOT NULL,
	subject_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	price_version_id INTEGER NOT NULL REFERENCES price_version (id),
	total_fen INTEGER NOT NULL CONSTRAINT quote_total_fen_check CHECK (total_fen >= 0),
	consent_method TEXT CONSTRAINT quote_consent_method_check CHECK (consent_method IN ('signature', 'code')),
	consent_evidence_id INTEGER,
	consented_at INTEGER,
	created_by INTEGER,
	created_at INTEGER NOT NULL,
	replaced_at INTEGER                 -- a newer quotation took its place
) STRICT;
-- One quotation is in force for a subject.
CREATE UNIQUE INDEX quote_module_subject_id_key ON quote (module, subject_id) WHERE replaced_at IS NULL;
CREATE INDEX quote_subject ON quote (module, subject_id, id);

CREATE TABLE quote_line (
	quote_id INTEGER NOT NULL REFERENCES quote (id),
	line INTEGER NOT NULL,
	item_code TEXT NOT NULL,
	label TEXT NOT NULL,
	unit TEXT NOT NULL,
	price_fen INTEGER NOT NULL,
	quantity_thousandths INTEGER NOT NULL
		CONSTRAINT quote_line_quantity_thousandths_check CHECK (quantity_thousandths > 0),
	amount_fen INTEGER NOT NULL,
	PRIMARY KEY (quote_id, line)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX quote_line_quote_id_item_code_key ON quote_line (quote_id, item_code);

-- The code itself is kept nowhere, only its keyed hash.
CREATE TABLE quote_code (
	quote_id INTEGER PRIMARY KEY REFERENCES quote (id),
	salt TEXT NOT NULL,
	hash TEXT NOT NULL,
	sent_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	sends INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	verified_at INTEGER
) STRICT;

-- @2 for the figures

-- When the customer agreed to the quotation that is in force.
CREATE VIEW quote_measure AS
	SELECT id, module, subject_id, total_fen, consented_at FROM quote WHERE replaced_at IS NULL;
