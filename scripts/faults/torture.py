"""Does settle keep its promise when the system fails at any call, when it is killed, when the power is cut?

usage: torture.py --settle BINARY --shim SHIM [--share S] [--states N] [--starts N] [--signals N] [--seed N]
                  [--only NAME] [--jobs N] [--markdown FILE]

--share S   of the faults (1: every call, every way it can fail)     --states N  power cuts a command, 0 for every one
Exit 1 where a promise is broken.
"""
import argparse
import os
import concurrent.futures
import itertools
import random
import shutil
import sys
import tempfile
import time

import power
import starts
import sweep
from place import scenarios


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--states", type=int, default=0)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--signals", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--markdown")
    options = parser.parse_args()
    # The scenarios work in folders of their own.
    options.settle = os.path.abspath(options.settle)
    folder = tempfile.mkdtemp(prefix="settle-torture-")
    began = time.monotonic()
    rows, violations = [], []
    fresh = (f"{folder}/work-{number}" for number in itertools.count())

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def each(function, items):
            """Results of function(item, path), in any order of work."""
            return list(pool.map(lambda item: function(item, next_path()), items))

        def next_path():
            with lock:
                return next(fresh)

        import threading
        lock = threading.Lock()

        def told(what, name, count, bad, note=""):
            violations.extend(bad)
            rows.append((what, name, count, len(bad), note))
            print(f"{what:<12} {name:<10} {count:>6} {len(bad):>4} violations  {note}", flush=True)
            for line in bad[:5]:
                print(f"  {line}", flush=True)

        try:
            for scenario in scenarios(options.settle, options.shim, folder):
                if options.only and scenario.name != options.only:
                    continue
                faults = sweep.points(scenario, options.share, options.seed)
                results = each(lambda fault, path, s=scenario: (fault, sweep.one(s, fault, path)), faults)
                for what, modes in (("kill", sweep.KILLS), ("error", sweep.ERRORS)):
                    mine = [result for fault, result in results if fault[0] in modes]
                    told(what, scenario.name, len(mine), [bad for bad, _ in mine if bad],
                         f"{scenario.calls} calls" + (
                             "" if what == "kill" else f", {sum(code == 0 for _, code in mine)} ended with 0"))
                root, crashes = power.crashes(scenario, next_path(), options.seed)
                every = len(crashes)
                if options.states and every > options.states:
                    crashes = random.Random(options.seed).sample(crashes, options.states)
                bad = [b for b in each(lambda c, path, s=scenario: power.one(s, root, c, path), crashes) if b]
                told("power cut", scenario.name, len(crashes), bad, f"of {every} states")
                if scenario.name in ("run", "first-run", "rollback", "follow"):
                    # The same without flushes: if nothing breaks, the replay shows nothing.
                    bare_root, bare = power.crashes(scenario, next_path(), options.seed, flushes=False)
                    bare = random.Random(options.seed).sample(bare, min(len(bare), options.states or 150))
                    bites = [b for b in each(lambda c, path, s=scenario: power.one(s, bare_root, c, path), bare) if b]
                    print(f"{'no flushes':<12} {scenario.name:<10} {len(bare):>6} {len(bites):>4} broken: the replay "
                          + ("bites" if bites else "DOES NOT BITE"), flush=True)
                    rows.append(("no flushes", scenario.name, len(bare), len(bites), "has to break"))
                    if not bites:
                        violations.append(f"{scenario.name}: without flushes nothing breaks")
                if scenario.name in ("run", "rollback"):
                    pairs = each(lambda n, path, s=scenario: starts.double(s, n, path), range(options.starts))
                    both = sum(codes == (0, 0) for _, codes in pairs)
                    told("twice", scenario.name, len(pairs), [b for b, _ in pairs if b],
                         f"{both} waited or came after, {sum(c == (0, 6) for _, c in pairs)} left with 6")
                    stops = each(lambda n, path, s=scenario: starts.stopped(s, n, path, 0.08), range(options.signals))
                    told("signal", scenario.name, len(stops), [b for b, _ in stops if b],
                         f"{sum(code == 0 for _, code in stops)} finished first")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    total = sum(count for what, _, count, _, _ in rows if what != "no flushes")
    print(f"{total} points, {len(violations)} violations, {time.monotonic() - began:.0f} s, seed {options.seed}")
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write("| what | command | points | violations | |\n|---|---|---:|---:|---|\n")
            for row in rows:
                file.write("| " + " | ".join(str(cell) for cell in row) + " |\n")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
