-- What was done on site.

-- @1 visits

-- One row an attempt: a reopened order is proved anew.
CREATE TABLE visit (
	repair_id INTEGER NOT NULL REFERENCES repair (id),
	round INTEGER NOT NULL,            -- repair.reopened
	recorded_at INTEGER,               -- when the work was written down
	note TEXT,
	checklist TEXT,                    -- JSON, code to true or false
	amount_fen INTEGER NOT NULL,
	arrival_before INTEGER NOT NULL,   -- pieces of evidence that earlier attempts left
	after_before INTEGER NOT NULL,
	signature_before INTEGER NOT NULL,
	PRIMARY KEY (repair_id, round)
) STRICT, WITHOUT ROWID;

-- Parts and labour actually used; what is paid for is within the quotation that the customer agreed to.
CREATE TABLE visit_line (
	repair_id INTEGER NOT NULL REFERENCES repair (id),
	round INTEGER NOT NULL,
	line INTEGER NOT NULL,
	item_code TEXT NOT NULL,
	label TEXT NOT NULL,
	unit TEXT NOT NULL,
	price_fen INTEGER NOT NULL,
	quantity_thousandths INTEGER NOT NULL
		CONSTRAINT visit_line_quantity_thousandths_check CHECK (quantity_thousandths > 0),
	amount_fen INTEGER NOT NULL,
	PRIMARY KEY (repair_id, round, line)
) STRICT, WITHOUT ROWID;
