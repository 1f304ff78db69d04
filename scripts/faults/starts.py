"""The same batch started twice at once, and stopped by signals: once, and only once?"""
import os
import random
import signal
import subprocess
import time

from place import TIMEOUT, Violation


def start(place, words):
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "SETTLE_OPERATOR": "night"}
    return subprocess.Popen([place.tool, *words, "--quiet"], cwd=place.path, env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def double(scenario, number, path):
    """Two processes at once. What is wrong, or nothing; and their exit codes."""
    place = scenario.base.copy(path)
    try:
        # Every second pair waits for the lock, the others leave at once.
        words = [*scenario.words, "--lock-timeout", "30" if number % 2 else "0"]
        processes = [start(place, words) for _ in range(2)]
        codes = sorted(process.wait(TIMEOUT) for process in processes)
        if codes not in ([0, 0], [0, 6]) or number % 2 and codes != [0, 0]:
            raise Violation(f"exit codes {codes}")
        if place.state() != scenario.after:
            raise Violation("two starts at once are not one")
        place.check()
        return None, tuple(codes)
    except Violation as violation:
        return f"{scenario.name}: double start {number}: {violation}", None
    finally:
        place.remove()


def stopped(scenario, number, path, longest):
    """A signal at a random time. What is wrong, or nothing; and the exit code."""
    place = scenario.base.copy(path)
    try:
        rng = random.Random(number)
        kind = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL][number % 4]
        process = start(place, scenario.words)
        time.sleep(rng.random() * longest)
        process.send_signal(kind)
        code = process.wait(TIMEOUT)
        # Before the program has prepared for signals, they end it as they end any.
        if code not in (0, 128 + kind, -kind):
            raise Violation(f"exit {code} after signal {kind}")
        scenario.judge(place, code)
        return None, code
    except Violation as violation:
        return f"{scenario.name}: signal {number}: {violation}", None
    finally:
        place.remove()
