#!/usr/bin/env python3
"""A stand-in for Stripe's transfer API on the loopback interface, to test against: no network, no money.

usage: fake_stripe.py [--port N] [--state FILE]

Prints `http://127.0.0.1:PORT` once it listens. What it keeps to:
- POST /v1/transfers, GET /v1/transfers (destination, transfer_group, limit, starting_after), GET /v1/transfers/ID,
  POST /v1/transfers/ID/reversals, GET /v1/balance; form-encoded bodies; errors as {"error": {type, code, message}}.
- An answer that was made after execution began is stored under its Idempotency-Key and repeated with
  `Idempotent-Replayed: true`, a 500 too; 401, 403, 409, 429, 502-504 and bad parameters are not stored.
- The same key with other parameters or another path: 400 idempotency_error. A key whose request is still being worked
  on: 409 idempotency_key_in_use. Keys are forgotten after 24 hours of the clock, which can be set.

Controls (not part of Stripe):
- POST /control/script  {"destination": "acct_x" or "*", "replies": ["ok", "429", "500", "500-executed", "502", "503",
  "504", "504-executed", "drop-before", "drop-after", "delay:SECONDS", "401", "403", "400:CODE", "balance", "409"]}
  The next requests that create a transfer for the destination get these, one each; then all is well again.
- POST /control/clock   {"advance": SECONDS}
- POST /control/balance {"amount": MINOR_UNITS or null}
- POST /control/accounts {"known": [..] or null}
- POST /control/reset   {}  forgets everything
- GET  /control/count   {"transfers": N, "requests": N, "replayed": N, "per_transfer": {transfer_id: N}, "twice": [..],
                         "amount": SUM}
With --state everything that was executed is written down before it is answered, and read again at the start.
"""
import argparse
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.parse

KEY_LIFE = 24 * 3600
PARAMETERS = {"amount", "currency", "destination", "description", "transfer_group", "source_type", "source_transaction"}


class Refusal(Exception):
    def __init__(self, status, kind, code=None, message="", param=None, stored=False, headers=None):
        super().__init__(message)
        self.status, self.stored, self.headers = status, stored, headers or {}
        error = {"type": kind, "message": message or f"refused with {code or kind}"}
        if code:
            error["code"] = code
        if param:
            error["param"] = param
        self.body = {"error": error}


