"""Section by section, slowly and from the rules alone: what must a night's files hold?

Shares no code with the program. Takes rows as dictionaries of text, gives the bytes of markets.csv, commitments.csv and
distributions.csv. Rows are valid unless they break a rule between rows (a commitment twice, an unknown option, …): what
a single cell may hold is not checked here.
"""
import datetime
from fractions import Fraction

POLICIES = {
    "fee_base": "pool", "fee_rounding": "down", "winner_split": "pooled", "remainder": "largest",
    "minus_pool": "allow", "no_winner": "refund", "refund_bps": "10000", "position_check": "strict",
}


def largest_remainder(amount, weights, names):
    """Splits an amount by weights; left-over units to the largest remainders, ties to the smaller name."""
    total = sum(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(weights)), key=lambda i: (-(exact[i] - parts[i]), names[i].encode()))
    for i in order[:amount - sum(parts)]:
        parts[i] += 1
    return parts


def apportion(amount, stakes, policy):
    """Splits an amount over (commitment id, stake): (floors, extra units, breakage)."""
    total = sum(stake for _, stake in stakes)
    floors = [amount * stake // total for _, stake in stakes]
    extra = [0] * len(stakes)
    left = amount - sum(floors)
    if policy == "house":
        return floors, extra, left
    if policy == "first":
        best = min(range(len(stakes)), key=lambda i: (-stakes[i][1], stakes[i][0].encode()))
        extra[best] = left
        return floors, extra, 0
    order = sorted(range(len(stakes)), key=lambda i: (-(amount * stakes[i][1] % total), stakes[i][0].encode()))
    for i in order[:left]:
        extra[i] += 1
    return floors, extra, 0


def instant(text):
    """RFC 3339 as an exact number of seconds."""
    text = text.upper()
    fraction = Fraction(0)
    head, zone = text[:19], text[19:]
    if zone.startswith("."):
        digits = ""
        zone = zone[1:]
        while zone and zone[0].isdigit():
            digits, zone = digits + zone[0], zone[1:]
        fraction = Fraction(int(digits), 10 ** len(digits))
    moment = datetime.datetime.strptime(head, "%Y-%m-%dT%H:%M:%S") - datetime.datetime(1970, 1, 1)
    offset = 0
    if zone != "Z":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-60 if zone[0] == "-" else 60)
    return moment.days * 86400 + moment.seconds - offset + fraction


