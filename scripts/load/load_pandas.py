"""The data files of a settle run as pandas tables, with their types.

In the run's directory: `python3 -i load_pandas.py`, or from a program: `load("outputs/RUN")["markets"]`.
Written by `settle schema --load pandas`.
"""
import decimal
import os
import sys

import pandas

TYPES = {
    "markets": {
        "market_id": "string",
        "resolution_id": "string",
        "status": "string",
        "outcome": "string",
        "winning_options": "string",
        "currency": "string",
        "commitments": "Int64",
        "users": "Int64",
        "gross_pool": "Int64",
        "winning_stake": "Int64",
        "house_fee": "Int64",
        "creator_fee": "Int64",
        "creator_id": "string",
        "net_pool": "Int64",
        "total_payout": "Int64",
        "total_refund": "Int64",
        "retained": "Int64",
        "breakage": "Int64",
        "winners": "Int64",
        "losers": "Int64",
        "minus_pool": "boolean",
        "no_winner": "boolean",
        "hold_reason": "string",
    },
    "commitments": {
        "market_id": "string",
        "commitment_id": "string",
        "user_id": "string",
        "option_id": "string",
        "position": "string",
        "match_method": "string",
        "amount": "Int64",
        "result": "string",
        "win_share": "decimal",
        "extra_units": "Int64",
        "payout": "Int64",
        "profit": "Int64",
    },
    "distributions": {
        "market_id": "string",
        "user_id": "string",
        "total_committed": "Int64",
        "total_payout": "Int64",
        "total_profit": "Int64",
        "total_lost": "Int64",
        "winning_commitments": "Int64",
        "losing_commitments": "Int64",
        "refunded_commitments": "Int64",
    },
    "rejects": {
        "table": "string",
        "file": "string",
        "line": "Int64",
        "market_id": "string",
        "row_id": "string",
        "code": "string",
        "field": "string",
        "message": "string",
    },
}


def load(directory="."):
    """Each data file that the run has, by its name without `.csv`."""
    tables = {}
    for name, types in TYPES.items():
        path = os.path.join(directory, name + ".csv")
        if not os.path.exists(path):
            continue
        # Read as text first: nothing is guessed, and an id such as 007 or NA stays what it is.
        table = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        for column, kind in types.items():
            values = table[column]
            missing = values == ""
            if kind == "boolean":
                table[column] = values.map({"true": True, "false": False}).astype("boolean")
            elif kind == "Int64":
                numbers = [None if value == "" else int(value) for value in values]
                table[column] = pandas.array(numbers, dtype="Int64")
            elif kind == "decimal":
                table[column] = [None if value == "" else decimal.Decimal(value) for value in values]
            else:
                table[column] = values.astype("string").mask(missing)
        tables[name] = table
    return tables


if __name__ == "__main__":
    for name, table in load(*sys.argv[1:]).items():
        globals()[name] = table
        print(f"{name}: {len(table)} rows")
