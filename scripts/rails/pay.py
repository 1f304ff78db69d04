#!/usr/bin/env python3
"""A rail in Python: how a program that sends money for settle may look (docs/RAILS.md).

usage: settle payouts process --rail command -- scripts/rails/pay.py BOOK

It keeps its transfers in the file BOOK, one JSON object a line, and executes each idempotency key once. Replace
`execute` by the call to your bank; everything else may stay.
"""
import json
import os
import sys


class Book:
    def __init__(self, path):
        self.file = open(path, "a+", encoding="utf-8")
        self.file.seek(0)
        self.by_key, self.by_transfer = {}, {}
        for line in self.file:
            self.remember(json.loads(line))

    def remember(self, record):
        self.by_key[record["key"]] = record
        self.by_transfer.setdefault(record["transfer_id"], record)

    def execute(self, call):
        """Sends the money, durably, once for each key."""
        record = {
            "key": call["idempotency_key"],
            "transfer_id": call["transfer_id"],
            "external_id": f"py-{len(self.by_key) + 1}",
            "amount": call["amount"],
            "currency": call["currency"],
            "destination": call["destination"],
            "reversed": False,
        }
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.remember(record)
        return record


def answer(book, call):
    if call["op"] == "lookup":
        record = book.by_transfer.get(call["transfer_id"])
        if record is None:
            return {"result": "permanent", "code": "not_found"}
        return {"result": "ok", "external_id": record["external_id"]}
    if call["op"] == "transfer":
        record = book.by_key.get(call["idempotency_key"])
        if record is None:
            if call["destination"].startswith("closed"):
                return {"result": "permanent", "code": "account_closed"}
            return {"result": "ok", "external_id": book.execute(call)["external_id"]}
        same = all(record[name] == call[name] for name in ("amount", "currency", "destination"))
        if not same:
            return {"result": "permanent", "code": "idempotency_error"}
        return {"result": "ok", "external_id": record["external_id"], "replayed": True}
    if call["op"] == "reverse":
        record = book.by_transfer.get(call["transfer_id"])
        if record is None:
            return {"result": "permanent", "code": "not_found"}
        record["reversed"] = True
        return {"result": "ok", "external_id": record["external_id"]}
    return {"result": "permanent", "code": "unsupported"}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    book = Book(sys.argv[1])
    for line in sys.stdin:
        call = json.loads(line)
        reply = {"transfer_id": call["transfer_id"], "external_id": None, "code": "", **answer(book, call)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
