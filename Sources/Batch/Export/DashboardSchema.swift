// Which tables does a database for dashboards have?

enum DashboardSchema {
  /// Marks the file as an export of settle: "stex".
  static let applicationID: Int64 = 0x7374_6578
  static let version = 1

  static let tables = """
    -- What the export holds, and of which book.
    CREATE TABLE export_info (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
      number INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      batch_key TEXT NOT NULL,
      generation INTEGER NOT NULL,
      as_of TEXT,
      applied_at TEXT NOT NULL,
      operator TEXT NOT NULL,
      reverses TEXT,
      manifest_sha256 TEXT NOT NULL,
      first_entry INTEGER NOT NULL,
      last_entry INTEGER NOT NULL,
      settled INTEGER NOT NULL,
      rolled_back INTEGER NOT NULL,
      -- Whether its files were read: 0 for runs that settle no markets, and where the directory is gone.
      has_files INTEGER NOT NULL
    ) STRICT;

    -- The columns of markets.csv, and how the market stands by now.
    CREATE TABLE markets (
      run INTEGER NOT NULL REFERENCES runs (number),
      market_id TEXT NOT NULL,
      resolution_id TEXT,
      status TEXT NOT NULL,
      outcome TEXT,
      winning_options TEXT,
      currency TEXT,
      commitments INTEGER,
      users INTEGER,
      gross_pool INTEGER,
      winning_stake INTEGER,
      house_fee INTEGER,
      creator_fee INTEGER,
      creator_id TEXT,
      net_pool INTEGER,
      total_payout INTEGER,
      total_refund INTEGER,
      retained INTEGER,
      breakage INTEGER,
      winners INTEGER,
      losers INTEGER,
      minus_pool INTEGER,
      no_winner INTEGER,
      hold_reason TEXT,
      -- status, but rolled_back where that settlement is in force no longer.
      state TEXT NOT NULL,
      rolled_back_by TEXT,
      PRIMARY KEY (market_id, run)
    ) STRICT, WITHOUT ROWID;

    -- The columns of commitments.csv, and how the commitment stands. Rejected rows are there as active.
    CREATE TABLE commitments (
      run INTEGER NOT NULL REFERENCES runs (number),
      market_id TEXT NOT NULL,
      commitment_id TEXT NOT NULL,
      user_id TEXT,
      option_id TEXT,
      position TEXT,
      match_method TEXT,
      amount INTEGER,
      result TEXT,
      win_share TEXT,
      extra_units INTEGER,
      payout INTEGER,
      profit INTEGER,
      -- active, won, lost, refunded, rolled_back
      status TEXT NOT NULL,
      -- What stands paid: 0 where it is rolled back, NULL where the commitment is active.
      payout_amount INTEGER,
      PRIMARY KEY (market_id, commitment_id, run)
    ) STRICT, WITHOUT ROWID;

    -- The columns of distributions.csv, and how the distribution stands: completed, failed, disputed, rolled_back.
    CREATE TABLE distributions (
      run INTEGER NOT NULL REFERENCES runs (number),
      market_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      total_committed INTEGER NOT NULL,
      total_payout INTEGER NOT NULL,
      total_profit INTEGER NOT NULL,
      total_lost INTEGER NOT NULL,
      winning_commitments INTEGER NOT NULL,
      losing_commitments INTEGER NOT NULL,
      refunded_commitments INTEGER NOT NULL,
      status TEXT NOT NULL,
      PRIMARY KEY (market_id, user_id, run)
    ) STRICT, WITHOUT ROWID;

    -- The older shape: each movement of a wallet and each fee of the whole book, and each loss of the runs above.
    -- A loss moves no wallet: both balances are the wallet's after the run.
    CREATE TABLE transactions (
      id INTEGER PRIMARY KEY,
      user_id TEXT NOT NULL,
      type TEXT NOT NULL,
      amount INTEGER NOT NULL,
      balance_before INTEGER NOT NULL,
      balance_after INTEGER NOT NULL,
      market_id TEXT,
      currency TEXT NOT NULL,
      run_id TEXT,
      status TEXT NOT NULL,
      timestamp TEXT NOT NULL,
      -- NULL for a loss.
      entry_id INTEGER,
      account TEXT NOT NULL
    ) STRICT;

    -- Each commitment as the last run that knows it left it.
    CREATE VIEW current_commitments AS
    SELECT market_id, commitment_id, max(run) AS run, user_id, option_id, position, match_method, amount, result,
           win_share, extra_units, payout, profit, status, payout_amount
    FROM commitments GROUP BY market_id, commitment_id;
    """

  /// Made when the tables are full.
  static let indexes = """
    CREATE INDEX commitments_of_users ON commitments (user_id, market_id);
    CREATE INDEX distributions_of_users ON distributions (user_id, market_id);
    CREATE INDEX transactions_of_accounts ON transactions (account, currency, entry_id);
    """

  /// Distributions of a run that has them as JSON only.
  static let distributionsFromCommitments = """
    INSERT INTO distributions
    SELECT run, market_id, user_id, sum(amount), sum(payout), sum(CASE result WHEN 'won' THEN profit ELSE 0 END),
           sum(CASE result WHEN 'lost' THEN amount ELSE 0 END), sum(result = 'won'), sum(result = 'lost'),
           sum(result = 'refunded'), 'completed'
    FROM commitments WHERE run = ? AND result IS NOT NULL GROUP BY market_id, user_id
    """

  static let losses = """
    INSERT INTO transactions
    SELECT NULL, user_id, 'loss', total_lost, balance, balance, market_id, currency, run_id, status, applied_at, NULL,
           account
    FROM (
      SELECT losers.*, coalesce(
        (SELECT balance_after FROM transactions
         WHERE transactions.account = losers.account AND transactions.currency = losers.currency
           AND transactions.entry_id <= losers.last_entry
         ORDER BY transactions.entry_id DESC, transactions.id DESC LIMIT 1), 0) AS balance
      FROM (
        SELECT distributions.user_id, distributions.total_lost, distributions.market_id, distributions.status,
               markets.currency, runs.run_id, runs.applied_at, runs.last_entry,
               'user:' || replace(replace(distributions.user_id, '%', '%25'), ':', '%3A') AS account
        FROM distributions
        JOIN markets ON markets.market_id = distributions.market_id AND markets.run = distributions.run
        JOIN runs ON runs.number = distributions.run
        WHERE distributions.total_lost > 0
        ORDER BY runs.number, distributions.market_id, distributions.user_id
      ) AS losers
    )
    """
}
