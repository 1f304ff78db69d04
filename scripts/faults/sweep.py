"""Every call that writes, killed, failed or cut short: does each end in all or nothing?"""
import random

from place import Violation

KILLS = ["kill", "killafter"]
ERRORS = ["eio", "enospc", "short", "eintr"]


def points(scenario, share, seed):
    """(mode, sticky, number) of every fault, or a random share of them."""
    every = [(mode, False, at) for mode in KILLS for at in range(1, scenario.calls + 1)]
    # Interrupted for ever, no program gets on: that one is tried once only.
    every += [(mode, sticky, at) for mode in ERRORS for sticky in (False, True) for at in range(1, scenario.calls + 1)
              if not (sticky and mode == "eintr")]
    if share >= 1 or len(every) <= 120:
        return every
    return random.Random(seed).sample(every, max(1, round(len(every) * share)))


def one(scenario, fault, path):
    """What is wrong, or nothing; and whether the command ended with 0."""
    mode, sticky, at = fault
    place = scenario.base.copy(path)
    try:
        faults = {"AT": at, "MODE": mode}
        if sticky:
            faults["STICKY"] = 1
        code, text = place.settle(*scenario.words, faults=faults)
        if mode in KILLS and code != -9:
            raise Violation(f"was not killed: exit {code}: {text}")
        if mode in ERRORS and (code < 0 or code == 70):
            raise Violation(f"died of an error: exit {code}: {text}")
        scenario.judge(place, code)
        return None, code
    except Violation as violation:
        return f"{scenario.name}: {mode}{' sticky' if sticky else ''} at call {at}: {violation}", None
    except Exception as error:  # a time-out: the command hangs
        return f"{scenario.name}: {mode}{' sticky' if sticky else ''} at call {at}: {type(error).__name__}: {error}", None
    finally:
        place.remove()
