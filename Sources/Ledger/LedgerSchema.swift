// Which tables does a ledger have?

enum LedgerSchema {
  /// Marks the file as ours: "sttl".
  static let applicationID: Int64 = 0x7374_746C
  static var version: Int64 { Int64(migrations.count) }

  static let firstVersionWithChainedActions = 2

  /// Statements that bring a ledger from each version to the next; the first makes version 1 from an empty file.
  static let migrations: [String] = [
    // 1: the book, runs, operators.
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

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

    CREATE TABLE postings (
      id INTEGER PRIMARY KEY,
      entry_id INTEGER NOT NULL,
      account_id INTEGER NOT NULL,
      amount INTEGER NOT NULL CHECK (amount <> 0),
      balance_after INTEGER NOT NULL,
      -- The account's posting before this one: an account's history is a list, newest first, without an index.
      previous INTEGER
    ) STRICT;

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

    CREATE TABLE settlements (
      run_id TEXT NOT NULL REFERENCES runs (run_id),
      market_id TEXT NOT NULL,
      resolution_id TEXT NOT NULL,
      -- SHA-256 over the market's row in markets.csv without status, and its rows in commitments.csv.
      facts BLOB NOT NULL CHECK (length(facts) = 32),
      rolled_back_by TEXT,
      PRIMARY KEY (run_id, market_id)
    ) STRICT, WITHOUT ROWID;

    -- A market is settled once at a time, whatever the programs above believe.
    CREATE UNIQUE INDEX settled_markets ON settlements (market_id) WHERE rolled_back_by IS NULL;

    CREATE TABLE operators (
      id TEXT PRIMARY KEY,
      role TEXT NOT NULL CHECK (role IN ('admin', 'organizer', 'analyst')),
      added_by TEXT,
      at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE actions (
      id INTEGER PRIMARY KEY,
      operator TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT,
      reason TEXT,
      result TEXT NOT NULL,
      at TEXT NOT NULL
    ) STRICT;

    CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
    CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
    CREATE TRIGGER postings_stay BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
    CREATE TRIGGER postings_remain BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
    CREATE TRIGGER runs_stay BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
    CREATE TRIGGER runs_remain BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
    CREATE TRIGGER actions_stay BEFORE UPDATE ON actions BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;
    CREATE TRIGGER actions_remain BEFORE DELETE ON actions BEGIN SELECT RAISE(ABORT, 'actions are immutable'); END;

    -- The shape of transactions that older dashboards read: one row for each movement of a user's wallet.
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
    """,
    reservationsAndDisputes,
    payouts,
    views,
  ]
}
