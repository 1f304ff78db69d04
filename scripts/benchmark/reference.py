#!/usr/bin/env python3
"""What is the right answer? The whole settlement in plain Python, slow and obvious.

usage: reference.py IN_DIR OUT_DIR

Every peer must write these three files byte for byte:
  audit.csv          one row per commitment, by market_id, commitment_id
  distributions.csv  one row per user and market, by market_id, user_id
  markets.csv        one row per market, by market_id
and SHA256SUMS over them. Column names mean what they mean in settle's own files.
"""
import csv
import hashlib
import os
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

FILES = ("audit.csv", "distributions.csv", "markets.csv")
AUDIT = "commitment_id,market_id,user_id,option_id,amount,result,payout,profit"
DISTRIBUTIONS = "market_id,user_id,total_committed,total_payout,total_profit,total_lost"
MARKETS = "market_id,gross_pool,winning_stake,house_fee,creator_fee,net_pool,winners,losers"


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_sums(directory):
    """Two files at a time: hashing lets go of the interpreter lock."""
    with ThreadPoolExecutor(2) as pool, open(f"{directory}/SHA256SUMS", "w") as out:
        for name, digest in zip(FILES, pool.map(sha256, (f"{directory}/{name}" for name in FILES))):
            out.write(f"{digest}  {name}\n")


def apportion(amount, stakes):
    """Largest remainder: floors first, then one unit each to the largest remainders, ties to the earlier stake."""
    total = sum(stakes)
    shares = [amount * stake // total for stake in stakes]
    by_remainder = sorted(range(len(stakes)), key=lambda i: (-(amount * stakes[i] % total), i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def settle(resolution, commitments):
    """One market: its row, and each commitment (id, user, option, amount) with its result and payout."""
    gross = sum(amount for *_, amount in commitments)
    winners = [c for c in commitments if c[2] == resolution["winning_option"]]
    stake = sum(amount for *_, amount in winners)
    if stake == 0:
        return (gross, 0, 0, 0, 0, 0, 0), [(*c, "refunded", c[3]) for c in commitments]
    house = gross * int(resolution["house_fee_bps"]) // 10000
    creator = gross * int(resolution["creator_fee_bps"]) // 10000
    net = gross - house - creator
    paid = dict(zip((c[0] for c in winners), apportion(net, [c[3] for c in winners])))
    rows = [(*c, "won", paid[c[0]]) if c[0] in paid else (*c, "lost", 0) for c in commitments]
    return (gross, stake, house, creator, net, len(winners), len(rows) - len(winners)), rows


def main(source, target):
    os.makedirs(target, exist_ok=True)
    with open(f"{source}/resolutions.csv", newline="") as file:
        resolutions = {row["market_id"]: row for row in csv.DictReader(file)}
    stakes = defaultdict(list)
    with open(f"{source}/commitments.csv", newline="") as file:
        for row in csv.DictReader(file):
            option = row["option_id"] or row["position"]
            stakes[row["market_id"]].append((row["commitment_id"], row["user_id"], option, int(row["amount"])))
    with open(f"{target}/audit.csv", "w") as audit, open(f"{target}/distributions.csv", "w") as distributions, \
            open(f"{target}/markets.csv", "w") as markets:
        print(AUDIT, file=audit)
        print(DISTRIBUTIONS, file=distributions)
        print(MARKETS, file=markets)
        for market in sorted(resolutions):
            facts, rows = settle(resolutions[market], sorted(stakes[market]))
            print(market, *facts, sep=",", file=markets)
            users = defaultdict(lambda: [0, 0, 0, 0])
            for commitment, user, option, amount, result, payout in rows:
                profit = payout - amount
                print(commitment, market, user, option, amount, result, payout, profit, sep=",", file=audit)
                total = users[user]
                total[0] += amount
                total[1] += payout
                total[2] += profit if result == "won" else 0
                total[3] += amount if result == "lost" else 0
            for user in sorted(users):
                print(market, user, *users[user], sep=",", file=distributions)
    write_sums(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
