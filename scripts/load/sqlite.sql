-- The data files of a settle run, with their types. In the run's directory:
--   sqlite3 night.db < sqlite.sql
-- Written by `settle schema --load sqlite`. Shares stay texts: SQLite has no exact decimals.

.bail on
DROP TABLE IF EXISTS "markets";
CREATE TABLE "markets" (
  "market_id" TEXT NOT NULL,
  "resolution_id" TEXT,
  "status" TEXT NOT NULL,
  "outcome" TEXT,
  "winning_options" TEXT,
  "currency" TEXT,
  "commitments" INTEGER,
  "users" INTEGER,
  "gross_pool" INTEGER,
  "winning_stake" INTEGER,
  "house_fee" INTEGER,
  "creator_fee" INTEGER,
  "creator_id" TEXT,
  "net_pool" INTEGER,
  "total_payout" INTEGER,
  "total_refund" INTEGER,
  "retained" INTEGER,
  "breakage" INTEGER,
  "winners" INTEGER,
  "losers" INTEGER,
  "minus_pool" INTEGER,
  "no_winner" INTEGER,
  "hold_reason" TEXT,
  PRIMARY KEY ("market_id")
) STRICT;
CREATE TEMP TABLE "raw_markets" ("market_id" TEXT, "resolution_id" TEXT, "status" TEXT, "outcome" TEXT, "winning_options" TEXT, "currency" TEXT, "commitments" TEXT, "users" TEXT, "gross_pool" TEXT, "winning_stake" TEXT, "house_fee" TEXT, "creator_fee" TEXT, "creator_id" TEXT, "net_pool" TEXT, "total_payout" TEXT, "total_refund" TEXT, "retained" TEXT, "breakage" TEXT, "winners" TEXT, "losers" TEXT, "minus_pool" TEXT, "no_winner" TEXT, "hold_reason" TEXT);
.import --csv --skip 1 --schema temp markets.csv raw_markets
INSERT INTO "markets" SELECT
  nullif("market_id", ''),
  nullif("resolution_id", ''),
  nullif("status", ''),
  nullif("outcome", ''),
  nullif("winning_options", ''),
  nullif("currency", ''),
  CAST(nullif("commitments", '') AS INTEGER),
  CAST(nullif("users", '') AS INTEGER),
  CAST(nullif("gross_pool", '') AS INTEGER),
  CAST(nullif("winning_stake", '') AS INTEGER),
  CAST(nullif("house_fee", '') AS INTEGER),
  CAST(nullif("creator_fee", '') AS INTEGER),
  nullif("creator_id", ''),
  CAST(nullif("net_pool", '') AS INTEGER),
  CAST(nullif("total_payout", '') AS INTEGER),
  CAST(nullif("total_refund", '') AS INTEGER),
  CAST(nullif("retained", '') AS INTEGER),
  CAST(nullif("breakage", '') AS INTEGER),
  CAST(nullif("winners", '') AS INTEGER),
  CAST(nullif("losers", '') AS INTEGER),
  CASE nullif("minus_pool", '') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END,
  CASE nullif("no_winner", '') WHEN 'true' THEN 1 WHEN 'false' THEN 0 END,
  nullif("hold_reason", '')
FROM temp."raw_markets";
DROP TABLE temp."raw_markets";

DROP TABLE IF EXISTS "commitments";
CREATE TABLE "commitments" (
  "market_id" TEXT NOT NULL,
  "commitment_id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "option_id" TEXT NOT NULL,
  "position" TEXT,
  "match_method" TEXT NOT NULL,
  "amount" INTEGER NOT NULL,
  "result" TEXT NOT NULL,
  "win_share" TEXT,
  "extra_units" INTEGER NOT NULL,
  "payout" INTEGER NOT NULL,
  "profit" INTEGER NOT NULL,
  PRIMARY KEY ("market_id", "commitment_id")
) STRICT;
CREATE TEMP TABLE "raw_commitments" ("market_id" TEXT, "commitment_id" TEXT, "user_id" TEXT, "option_id" TEXT, "position" TEXT, "match_method" TEXT, "amount" TEXT, "result" TEXT, "win_share" TEXT, "extra_units" TEXT, "payout" TEXT, "profit" TEXT);
.import --csv --skip 1 --schema temp commitments.csv raw_commitments
INSERT INTO "commitments" SELECT
  nullif("market_id", ''),
  nullif("commitment_id", ''),
  nullif("user_id", ''),
  nullif("option_id", ''),
  nullif("position", ''),
  nullif("match_method", ''),
  CAST(nullif("amount", '') AS INTEGER),
  nullif("result", ''),
  nullif("win_share", ''),
  CAST(nullif("extra_units", '') AS INTEGER),
  CAST(nullif("payout", '') AS INTEGER),
  CAST(nullif("profit", '') AS INTEGER)
FROM temp."raw_commitments";
DROP TABLE temp."raw_commitments";

DROP TABLE IF EXISTS "distributions";
CREATE TABLE "distributions" (
  "market_id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "total_committed" INTEGER NOT NULL,
  "total_payout" INTEGER NOT NULL,
  "total_profit" INTEGER NOT NULL,
  "total_lost" INTEGER NOT NULL,
  "winning_commitments" INTEGER NOT NULL,
  "losing_commitments" INTEGER NOT NULL,
  "refunded_commitments" INTEGER NOT NULL,
  PRIMARY KEY ("market_id", "user_id")
) STRICT;
CREATE TEMP TABLE "raw_distributions" ("market_id" TEXT, "user_id" TEXT, "total_committed" TEXT, "total_payout" TEXT, "total_profit" TEXT, "total_lost" TEXT, "winning_commitments" TEXT, "losing_commitments" TEXT, "refunded_commitments" TEXT);
.import --csv --skip 1 --schema temp distributions.csv raw_distributions
INSERT INTO "distributions" SELECT
  nullif("market_id", ''),
  nullif("user_id", ''),
  CAST(nullif("total_committed", '') AS INTEGER),
  CAST(nullif("total_payout", '') AS INTEGER),
  CAST(nullif("total_profit", '') AS INTEGER),
  CAST(nullif("total_lost", '') AS INTEGER),
  CAST(nullif("winning_commitments", '') AS INTEGER),
  CAST(nullif("losing_commitments", '') AS INTEGER),
  CAST(nullif("refunded_commitments", '') AS INTEGER)
FROM temp."raw_distributions";
DROP TABLE temp."raw_distributions";

DROP TABLE IF EXISTS "rejects";
CREATE TABLE "rejects" (
  "table" TEXT NOT NULL,
  "file" TEXT,
  "line" INTEGER,
  "market_id" TEXT,
  "row_id" TEXT,
  "code" TEXT NOT NULL,
  "field" TEXT,
  "message" TEXT NOT NULL
) STRICT;
CREATE TEMP TABLE "raw_rejects" ("table" TEXT, "file" TEXT, "line" TEXT, "market_id" TEXT, "row_id" TEXT, "code" TEXT, "field" TEXT, "message" TEXT);
.import --csv --skip 1 --schema temp rejects.csv raw_rejects
INSERT INTO "rejects" SELECT
  nullif("table", ''),
  nullif("file", ''),
  CAST(nullif("line", '') AS INTEGER),
  nullif("market_id", ''),
  nullif("row_id", ''),
  nullif("code", ''),
  nullif("field", ''),
  nullif("message", '')
FROM temp."raw_rejects";
DROP TABLE temp."raw_rejects";
