-- A ledger as version 1 of the schema kept it: a sample night, posted by the program that knew no other version.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  -- Sum of the postings, kept up to date with them.
  balance INTEGER NOT NULL DEFAULT 0,
  -- How far below zero the balance may fall; NULL for without limit.
  overdraft INTEGER DEFAULT 0 CHECK (overdraft >= 0),
  last_posting INTEGER,
  UNIQUE (name, currency)
) STRICT;
INSERT INTO "accounts" VALUES(1,'stakes','TOKEN',-4795,NULL,22);
INSERT INTO "accounts" VALUES(2,'escrow:open-air-cinema','TOKEN',0,0,3);
INSERT INTO "accounts" VALUES(3,'user:u-cy','TOKEN',535,0,26);
INSERT INTO "accounts" VALUES(4,'user:u-dee','TOKEN',282,0,11);
INSERT INTO "accounts" VALUES(5,'escrow:rowing-final','TOKEN',0,0,12);
INSERT INTO "accounts" VALUES(6,'user:u-ada','TOKEN',1921,0,17);
INSERT INTO "accounts" VALUES(7,'user:u-bo','TOKEN',1917,0,25);
INSERT INTO "accounts" VALUES(8,'house','TOKEN',116,0,28);
INSERT INTO "accounts" VALUES(9,'escrow:snow-in-may','TOKEN',0,0,19);
INSERT INTO "accounts" VALUES(10,'creator:u-olga','TOKEN',24,0,21);
INSERT INTO "accounts" VALUES(11,'escrow:village-fair-cake','TOKEN',0,0,27);
CREATE TABLE actions (
  id INTEGER PRIMARY KEY,
  operator TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT,
  reason TEXT,
  result TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
INSERT INTO "actions" VALUES(1,'night-batch','ledger init','9e8ab22d501129e51b622c9e14def4a5',NULL,'done','2026-11-21T11:05:51.193Z');
INSERT INTO "actions" VALUES(2,'night-batch','run','08cdb9b11d54c83c-1',NULL,'applied','2026-11-21T11:05:51.219Z');
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  key TEXT UNIQUE,
  kind TEXT NOT NULL,
  run_id TEXT,
  market_id TEXT,
  currency TEXT NOT NULL,
  reverses INTEGER REFERENCES entries (id),
  reason TEXT,
  metadata TEXT,
  -- SHA-256 of what the entry says, and of that together with the entry before.
  content BLOB NOT NULL CHECK (length(content) = 32),
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  at TEXT NOT NULL
) STRICT;
INSERT INTO "entries" VALUES(1,'settle:08cdb9b11d54c83c-1:open-air-cinema:stakes','stakes','08cdb9b11d54c83c-1','open-air-cinema','TOKEN',NULL,NULL,NULL,X'B1FE3E9A552D7DF6634859E0E80EE0F8B49683B51189FEB8B579A8127C095425',X'8AAE06C0B75C3CA92DE3E5B6D75278F7CA8CC159A1D37FB43DB4CB46AA8131D1','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(2,'settle:08cdb9b11d54c83c-1:open-air-cinema:refunds','refunds','08cdb9b11d54c83c-1','open-air-cinema','TOKEN',NULL,NULL,NULL,X'705C43188E5C7A267DD260B8B094120BDACC27894ADF0B88365C436571B298E8',X'8185605173328F2EC3FD8621C7A22DA9CC6C556D01878A94384543721E0FB32D','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(3,'settle:08cdb9b11d54c83c-1:rowing-final:stakes','stakes','08cdb9b11d54c83c-1','rowing-final','TOKEN',NULL,NULL,NULL,X'0B22A4A3B678B1BA1B82C52B2AE7AD2D1B5CE882E3FB84E773F19802A571C5E3',X'227779A27FA442430EFF72913476875AFE04514CA5F475892B39CA55FD865036','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(4,'settle:08cdb9b11d54c83c-1:rowing-final:payouts','payouts','08cdb9b11d54c83c-1','rowing-final','TOKEN',NULL,NULL,NULL,X'B4FF863F0E3AC501A666AF04D70D41ABCF0E302F954D01C772C967D10ABD7867',X'1B7429DFA045D71ED0375E49475B464091AF27B0175072562A6AE7E6DD6B6C50','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(5,'settle:08cdb9b11d54c83c-1:rowing-final:fees','fees','08cdb9b11d54c83c-1','rowing-final','TOKEN',NULL,NULL,NULL,X'6822131088C1CA3DB0324DA9C3D16B24605491E5B7590A439F6F29B8BC820944',X'8E70AAE0045D2459FB8236B4B1B33B33FE4CAF0B16E4BFDACDC00F1E9016BEE2','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(6,'settle:08cdb9b11d54c83c-1:snow-in-may:stakes','stakes','08cdb9b11d54c83c-1','snow-in-may','TOKEN',NULL,NULL,NULL,X'A1949445903C27C765D4FD80002AFAACC86AF49A8024D197CD66EDECFC1273C4',X'255F6F22162A02B6382BF0D33C1EEC644C6DBCC081BB045C0CE006032F4B5A7C','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(7,'settle:08cdb9b11d54c83c-1:snow-in-may:payouts','payouts','08cdb9b11d54c83c-1','snow-in-may','TOKEN',NULL,NULL,NULL,X'667518C2C4124801D7069C2B361F32D8826FD5F245AC88905BA932964B7E59CD',X'8A595BAC7584E56C1FBA3E3FAEC883A89134E314904C747519461F3AFB13B562','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(8,'settle:08cdb9b11d54c83c-1:snow-in-may:fees','fees','08cdb9b11d54c83c-1','snow-in-may','TOKEN',NULL,NULL,NULL,X'F0D671CFEE23980171E5494D700AC0E9D85D2FF9A61DE423E3E1268223A7B40E',X'D25433EAB9308AF52318541B6152B1F3439E00E334D3AEBB564DB0E1ABE609B4','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(9,'settle:08cdb9b11d54c83c-1:village-fair-cake:stakes','stakes','08cdb9b11d54c83c-1','village-fair-cake','TOKEN',NULL,NULL,NULL,X'95342DF81C2D749E8EF0B47256AABCF38DC30B232F8E33EC79BD53D0CD7BF8F1',X'94BD5302BBD3CEEF882B5F3F137E59AFA3D67C4052283733BC0C86E4F4A494A0','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(10,'settle:08cdb9b11d54c83c-1:village-fair-cake:payouts','payouts','08cdb9b11d54c83c-1','village-fair-cake','TOKEN',NULL,NULL,NULL,X'1EE86D68D6DA43CDE9A5173FCEFF5D7BC284825AC30448C6338E5A7A8E05FE37',X'761EF1A542BC9CC9C68A5EA1FDB95F29FC18F1529BF63B7B861B986FDE94B79A','2026-11-21T11:05:51.215Z');
INSERT INTO "entries" VALUES(11,'settle:08cdb9b11d54c83c-1:village-fair-cake:fees','fees','08cdb9b11d54c83c-1','village-fair-cake','TOKEN',NULL,NULL,NULL,X'D901C5C99FD3D862EC6357D4F1844D226D0113BBE59A944D34FB5657E7B2CE3D',X'D82E17E046122B74F627DC692DD4C9D7100373BEA8F053EDC1B85C7F99CCE855','2026-11-21T11:05:51.215Z');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_at','2026-11-21T11:05:51.193Z');
INSERT INTO "meta" VALUES('ledger_id','9e8ab22d501129e51b622c9e14def4a5');
CREATE TABLE operators (
  id TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'organizer', 'analyst')),
  added_by TEXT,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "operators" VALUES('night-batch','admin',NULL,'2026-11-21T11:05:51.193Z');
CREATE TABLE postings (
  id INTEGER PRIMARY KEY,
  entry_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount <> 0),
  balance_after INTEGER NOT NULL,
  -- The account's posting before this one: an account's history is a list, newest first, without an index.
  previous INTEGER
) STRICT;
INSERT INTO "postings" VALUES(1,1,1,-195,-195,NULL);
INSERT INTO "postings" VALUES(2,1,2,195,195,NULL);
INSERT INTO "postings" VALUES(3,2,2,-195,0,2);
INSERT INTO "postings" VALUES(4,2,3,120,120,NULL);
INSERT INTO "postings" VALUES(5,2,4,75,75,NULL);
INSERT INTO "postings" VALUES(6,3,1,-1100,-1295,1);
INSERT INTO "postings" VALUES(7,3,5,1100,1100,NULL);
INSERT INTO "postings" VALUES(8,4,5,-1078,22,7);
INSERT INTO "postings" VALUES(9,4,6,332,332,NULL);
INSERT INTO "postings" VALUES(10,4,7,539,539,NULL);
INSERT INTO "postings" VALUES(11,4,4,207,282,5);
INSERT INTO "postings" VALUES(12,5,5,-22,0,8);
INSERT INTO "postings" VALUES(13,5,8,22,22,NULL);
INSERT INTO "postings" VALUES(14,6,1,-2400,-3695,6);
INSERT INTO "postings" VALUES(15,6,9,2400,2400,NULL);
INSERT INTO "postings" VALUES(16,7,9,-2304,96,15);
INSERT INTO "postings" VALUES(17,7,6,1589,1921,9);
INSERT INTO "postings" VALUES(18,7,7,715,1254,10);
INSERT INTO "postings" VALUES(19,8,9,-96,0,16);
INSERT INTO "postings" VALUES(20,8,8,72,94,13);
INSERT INTO "postings" VALUES(21,8,10,24,24,NULL);
INSERT INTO "postings" VALUES(22,9,1,-1100,-4795,14);
INSERT INTO "postings" VALUES(23,9,11,1100,1100,NULL);
INSERT INTO "postings" VALUES(24,10,11,-1078,22,23);
INSERT INTO "postings" VALUES(25,10,7,663,1917,18);
INSERT INTO "postings" VALUES(26,10,3,415,535,4);
INSERT INTO "postings" VALUES(27,11,11,-22,0,24);
INSERT INTO "postings" VALUES(28,11,8,22,116,20);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  batch_key TEXT NOT NULL,
  generation INTEGER NOT NULL,
  kind TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  reverses TEXT,
  sequence_before INTEGER NOT NULL,
  sequence_after INTEGER NOT NULL,
  head_before TEXT NOT NULL,
  head_after TEXT NOT NULL,
  operator TEXT NOT NULL,
  as_of TEXT,
  at TEXT NOT NULL,
  UNIQUE (batch_key, generation)
) STRICT;
INSERT INTO "runs" VALUES(1,'08cdb9b11d54c83c-1','08cdb9b11d54c83c6bdcbce18db54f3248e760ac31135c10acb589140a53ca24',1,'settlement','741c69d220828dd79553710f6e907f16b2e816ccd27adf2e63d118c0fba02b06',NULL,0,11,'0000000000000000000000000000000000000000000000000000000000000000','d82e17e046122b74f627dc692dd4c9d7100373bea8f053edc1b85c7f99cce855','night-batch',NULL,'2026-11-21T11:05:51.219Z');
CREATE TABLE settlements (
  run_id TEXT NOT NULL REFERENCES runs (run_id),
  market_id TEXT NOT NULL,
  resolution_id TEXT NOT NULL,
  -- SHA-256 over the market's row in markets.csv without status, and its rows in commitments.csv.
  facts BLOB NOT NULL CHECK (length(facts) = 32),
  rolled_back_by TEXT,
  PRIMARY KEY (run_id, market_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "settlements" VALUES('08cdb9b11d54c83c-1','open-air-cinema','open-air-cinema-r1',X'9ABA9249A257CCFF7407C8C2078B21CF8112FCDE0054B95D817E5F53EB73204F',NULL);
INSERT INTO "settlements" VALUES('08cdb9b11d54c83c-1','rowing-final','rowing-final-r1',X'2BF4C4580A7E2635A3FACDEE7105EB811386587912E9E778B7C7D3E66072B265',NULL);
INSERT INTO "settlements" VALUES('08cdb9b11d54c83c-1','snow-in-may','snow-in-may-r1',X'B3074093068D94471F4B33E64EB39E175923EA31C2721F802A83D15367161E47',NULL);
INSERT INTO "settlements" VALUES('08cdb9b11d54c83c-1','village-fair-cake','village-fair-cake-r1',X'6B2B4E433486CDB342B9A60EA71294B8364C9061894C28AAE5B7E2B7761DCE93',NULL);
CREATE UNIQUE INDEX settled_markets ON settlements (market_id) WHERE rolled_back_by IS NULL;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
CREATE TRIGGER postings_stay BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER postings_remain BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER runs_stay BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
CREATE TRIGGER runs_remain BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
CREATE TRIGGER actions_stay BEFORE UPDATE ON actions BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;
CREATE TRIGGER actions_remain BEFORE DELETE ON actions BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;
CREATE VIEW transactions AS
SELECT postings.id AS id,
       substr(accounts.name, 6) AS user_id,
       CASE entries.kind WHEN 'payouts' THEN 'win' WHEN 'refunds' THEN 'refund' ELSE entries.kind END AS type,
       abs(postings.amount) AS amount,
       postings.balance_after - postings.amount AS balance_before,
       postings.balance_after AS balance_after,
       entries.market_id AS market_id,
       entries.currency AS currency,
       entries.run_id AS run_id,
       'completed' AS status,
       entries.at AS timestamp
FROM postings
JOIN accounts ON accounts.id = postings.account_id
JOIN entries ON entries.id = postings.entry_id
WHERE accounts.name LIKE 'user:%'
UNION ALL
SELECT postings.id, accounts.name, 'fee', postings.amount, postings.balance_after - postings.amount,
       postings.balance_after, entries.market_id, entries.currency, entries.run_id, 'completed', entries.at
FROM postings
JOIN accounts ON accounts.id = postings.account_id
JOIN entries ON entries.id = postings.entry_id
WHERE entries.kind = 'fees' AND postings.amount > 0;

PRAGMA application_id = 1937011820;
PRAGMA user_version = 1;
