#!/usr/bin/env python3
"""How fast are the prizes of many events paid, beside plain Python?

usage: prizes.py --settle BINARY [--events 100000] [--places 5] [--pairs 3]

Both read the same three CSV files, work the prizes out exactly and write events.csv and prizes.csv. Python does the
arithmetic alone: no check of ids or spellings, no holds, no hashes, no ledger. Of settle the compute and file writing is
counted (`read` and `settle` of run-info.json, files flushed), and the whole command beside it, which posts an entry for
each prize to a new ledger and takes most of the time; of Python the whole process. The two take turns; the ratio is the
median of the pairs. Exit 1 where the prizes differ, or compute and files take 3 seconds or more.
"""
import argparse
import csv
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from statistics import median

SHARES = {"1": "45.5%", "2": "25%", "3": "15%", "4th": "10%", "fifth": "4.5%"}
BPS = {1: 4550, 2: 2500, 3: 1500, 4: 1000, 5: 450}
PEER = r'''
import csv, json, sys
names = {"4th": 4, "fifth": 5}
def bps(text):
    whole, _, rest = text[:-1].partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])
tables = {}
confirmed = {}
with open("registrations.csv", newline="") as file:
    for row in csv.reader(file):
        confirmed[row[0]] = row[1]
placed = {}
with open("placements.csv", newline="") as file:
    rows = csv.reader(file)
    next(rows)
    for event, place, registration in rows:
        if confirmed.get(registration) != event:
            sys.exit(f"{registration} is not of {event}")
        placed.setdefault(event, []).append((registration, int(place)))
events = []
with open("events.csv", newline="") as file:
    rows = csv.reader(file)
    next(rows)
    for event, status, currency, pool, distribution in rows:
        if status == "completed":
            if distribution not in tables:
                tables[distribution] = {names.get(k) or int(k): bps(v) for k, v in json.loads(distribution).items()}
            events.append((event, int(pool), tables[distribution]))
events.sort()
with open("out-events.csv", "w", newline="") as summary, open("out-prizes.csv", "w", newline="") as file:
    prizes, sums = csv.writer(file, lineterminator="\n"), csv.writer(summary, lineterminator="\n")
    for event, pool, table in events:
        amounts = {place: pool * rate // 10000 for place, rate in table.items()}
        amounts[min(amounts)] += pool - sum(amounts.values())
        total = 0
        for registration, place in sorted(placed[event]):
            amount = amounts.get(place, 0)
            total += amount
            prizes.writerow((event, registration, place, amount))
        sums.writerow((event, pool, total, pool - total))
'''


def generate(folder, events, places):
    with open(f"{folder}/events.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("event_id", "status", "currency", "prize_pool", "distribution"))
        for event in range(events):
            rows.writerow((f"event-{event:06}", "completed", "USD", 1_000_003 + 7919 * event, json.dumps(SHARES)))
    with open(f"{folder}/registrations.csv", "w") as file, open(f"{folder}/placements.csv", "w") as results:
        file.write("registration_id,event_id,status\n")
        results.write("event_id,place,registration_id\n")
        for event in range(events):
            for place in range(1, places + 1):
                # The ids do not stand in the order of the places.
                name = f"r{(place * 7919 + event) % 97:02}-{event:06}-{place}"
                file.write(f"{name},event-{event:06},confirmed\n")
                results.write(f"event-{event:06},{place},{name}\n")


def timed(command, folder):
    """Wall seconds and peak memory in bytes."""
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", required=True)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--places", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    settle = os.path.abspath(options.settle)
    compute, whole, plain, peaks, plain_peaks = [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="settle-prizes-") as folder:
        generate(folder, options.events, min(options.places, len(SHARES)))
        for _ in range(options.pairs):
            shutil.rmtree(f"{folder}/outputs", ignore_errors=True)
            seconds, peak = timed([settle, "prizes", "pay", "--init-ledger", "-q"], folder)
            whole.append(seconds)
            peaks.append(peak)
            (run,) = glob.glob(f"{folder}/outputs/*-1")
            with open(f"{run}/run-info.json", encoding="utf-8") as file:
                seconds = json.load(file)["seconds"]
            compute.append(seconds["read"] + seconds["settle"])
            seconds, peak = timed([sys.executable, "-c", PEER], folder)
            plain.append(seconds)
            plain_peaks.append(peak)
        size = sum(os.path.getsize(f"{folder}/{name}.csv") for name in ("events", "registrations", "placements"))
        with open(f"{run}/prizes.csv", newline="") as ours, open(f"{folder}/out-prizes.csv", newline="") as theirs:
            left = [(r["event_id"], r["registration_id"], r["place"], r["prize"]) for r in csv.DictReader(ours)]
            same = left == [tuple(row) for row in csv.reader(theirs)]
    print(f"{options.events:,} events with {options.places} places, median of {options.pairs}")
    print(f"  settle, compute and files  {median(compute):7.3f} s")
    print(f"  settle, with the ledger    {median(whole):7.3f} s")
    print(f"  plain Python               {median(plain):7.3f} s")
    ratio = median(theirs / ours for ours, theirs in zip(compute, plain))
    print(f"  ratio                      {ratio:7.2f} (Python / settle's compute and files, median of the pairs)")
    print(f"  input                      {size / 2**20:7.1f} MiB")
    print(f"  peak memory, settle        {max(peaks) / 2**20:7.1f} MiB, {max(peaks) / size:.1f} times the input")
    print(f"  peak memory, Python        {max(plain_peaks) / 2**20:7.1f} MiB")
    print(f"  same prizes                {'yes' if same else 'NO'}")
    return 0 if same and median(compute) < 3 else 1


if __name__ == "__main__":
    sys.exit(main())
