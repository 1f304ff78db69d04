// A ledger of a test's own, and operations written as a line reads.
import Ledger
import TestSupport

/// A fresh ledger whose admin is ann.
final class Book {
  let work = Workspace()
  let ledger: Ledger

  init() throws {
    try Ledger.create("\(work.path)/ledger.db", operatorID: "ann")
    ledger = try Ledger("\(work.path)/ledger.db", .readWrite)
  }

  /// Applies `credit user:a 100 key=k1`, `transfer user:a user:b 5`, `reserve user:a 60 to=user:b`, `capture #3 20`, …
  @discardableResult
  func apply(_ line: String) throws -> Receipt { try ledger.apply(Book.operation(line), by: "ann") }

  /// `created`, `replayed`, or the code of the error.
  func outcome(_ line: String) throws -> String {
    do throws(LedgerError) {
      return try ledger.apply(Book.operation(line), by: "ann").isReplay ? "replayed" : "created"
    } catch {
      return error.code.rawValue
    }
  }

  func balance(_ account: String, _ currency: String = "TOKEN") throws -> Int64 {
    try ledger.balance(of: account, currency: currency) ?? 0
  }

  /// Runs SQL past the triggers, as somebody with the file and a shell would.
  func forge(_ sql: String) {
    let program = """
      import sqlite3, sys
      book = sqlite3.connect('ledger.db')
      kept = book.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
      for name, _ in kept: book.execute('DROP TRIGGER ' + name)
      book.executescript(sys.argv[1])
      for _, text in kept: book.execute(text)
      book.commit()
      """
    let result = work.run("/usr/bin/env", ["python3", "-c", program, sql])
    precondition(result.exitCode == 0, result.errors)
  }

  static func operation(_ line: String) -> Operation {
    let words = line.split(separator: " ").map(String.init)
    guard let kind = Operation.Kind(rawValue: words[0]) else { preconditionFailure(line) }
    var operation = Operation(kind, currency: "TOKEN")
    var plain: [String] = []
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch parts[0] {
      case "key": operation.key = parts[1]
      case "reason": operation.reason = parts[1]
      case "metadata": operation.metadata = parts[1]
      case "currency": operation.currency = parts[1]
      case "from", "to": operation.counterpart = parts[1]
      default: plain.append(word)
      }
    }
    if plain.first?.hasPrefix("#") ?? false {
      operation.reservation = Int64(plain.removeFirst().dropFirst())
    } else {
      operation.account = plain.isEmpty ? "" : plain.removeFirst()
      if kind == .transfer { operation.counterpart = plain.removeFirst() }
    }
    operation.amount = plain.first.flatMap { Int64($0) }
    return operation
  }
}
