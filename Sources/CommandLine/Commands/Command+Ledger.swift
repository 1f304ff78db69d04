// settle ledger …
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let ledgerCommands: [Command] = [
    .ledgerInit, .ledgerOpen, .ledgerAccounts, .ledgerCredit, .ledgerDebit, .ledgerTransfer, .ledgerReserve,
    .ledgerCapture, .ledgerVoid, .ledgerPost, .ledgerBalance, .ledgerHistory, .ledgerEntries, .ledgerRecalc,
    .ledgerCheck,
  ]

  static let ledgerInit = Command(
    name: "ledger init", summary: "make a new ledger; you become its first admin",
    options: Option.place + [.operatorID]
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let ledger: Ledger
    let lock = try call.lockNewLedger(place)
    defer { withExtendedLifetime(lock) {} }
    do throws(LedgerError) {
      try Ledger.create(place.ledgerPath, operatorID: place.operatorID)
      ledger = try Ledger(place.ledgerPath, .readOnly)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "path": .string(place.ledgerPath), "admin": .string(place.operatorID),
        ]))
    } else {
      call.console.print(
        "made ledger \(ledger.identity) at \(Terminal.safe(place.ledgerPath)); \(Terminal.safe(place.operatorID)) is its first admin"
      )
    }
    return .done
  }

  static let ledgerOpen = Command(
    name: "ledger open", summary: "open an account, or change its overdraft", operands: "ACCOUNT", operandCount: 1...1,
    options: Option.place + [.currency, .overdraft, .reason, .operatorID],
    details:
      "ACCOUNT is user:ID, creator:ID or the like. --overdraft none, unlimited, or how far below zero it may fall."
  ) { (call) throws(BatchError) in
    let name = call.arguments.positionals[0]
    let currency = try call.ledgerCurrency()
    let overdraft = try call.overdraft()
    let place = try call.place()
    guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    let isNew: Bool
    let account: AccountRecord?
    do throws(LedgerError) {
      isNew = try ledger.open(
        name, currency: currency, overdraft: overdraft, by: place.operatorID, reason: call.arguments[.reason])
      account = try ledger.account(name, currency: currency)
    } catch {
      throw BatchError.ledger(error)
    }
    guard let account else { preconditionFailure("an account that was opened is not there") }
    if call.console.isJSON {
      call.console.print(.object(call.members(of: account).merging(["is_new": .bool(isNew)]) { $1 }))
    } else {
      call.console.print(
        "\(isNew ? "opened" : "there is") \(Terminal.safe(name)) in \(currency), overdraft \(call.limit(account.overdraft))"
      )
    }
    return .done
  }

  static let ledgerAccounts = Command(
    name: "ledger accounts", summary: "list accounts with their balances", operands: "[PREFIX]", operandCount: 0...1,
    options: Option.place + [.pageLimit, .pageOffset],
    details: "PREFIX like user: shows those whose names start so. Sorted by name and currency, as bytes."
  ) { (call) throws(BatchError) in
    let (limit, offset) = try call.page()
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    var rows: [AccountRecord] = []
    do throws(LedgerError) {
      try ledger.forEachAccount(prefix: call.arguments.positionals.first ?? "", limit: limit, offset: offset) {
        rows.append($0)
      }
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["accounts": .array(rows.map { .object(call.members(of: $0)) })]))
    } else {
      call.console.table(
        [["account", "currency", "balance", "reserved", "available", "overdraft"]]
          + rows.map {
            [
              Terminal.safe($0.name), $0.currency, Console.grouped($0.balance), Console.grouped($0.reserved),
              $0.available.map { Console.grouped($0) } ?? "unlimited", call.limit($0.overdraft),
            ]
          }, indent: "")
    }
    return .done
  }

  static let ledgerBalance = Command(
    name: "ledger balance", summary: "show the balance of an account", operands: "ACCOUNT", operandCount: 1...1,
    options: Option.place + [.currency],
    details:
      "ACCOUNT is user:ID, creator:ID, escrow:MARKET, house, stakes or external; one that is not there stands at 0."
  ) { (call) throws(BatchError) in
    let name = call.arguments.positionals[0]
    let currency = try call.ledgerCurrency()
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let account: AccountRecord
    do throws(LedgerError) {
      account =
        try ledger.account(name, currency: currency)
        ?? AccountRecord(name: name, currency: currency, balance: 0, reserved: 0, overdraft: 0)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(call.members(of: account)))
    } else {
      call.console.print("\(account.balance)")
    }
    return .done
  }

  static let ledgerHistory = Command(
    name: "ledger history", summary: "show the movements of an account, newest first", operands: "ACCOUNT",
    operandCount: 1...1, options: Option.place + [.currency, .pageLimit, .pageOffset],
    details: "An account that is not there has none."
  ) { (call) throws(BatchError) in
    let name = call.arguments.positionals[0]
    let currency = try call.ledgerCurrency()
    let (limit, offset) = try call.page()
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let page: [Movement]
    do throws(LedgerError) {
      page = try ledger.history(of: name, currency: currency, limit: limit, offset: offset)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "account": .string(name), "currency": .string(currency), "limit": .int(limit), "offset": .int(offset),
          "movements": .array(
            page.map {
              .object([
                "id": .int($0.postingID), "entry_id": .int($0.entryID), "kind": .string($0.kind),
                "amount": .int($0.amount), "balance_after": .int($0.balanceAfter), "idempotency_key": .optional($0.key),
                "run_id": .optional($0.runID), "market_id": .optional($0.marketID), "reason": .optional($0.reason),
                "at": .string($0.at),
              ])
            }),
        ]))
    } else {
      call.console.table(
        [["entry", "at", "kind", "amount", "balance", "market", "reason"]]
          + page.map {
            [
              "\($0.entryID)", String($0.at.prefix(19)) + "Z", $0.kind, Console.grouped($0.amount),
              Console.grouped($0.balanceAfter), Terminal.safe($0.marketID ?? ""), Terminal.safe($0.reason ?? ""),
            ]
          }, indent: "")
    }
    return .done
  }

  static let ledgerEntries = Command(
    name: "ledger entries", summary: "show entries with their postings, newest first",
    options: Option.place + [.runID, .market, .pageLimit, .pageOffset]
  ) { (call) throws(BatchError) in
    let (limit, offset) = try call.page()
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let entries: [EntryFinder.Entry]
    do throws(LedgerError) {
      entries = try ledger.entries(
        ofRun: call.arguments[.runID], market: call.arguments[.market], limit: limit, offset: offset)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["entries": .array(entries.map(\.json))]))
      return .done
    }
    for entry in entries {
      call.console.print(
        "entry \(entry.id)  \(entry.at.prefix(19))Z  \(entry.fields.kind)  \(entry.fields.currency)"
          + (entry.fields.key.map { "  key \(Terminal.safe($0))" } ?? ""))
      call.console.table(
        entry.postings.prefix(20).map { [Terminal.safe($0.account), Console.grouped($0.amount)] })
      if entry.postings.count > 20 { call.console.print("  … and \(Console.grouped(entry.postings.count - 20)) more") }
    }
    return .done
  }

  static let ledgerRecalc = Command(
    name: "ledger recalc", summary: "compare cached balances with the postings, and correct them",
    options: Option.place + [.dryRun, .operatorID],
    details: "Exit 0: no drift. 1: drift was found, and corrected without --dry-run. 2: it could not be done."
  ) { (call) throws(BatchError) in
    let isDryRun = call.arguments.has(.dryRun)
    let place = try call.place()
    let drift: [Drift]
    do throws(LedgerError) {
      let ledger = try Ledger(place.ledgerPath, isDryRun ? .readOnly : .readWrite)
      drift = try isDryRun ? ledger.drift() : ledger.recalculate(by: place.operatorID)
    } catch {
      let error = BatchError.ledger(error)
      // Scripts tell drift from failure by 1 and 2; what they may try again, or not at all, keeps its own code.
      guard error.status == .refused || error.status == .invariant else { throw error }
      throw BatchError(error.code, .usage, error.message, hint: error.hint)
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "ok": .bool(drift.isEmpty), "corrected": .bool(!isDryRun && !drift.isEmpty),
          "drift": .array(
            drift.map {
              .object([
                "account": .string($0.account), "currency": .string($0.currency), "cached": .int($0.cachedBalance),
                "actual": .int($0.balance), "cached_reserved": .int($0.cachedReserved), "reserved": .int($0.reserved),
              ])
            }),
        ]))
    } else if drift.isEmpty {
      call.console.print("no drift")
    } else {
      call.console.table(
        [["account", "currency", "cached", "actual"]]
          + drift.prefix(1_000).map {
            [Terminal.safe($0.account), $0.currency, Console.grouped($0.cachedBalance), Console.grouped($0.balance)]
          }, indent: "")
      call.console.print("\(Console.counted(drift.count, "account")) \(isDryRun ? "drifted" : "corrected")")
    }
    return drift.isEmpty ? .done : .found
  }

  static let ledgerCheck = Command(
    name: "ledger check", summary: "prove that nobody touched the book", options: Option.place + [.head],
    details: """
      The file, its schema, the hash chains of entries and actions, sums, cached balances, runs, reservations,
      operators. --head takes a link of the chain that was noted elsewhere (each run prints it): a book that was cut or
      written anew cannot have it. Exit 0: sound. 1: something is wrong; the first broken entry is named.
      """
  ) { (call) throws(BatchError) in
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    var noted: Digest?
    if let text = call.arguments[.head] {
      guard let digest = Digest(hex: text) else {
        throw BatchError("usage", .usage, "--head is \(Terminal.quoted(text))", hint: "64 hexadecimal digits")
      }
      noted = digest
    }
    let report: BookCheckReport
    do throws(LedgerError) {
      report = try ledger.check(noted: noted.map { ($0, nil) })
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "ok": .bool(report.isSound), "entries": .int(report.entries), "head": .string(report.head.hex),
          "first_broken_entry": report.firstBrokenEntry.map { .int($0) } ?? .null,
          "faults": .array(
            report.faults.map {
              .object([
                "object": .string($0.object), "subject": .string(Terminal.safe($0.subject)),
                "message": .string(Terminal.safe($0.message)),
              ])
            }), "more_faults": .int(report.moreFaults),
        ]))
    } else {
      for fault in report.faults {
        call.console.print("\(fault.object) \(Terminal.safe(fault.subject)): \(Terminal.safe(fault.message))")
      }
      if report.moreFaults > 0 { call.console.print("… and \(Console.grouped(report.moreFaults)) more") }
      call.console.print(
        report.isSound
          ? "the book is sound: \(Console.grouped(report.entries)) entries, head \(report.head.hex)"
          : "the book is not what was written"
            + (report.firstBrokenEntry.map { "; the first broken entry is \($0)" } ?? ""))
    }
    return report.isSound ? .done : .found
  }
}