class World:
    """What Stripe knows."""

    def __init__(self, state):
        self.lock = threading.Lock()
        self.transfers, self.order, self.keys, self.working = {}, [], {}, set()
        self.scripts, self.offset, self.balance, self.accounts = {}, 0.0, None, None
        self.requests = self.replayed = 0
        self.state = None
        if state:
            self.state = open(state, "a+", encoding="utf-8")
            self.state.seek(0)
            for line in self.state:
                record = json.loads(line)
                if record["what"] == "transfer":
                    self.transfers[record["body"]["id"]] = record["body"]
                    self.order.append(record["body"]["id"])
                elif record["what"] == "key":
                    self.keys[record["key"]] = record["value"]

    def write(self, record):
        if self.state:
            self.state.write(json.dumps(record) + "\n")
            self.state.flush()

    def now(self):
        return time.time() + self.offset

    def prune(self):
        limit = self.now() - KEY_LIFE
        for key in [key for key, value in self.keys.items() if value["at"] <= limit]:
            del self.keys[key]

    def remember(self, key, fingerprint, status, body):
        if key:
            self.keys[key] = {"fingerprint": fingerprint, "status": status, "body": body, "at": self.now()}
            self.write({"what": "key", "key": key, "value": self.keys[key]})

    def create(self, form):
        number = len(self.order) + 1
        body = {
            "id": f"tr_{number:08d}", "object": "transfer", "amount": int(form["amount"]), "amount_reversed": 0,
            "balance_transaction": f"txn_{number:08d}", "created": int(self.now()), "currency": form["currency"],
            "description": form.get("description"), "destination": form["destination"],
            "destination_payment": f"py_{number:08d}", "livemode": False,
            "metadata": {k[9:-1]: v for k, v in form.items() if k.startswith("metadata[")},
            "reversals": {"object": "list", "data": [], "has_more": False,
                          "url": f"/v1/transfers/tr_{number:08d}/reversals"},
            "reversed": False, "source_transaction": None, "source_type": "card",
            "transfer_group": form.get("transfer_group"),
        }
        self.transfers[body["id"]] = body
        self.order.append(body["id"])
        self.write({"what": "transfer", "body": body})
        if self.balance is not None:
            self.balance -= body["amount"]
        return body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None

    def log_message(self, *_):
        pass

    # MARK: answering

    def send(self, status, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Request-Id", f"req_{self.world.requests}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(2)
        except OSError:
            pass
        raise ConnectionAbortedError

    def authorise(self):
        match = re.fullmatch(r"Bearer (sk_test_\w+)", self.headers.get("Authorization", ""))
        if not match:
            raise Refusal(401, "invalid_request_error", message="You did not provide an API key.")
        if match[1] == "sk_test_restricted":
            raise Refusal(403, "invalid_request_error", message="The key may not do this.")
        if match[1] == "sk_test_expired":
            raise Refusal(401, "invalid_request_error", "api_key_expired")

    # MARK: routes

    def handle_request(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:
            # Whoever asked is gone in mid-sentence: half a request is none.
            self.close_connection = True
            return
        raw = raw.decode()
        url = urllib.parse.urlsplit(self.path)
        try:
            if url.path.startswith("/control/"):
                self.control(method, url.path[9:], raw)
                return
            with self.world.lock:
                self.world.requests += 1
            self.authorise()
            if method == "POST":
                self.post(url.path, raw)
            else:
                self.get(url.path, dict(urllib.parse.parse_qsl(url.query)))
        except Refusal as refusal:
            try:
                self.send(refusal.status, refusal.body, refusal.headers)
            except OSError:
                self.close_connection = True
        except (BrokenPipeError, ConnectionAbortedError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self):
        self.handle_request("GET")

    def do_POST(self):
        self.handle_request("POST")

    def get(self, path, query):
        world = self.world
        with world.lock:
            if path == "/v1/transfers":
                found = [world.transfers[i] for i in reversed(world.order)]
                for name in ("destination", "transfer_group"):
                    if name in query:
                        found = [t for t in found if t[name] == query[name]]
                if "starting_after" in query:
                    ids = [t["id"] for t in found]
                    if query["starting_after"] not in ids:
                        raise Refusal(400, "invalid_request_error", "resource_missing", param="starting_after")
                    found = found[ids.index(query["starting_after"]) + 1:]
                limit = int(query.get("limit", 10))
                body = {"object": "list", "url": path, "has_more": len(found) > limit, "data": found[:limit]}
            elif path == "/v1/balance":
                body = {"object": "balance", "available": [{"amount": world.balance, "currency": "usd"}]}
            elif path.startswith("/v1/transfers/") and path[14:] in world.transfers:
                body = world.transfers[path[14:]]
            elif path.startswith("/v1/transfers/"):
                raise Refusal(404, "invalid_request_error", "resource_missing", param="id")
            else:
                raise Refusal(404, "invalid_request_error", message=f"Unrecognized request URL (GET: {path}).")
        self.send(200, body)

    def post(self, path, raw):
        world = self.world
        form = dict(urllib.parse.parse_qsl(raw, keep_blank_values=True))
        key = self.headers.get("Idempotency-Key")
        fingerprint = [path, sorted(form.items())]
        fingerprint = json.loads(json.dumps(fingerprint))
        headers = {"Idempotency-Key": key} if key else {}
        with world.lock:
            world.prune()
            if key and key in world.working:
                raise Refusal(409, "invalid_request_error", "idempotency_key_in_use",
                              headers={"Stripe-Should-Retry": "true"})
            stored = world.keys.get(key)
            if stored:
                if stored["fingerprint"] != fingerprint:
                    raise Refusal(400, "idempotency_error",
                                  message="Keys for idempotent requests can only be used with the same parameters.")
                world.replayed += 1
                replay = dict(headers, **{"Idempotent-Replayed": "true"})
                if stored["status"] == 500:
                    replay["Stripe-Should-Retry"] = "false"
            elif key:
                world.working.add(key)
        if stored:
            self.send(stored["status"], stored["body"], replay)
            return
        try:
            self.execute(path, form, key, fingerprint, headers)
        finally:
            with world.lock:
                world.working.discard(key)

    def execute(self, path, form, key, fingerprint, headers):
        world = self.world
        match = re.fullmatch(r"/v1/transfers/(\w+)/reversals", path)
        if path != "/v1/transfers" and not match:
            raise Refusal(404, "invalid_request_error", message=f"Unrecognized request URL (POST: {path}).")
        if match:
            self.reverse(match[1], form, key, fingerprint, headers)
            return
        self.check(form)
        step = self.next_step(form["destination"])
        if step.startswith("delay:"):
            time.sleep(float(step[6:]))
            step = "ok"
        if step == "drop-before":
            self.drop()
        if step in ("401", "403"):
            raise Refusal(int(step), "invalid_request_error")
        if step == "409":
            raise Refusal(409, "invalid_request_error", "lock_conflict", headers={"Stripe-Should-Retry": "true"})
        if step == "429":
            raise Refusal(429, "invalid_request_error", "rate_limit", headers={"Retry-After": "1"})
        if step in ("502", "503", "504"):
            self.send(int(step), b"<html>bad gateway</html>")
            return
        if step.startswith("400:"):
            self.refuse_stored(400, step[4:], key, fingerprint, headers)
            return
        if step == "500":
            body = {"error": {"type": "api_error", "message": "something went wrong"}}
            with world.lock:
                world.remember(key, fingerprint, 500, body)
            self.send(500, body, headers)
            return
        with world.lock:
            if world.accounts is not None and form["destination"] not in world.accounts:
                code = "resource_missing"
            elif step == "balance" or world.balance is not None and world.balance < int(form["amount"]):
                code = "balance_insufficient"
            else:
                code = None
                body = world.create(form)
                if step == "500-executed":
                    world.remember(key, fingerprint, 500, {"error": {"type": "api_error", "message": "late fault"}})
                else:
                    world.remember(key, fingerprint, 200, body)
        if code:
            self.refuse_stored(400, code, key, fingerprint, headers)
        elif step == "drop-after":
            self.drop()
        elif step == "504-executed":
            self.send(504, b"")
        elif step == "500-executed":
            self.send(500, {"error": {"type": "api_error", "message": "late fault"}}, headers)
        else:
            self.send(200, body, headers)

    def refuse_stored(self, status, code, key, fingerprint, headers):
        body = {"error": {"type": "invalid_request_error", "code": code, "message": f"refused with {code}"}}
        with self.world.lock:
            self.world.remember(key, fingerprint, status, body)
        self.send(status, body, headers)

    def reverse(self, identifier, form, key, fingerprint, headers):
        world = self.world
        with world.lock:
            transfer = world.transfers.get(identifier)
            if transfer is None:
                raise Refusal(404, "invalid_request_error", "resource_missing", param="id")
            left = transfer["amount"] - transfer["amount_reversed"]
            amount = int(form.get("amount", left))
            if amount <= 0 or amount > left:
                raise Refusal(400, "invalid_request_error", "transfer_already_reversed")
            transfer["amount_reversed"] += amount
            transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
            body = {"id": f"trr_{identifier[3:]}_{transfer['amount_reversed']}", "object": "transfer_reversal",
                    "amount": amount, "currency": transfer["currency"], "created": int(world.now()),
                    "metadata": {}, "transfer": identifier}
            transfer["reversals"]["data"].append(body)
            world.remember(key, fingerprint, 200, body)
        self.send(200, body, headers)

    @staticmethod
    def check(form):
        for name in ("amount", "currency", "destination"):
            if not form.get(name):
                raise Refusal(400, "invalid_request_error", "parameter_missing", param=name)
        for name in form:
            if name not in PARAMETERS and not name.startswith("metadata["):
                raise Refusal(400, "invalid_request_error", "parameter_unknown", param=name)
        if not re.fullmatch(r"[1-9][0-9]*", form["amount"]):
            raise Refusal(400, "invalid_request_error", "parameter_invalid_integer", param="amount")
        if not re.fullmatch(r"[a-z]{3}", form["currency"]):
            raise Refusal(400, "invalid_request_error", "invalid_currency", param="currency")

    def next_step(self, destination):
        with self.world.lock:
            for name in (destination, "*"):
                steps = self.world.scripts.get(name)
                if steps:
                    return steps.pop(0)
        return "ok"

    # MARK: controls

    def control(self, method, what, raw):
        world = self.world
        body = json.loads(raw) if raw else {}
        with world.lock:
            if what == "script":
                world.scripts.setdefault(body["destination"], []).extend(body["replies"])
            elif what == "clock":
                world.offset += body["advance"]
            elif what == "balance":
                world.balance = body["amount"]
            elif what == "reset":
                world.transfers, world.order, world.keys, world.scripts = {}, [], {}, {}
                world.requests = world.replayed = 0
            elif what == "accounts":
                world.accounts = body["known"]
            elif what == "count":
                per = {}
                for transfer in world.transfers.values():
                    name = transfer["metadata"].get("transfer_id", "")
                    per[name] = per.get(name, 0) + 1
                answer = {
                    "transfers": len(world.transfers), "requests": world.requests, "replayed": world.replayed,
                    "per_transfer": per, "twice": sorted(name for name, count in per.items() if count > 1),
                    "amount": sum(t["amount"] for t in world.transfers.values()),
                }
                self.send(200, answer)
                return
            else:
                raise Refusal(404, "invalid_request_error")
        self.send(200, {})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that was killed is no fault of this server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state")
    options = parser.parse_args()
    Handler.world = World(options.state)
    server = Server(("127.0.0.1", options.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    # Whoever started us holds our standard input open; where it is gone, so are we.
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
