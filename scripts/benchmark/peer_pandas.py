#!/usr/bin/env python3
"""How fast is the same settlement in pandas? Arrow strings and Arrow's CSV; exact in int64, past it in Python integers.

usage: peer_pandas.py IN_DIR OUT_DIR
"""
import os
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from reference import write_sums

source, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)


def write(frame, name):
    with open(f"{target}/{name}", "wb") as file:
        file.write((",".join(frame.columns) + "\n").encode())
        pa.csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), file,
                         pa.csv.WriteOptions(include_header=False, quoting_style="none"))


def divide(a, b, divisor):
    """Floor and remainder of a·b / divisor."""
    product = a * b
    floor, remainder = product // divisor, product % divisor
    wide = np.flatnonzero(a.astype(np.float64) * b > 2.0**62)
    exact = a[wide].astype(object) * b[wide]
    floor[wide], remainder[wide] = exact // divisor[wide], exact % divisor[wide]
    return floor, remainder


markets = pd.read_csv(f"{source}/resolutions.csv", engine="pyarrow", dtype_backend="pyarrow").sort_values(
    "market_id", ignore_index=True)
stakes = pd.read_csv(f"{source}/commitments.csv", engine="pyarrow", dtype_backend="pyarrow", usecols=[
    "commitment_id", "market_id", "user_id", "option_id", "position", "amount"])

# Markets and users become integers in id order; rows are sorted by commitment id, then stably by market.
market = pd.Index(markets["market_id"]).get_indexer(stakes["market_id"]).astype(np.int32)
order = stakes["commitment_id"].argsort().to_numpy()
order = order[np.argsort(market[order], kind="stable")]
stakes, market = stakes.take(order), market[order]
stakes["option_id"] = stakes["option_id"].fillna(stakes.pop("position"))
user, users = stakes["user_id"].factorize(sort=True)
amount = stakes["amount"].to_numpy()
won = (stakes["option_id"].array == markets["winning_option"].take(market).array).to_numpy(dtype=bool)


def per_market(values, where=slice(None)):
    sums = np.zeros(len(markets), dtype=np.int64)
    np.add.at(sums, market[where], values[where])
    return sums


winner = np.flatnonzero(won)
gross = per_market(amount)
stake = per_market(amount, winner)
backed = stake > 0
winners = np.bincount(market[winner], minlength=len(markets))
losers = np.bincount(market, minlength=len(markets)) - winners
fees = [np.where(backed, divide(gross, markets[bps].to_numpy(), np.full_like(gross, 10000))[0], 0)
        for bps in ("house_fee_bps", "creator_fee_bps")]
net = np.where(backed, gross - sum(fees), 0)

# Largest remainder: floors first, then one unit each in the order of falling remainders, ties by commitment id.
of = market[winner]
payout = np.where(backed[market], 0, amount)
floor, remainder = divide(net[of], amount[winner], stake[of])
left = net.copy()
np.subtract.at(left, of, floor)
order = np.lexsort((-remainder, of))
place = np.arange(len(of)) - np.searchsorted(of, of)
floor[order] += place < left[of]
payout[winner] = floor
profit = payout - amount
lost = ~won & backed[market]

result = np.where(won, 0, np.where(lost, 1, 2))
stakes["result"] = pd.Categorical.from_codes(result, ["won", "lost", "refunded"])
stakes["payout"] = payout
stakes["profit"] = profit
write(stakes[[
    "commitment_id", "market_id", "user_id", "option_id", "amount", "result", "payout", "profit"]], "audit.csv")
totals = pd.DataFrame({
    "key": market * np.int64(len(users)) + user, "total_committed": amount, "total_payout": payout,
    "total_profit": np.where(won, profit, 0), "total_lost": np.where(lost, amount, 0),
}).groupby("key").sum().reset_index()
key = totals.pop("key").to_numpy()
totals.insert(0, "market_id", markets["market_id"].take(key // len(users)).array)
totals.insert(1, "user_id", users.take(key % len(users)))
write(totals, "distributions.csv")
write(pd.DataFrame({
    "market_id": markets["market_id"], "gross_pool": gross, "winning_stake": stake, "house_fee": fees[0],
    "creator_fee": fees[1], "net_pool": net, "winners": winners, "losers": np.where(backed, losers, 0)}), "markets.csv")
write_sums(target)