extension EntryFinder.Entry {
  fileprivate var json: JSONValue {
    .object([
      "id": .int(id), "key": .optional(fields.key), "kind": .string(fields.kind), "run_id": .optional(fields.runID),
      "market_id": .optional(fields.marketID), "currency": .string(fields.currency),
      "reverses": fields.reverses.map { .int($0) } ?? .null, "reason": .optional(fields.reason),
      "metadata": .optional(fields.metadata), "at": .string(at),
      "postings": .array(
        postings.map {
          .object([
            "id": .int($0.id), "account": .string($0.account), "amount": .int($0.amount),
            "balance_after": .int($0.balanceAfter),
          ])
        }),
    ])
  }
}

extension Invocation {
  /// --limit and --offset.
  func page() throws(BatchError) -> (limit: Int, offset: Int) {
    (
      try arguments.integer(.pageLimit, in: 1...1_000_000) ?? 50,
      try arguments.integer(.pageOffset, in: 0...Int(Int32.max)) ?? 0
    )
  }

  /// Nil where it is not given; `.some(nil)` for without limit.
  fileprivate func overdraft() throws(BatchError) -> Int64?? {
    guard let text = arguments[.overdraft] else { return nil }
    if text == "unlimited" { return .some(nil) }
    if text == "none" { return 0 }
    guard let limit = Int64(text), limit >= 0, String(limit) == text else {
      throw BatchError(
        "usage", .usage, "--overdraft is \(Terminal.quoted(text))", hint: "none, unlimited, or a whole number from 0")
    }
    return limit
  }

  fileprivate func limit(_ overdraft: Int64?) -> String {
    overdraft.map { $0 == 0 ? "none" : Console.grouped($0) } ?? "unlimited"
  }

  fileprivate func members(of account: AccountRecord) -> [String: JSONValue] {
    [
      "account": .string(account.name), "currency": .string(account.currency), "balance": .int(account.balance),
      "reserved": .int(account.reserved), "available": account.available.map { .int($0) } ?? .null,
      "overdraft": account.overdraft.map { .int($0) } ?? .null,
    ]
  }
}