class Market:
    def __init__(self, row, commitments):
        self.row = row
        self.id = row["market_id"]
        self.policy = {name: row.get(name) or default for name, default in POLICIES.items()}
        self.outcome = row.get("outcome") or "winner"
        self.currency = row.get("currency") or "TOKEN"
        self.options = (row.get("options") or "").split("|") if row.get("options") else []
        self.winning = [self.resolve(w) for w in row["winning_option"].split("|")] if row.get("winning_option") else []
        self.void = {self.resolve(w) for w in row["void_options"].split("|")} if row.get("void_options") else set()
        self.weights = [int(w) for w in row["winning_weights"].split("|")] if row.get("winning_weights") else None
        self.codes = set()
        self.stakes = []
        rows = [c for c in commitments if c["market_id"] == self.id]
        seen = {}
        for c in rows:
            seen[c["commitment_id"]] = seen.get(c["commitment_id"], 0) + 1
        for c in rows:
            codes = self.problems(c)
            if seen[c["commitment_id"]] > 1:
                codes.add("duplicate_commitment")
            self.codes |= codes
            if not codes and c.get("status") not in ("cancelled", "withdrawn"):
                self.stakes.append(c)
        self.stakes.sort(key=lambda c: c["commitment_id"].encode())

    def resolve(self, word):
        if word.lower() in ("yes", "no") and word.isascii() and word not in self.options:
            return (self.row.get("yes_option") or "yes") if word.lower() == "yes" else (self.row.get("no_option") or "no")
        return word

    def option(self, c):
        return self.resolve(c.get("option_id") or c["position"])

    def problems(self, c):
        codes = set()
        option = self.option(c)
        if self.options and option not in self.options:
            codes.add("unknown_option")
        if c.get("option_id") and c.get("position") and self.policy["position_check"] == "strict" and not codes:
            about = self.row.get("yes_option") or self.row.get("no_option") or option in ("yes", "no")
            agrees = self.resolve(c["position"]) == option if about else c["position"].lower() == "yes"
            if not agrees:
                codes.add("position_conflict")
        return codes

    def settle(self):
        """Fills result, payout, extra and pot of every stake; gives the totals of the market's row."""
        p = self.policy
        t = dict(gross=0, W=0, house=0, creator=0, net=0, payout=0, refund=0, retained=0, breakage=0, minus=False, none=False)
        for c in self.stakes:
            c["n"] = int(c["amount"])
            c.update(result="lost", pay=0, extra=0, pot=0)
            t["gross"] += c["n"]

        def share(amount, members, add=False):
            if not members:
                return
            floors, extra, breakage = apportion(amount, [(c["commitment_id"], c["n"]) for c in members], p["remainder"])
            t["breakage"] += breakage
            for c, floor, unit in zip(members, floors, extra):
                c["pay"] = floor + unit + (c["n"] if add else 0)
                c["extra"] = unit

        if self.outcome == "void":
            refund = t["gross"] * int(p["refund_bps"]) // 10000
            t["retained"] = t["gross"] - refund
            for c in self.stakes:
                c["result"] = "refunded"
            share(refund, self.stakes)
            return self.finish(t)
        closes = self.row.get("closes_at")
        pool = []
        for c in self.stakes:
            late = closes and instant(c["committed_at"]) > instant(closes)
            if late or self.option(c) in self.void:
                c.update(result="refunded", pay=c["n"])
            else:
                pool.append(c)
        P = sum(c["n"] for c in pool)
        winners = [c for c in pool if self.option(c) in self.winning]
        W = t["W"] = sum(c["n"] for c in winners)
        if P == 0:
            return self.finish(t)
        base = P if p["fee_base"] == "pool" else P - W
        h, k = int(self.row.get("house_fee_bps") or 0), int(self.row.get("creator_fee_bps") or 0)
        up = p["fee_rounding"] == "up"
        house = min(base, -(-base * h // 10000) if up else base * h // 10000)
        creator = min(base - house, -(-base * k // 10000) if up else base * k // 10000)
        if W == 0:
            t["none"] = True
            if p["no_winner"] == "refund":
                for c in pool:
                    c.update(result="refunded", pay=c["n"])
            elif p["no_winner"] == "refund_net":
                t.update(house=house, creator=creator, net=P - house - creator)
                for c in pool:
                    c["result"] = "refunded"
                share(t["net"], pool)
            else:
                t.update(house=P - creator, creator=creator)
            return self.finish(t)
        if P - house - creator < W:
            if p["minus_pool"] == "cap_fees":
                fees = P - W
                house, creator = largest_remainder(fees, [h, k], ["a", "b"]) if h + k else (0, 0)
            else:
                t["minus"] = True
        net = P - house - creator
        t.update(house=house, creator=creator, net=net)
        by_option = {}
        for c in winners:
            c["result"] = "won"
            by_option.setdefault(self.option(c), []).append(c)
        backed = sorted(by_option, key=lambda o: o.encode())
        split = p["winner_split"]
        if self.weights:
            weight = dict(zip(self.winning, self.weights))
            parts, add = largest_remainder(net, [weight[o] for o in backed], backed), False
        elif split == "equal":
            parts, add = largest_remainder(net, [1] * len(backed), backed), False
        elif split == "profit" and net >= W:
            parts, add = largest_remainder(net - W, [1] * len(backed), backed), True
        else:
            for c in winners:
                c["pot"] = W
            share(net, winners)
            return self.finish(t)
        for option, part in zip(backed, parts):
            for c in by_option[option]:
                c["pot"] = sum(m["n"] for m in by_option[option])
            share(part, by_option[option], add)
        return self.finish(t)

    def finish(self, t):
        for c in self.stakes:
            t["payout" if c["result"] == "won" else "refund"] += c["pay"]
        paid = t["payout"] + t["refund"] + t["house"] + t["creator"] + t["retained"] + t["breakage"]
        assert paid == t["gross"], (self.id, paid, t)
        return t


def field(text):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def line(*cells):
    return ",".join(field(str(cell)) for cell in cells) + "\n"


MARKETS = ("market_id,resolution_id,status,outcome,winning_options,currency,commitments,users,gross_pool,winning_stake,"
           "house_fee,creator_fee,creator_id,net_pool,total_payout,total_refund,retained,breakage,winners,losers,"
           "minus_pool,no_winner,hold_reason\n")
COMMITMENTS = ("market_id,commitment_id,user_id,option_id,position,match_method,amount,result,win_share,extra_units,"
               "payout,profit\n")
DISTRIBUTIONS = ("market_id,user_id,total_committed,total_payout,total_profit,total_lost,winning_commitments,"
                 "losing_commitments,refunded_commitments\n")


def balances(resolutions, commitments):
    """What the night moves, by account and currency."""
    book = {}

    def move(account, currency, amount):
        book[account, currency] = book.get((account, currency), 0) + amount

    def account(kind, name):
        return f"{kind}:" + name.replace("%", "%25").replace(":", "%3A")

    for row in resolutions:
        m = Market(row, commitments)
        if m.codes:
            continue
        t = m.settle()
        move("stakes", m.currency, -t["gross"])
        move("house", m.currency, t["house"] + t["retained"] + t["breakage"])
        if t["creator"]:
            move(account("creator", row["creator_id"]), m.currency, t["creator"])
        for c in m.stakes:
            move(account("user", c["user_id"]), m.currency, c["pay"])
    return {key: amount for key, amount in book.items() if amount}


def files(resolutions, commitments):
    """The three files of a night, by name."""
    markets, stakes, users = MARKETS, COMMITMENTS, DISTRIBUTIONS
    for row in sorted(resolutions, key=lambda r: r["market_id"].encode()):
        m = Market(row, commitments)
        if m.codes:
            markets += line(m.id, row["resolution_id"], "held", m.outcome, "", m.currency, *[""] * 16,
                            "|".join(sorted(m.codes)))
            continue
        t = m.settle()
        markets += line(
            m.id, row["resolution_id"], "settled", m.outcome, "|".join(sorted(m.winning, key=str.encode)), m.currency,
            len(m.stakes), len({c["user_id"] for c in m.stakes}), t["gross"], t["W"], t["house"], t["creator"],
            row.get("creator_id") or "", t["net"], t["payout"], t["refund"], t["retained"], t["breakage"],
            sum(c["result"] == "won" for c in m.stakes), sum(c["result"] == "lost" for c in m.stakes),
            str(t["minus"]).lower(), str(t["none"]).lower(), "")
        by_user = {}
        for c in m.stakes:
            method = "hybrid" if c.get("option_id") and c.get("position") else "option" if c.get("option_id") else "position"
            share = ""
            if c["result"] == "won":
                digits = c["n"] * 10 ** 12 // c["pot"]
                share = f"{digits // 10 ** 12}.{digits % 10 ** 12:012d}"
            stakes += line(m.id, c["commitment_id"], c["user_id"], m.option(c), (c.get("position") or "").lower(), method,
                           c["n"], c["result"], share, c["extra"], c["pay"], c["pay"] - c["n"])
            by_user.setdefault(c["user_id"], []).append(c)
        for user in sorted(by_user, key=str.encode):
            own = by_user[user]
            users += line(
                m.id, user, sum(c["n"] for c in own), sum(c["pay"] for c in own),
                sum(c["pay"] - c["n"] for c in own if c["result"] == "won"),
                sum(c["n"] for c in own if c["result"] == "lost"),
                *(sum(c["result"] == result for c in own) for result in ("won", "lost", "refunded")))
    return {"markets.csv": markets.encode(), "commitments.csv": stakes.encode(), "distributions.csv": users.encode()}
