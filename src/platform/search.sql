-- Search by any piece of a text: its suffixes, in the form of text_search_form(). The kind comes before the suffix, so
-- that a search for one kind never reads over another's rows. The rows are the index: there is no second copy.
-- @1
CREATE TABLE search_suffix (
	company_id INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	suffix TEXT NOT NULL,
	id INTEGER NOT NULL,
	PRIMARY KEY (company_id, kind, suffix, id)
) STRICT, WITHOUT ROWID;

-- What search_index() has indexed, to take it out again.
CREATE TABLE search_text (
	kind INTEGER NOT NULL,
	id INTEGER NOT NULL,
	company_id INTEGER NOT NULL,
	form TEXT NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
