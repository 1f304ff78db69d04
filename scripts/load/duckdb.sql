-- The data files of a settle run, with their types. In the run's directory:
--   duckdb night.duckdb < duckdb.sql
-- Written by `settle schema --load duckdb`.

CREATE OR REPLACE TABLE markets AS
SELECT * FROM read_csv('markets.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
  nullstr = '', columns = {
    'market_id': 'VARCHAR',
    'resolution_id': 'VARCHAR',
    'status': 'VARCHAR',
    'outcome': 'VARCHAR',
    'winning_options': 'VARCHAR',
    'currency': 'VARCHAR',
    'commitments': 'BIGINT',
    'users': 'BIGINT',
    'gross_pool': 'BIGINT',
    'winning_stake': 'BIGINT',
    'house_fee': 'BIGINT',
    'creator_fee': 'BIGINT',
    'creator_id': 'VARCHAR',
    'net_pool': 'BIGINT',
    'total_payout': 'BIGINT',
    'total_refund': 'BIGINT',
    'retained': 'BIGINT',
    'breakage': 'BIGINT',
    'winners': 'BIGINT',
    'losers': 'BIGINT',
    'minus_pool': 'BOOLEAN',
    'no_winner': 'BOOLEAN',
    'hold_reason': 'VARCHAR'
  });

CREATE OR REPLACE TABLE commitments AS
SELECT * FROM read_csv('commitments.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
  nullstr = '', columns = {
    'market_id': 'VARCHAR',
    'commitment_id': 'VARCHAR',
    'user_id': 'VARCHAR',
    'option_id': 'VARCHAR',
    'position': 'VARCHAR',
    'match_method': 'VARCHAR',
    'amount': 'BIGINT',
    'result': 'VARCHAR',
    'win_share': 'DECIMAL(13, 12)',
    'extra_units': 'BIGINT',
    'payout': 'BIGINT',
    'profit': 'BIGINT'
  });

CREATE OR REPLACE TABLE distributions AS
SELECT * FROM read_csv('distributions.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
  nullstr = '', columns = {
    'market_id': 'VARCHAR',
    'user_id': 'VARCHAR',
    'total_committed': 'BIGINT',
    'total_payout': 'BIGINT',
    'total_profit': 'BIGINT',
    'total_lost': 'BIGINT',
    'winning_commitments': 'BIGINT',
    'losing_commitments': 'BIGINT',
    'refunded_commitments': 'BIGINT'
  });

CREATE OR REPLACE TABLE rejects AS
SELECT * FROM read_csv('rejects.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
  nullstr = '', columns = {
    'table': 'VARCHAR',
    'file': 'VARCHAR',
    'line': 'BIGINT',
    'market_id': 'VARCHAR',
    'row_id': 'VARCHAR',
    'code': 'VARCHAR',
    'field': 'VARCHAR',
    'message': 'VARCHAR'
  });
