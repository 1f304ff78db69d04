// Does the book leave the ledger whole, and do hledger and beancount accept it?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct BookExportTests {
  /// A program that reads journals; nil where this machine has none. The trace says so.
  private static func program(_ name: String) -> String? {
    let folders =
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
      + ["\(Workspace.packagePath)/.build/journals/bin"]
    let found = folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    if found == nil { print("note: there is no \(name) here; its journals are checked by their own sums only") }
    return found
  }
  private static let hledger = program("hledger")
  private static let beancount = program("bean-check")

  /// A book with what is hard: ids of any kind, several currencies, reasons with quotes and lines, operations by hand.
  private func book() throws -> Workspace {
    let work = Workspace(
      resolutions: """
        market_id,resolution_id,winning_option,house_fee_bps,creator_fee_bps,creator_id,currency
        m:1 %,r1,x,250,100,c-1,TOKEN
        Zoë-market,r1,x,0,0,,1UP
        NULL,r1,x,100,0,,TRUE
        __x--,r1,x,1,0,,A

        """,
      commitments: """
        commitment_id,market_id,user_id,option_id,amount
        c1,m:1 %,"a:b %3A,""c"" ;(x)[2020-01-01]",x,200
        c2,m:1 %,user,y,1003
        c3,m:1 %,a,x,777
        c1,Zoë-market,Zoë 日本 \\ ',x,9223372036854775000
        c1,NULL,A,x,5
        c2,NULL,a,y,7
        c1,__x--,Id-A,x,5

        """)
    let result = work.settle("run", "--init-ledger", "-q", "--operator", "ann")
    #expect(result.exitCode == 0, "\(result.errors)")
    let reason = "he said \"hi\", then:\n\tnothing; [2020-01-01] \\ (x) = 5  é"
    for words in [
      ["credit", "user:user", "40", "--reason", reason, "--metadata", #"{"a":"b, c; d:e"}"#, "--key", "by,hand;1"],
      ["reserve", "user:user", "10", "--reason", "set aside"], ["debit", "user:user", "5"], ["capture", "", "4"],
    ] {
      // What is captured is the reservation.
      let entry = try work.rows("SELECT max(entry_id) FROM reservations").first?.first ?? ""
      let result = work.settle(["ledger"] + words.map { $0.isEmpty ? entry : $0 } + ["--operator", "ann"])
      #expect(result.exitCode == 0, "\(words): \(result.errors)")
    }
    return work
  }

  private func export(_ work: Workspace, _ format: String) throws -> String {
    let result = work.settle("ledger", "export", "--format", format)
    #expect(result.exitCode == 0, "\(result.errors)")
    let path = "book.\(format)"
    let answer = work.settle("ledger", "export", "--format", format, "--out", path, "--json")
    #expect(answer.exitCode == 0, "\(answer.output)")
    #expect(work.text(path) == result.output)
    #expect(try answer.json["postings"]?.integer.map { String($0) } == work.cell("SELECT count(*) FROM postings"))
    return result.output
  }

  /// `user:a%3Ab` for an account as a journal spells it: the other way round of the export.
  private func account(hledger name: String) throws -> String {
    let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return name }
    let id = try #require(parts[1].removingPercentEncoding)
    return parts[0] + ":" + id.replacing("%", with: "%25").replacing(":", with: "%3A")
  }

  private func account(beancount name: String) throws -> String {
    var parts = name.split(separator: ":").map(String.init)
    let root = parts.removeFirst()
    let word = try #require(parts[0].replacing("-", with: "%").removingPercentEncoding)
    let account = word.prefix(1).lowercased() + word.dropFirst()
    #expect(root == (["stakes", "external"].contains(account) ? "Equity" : "Assets"))
    guard parts.count == 2 else { return account }
    #expect(parts[1].hasPrefix("Id-"))
    let id = try #require(parts[1].dropFirst(3).replacing("-", with: "%").removingPercentEncoding)
    return account + ":" + id.replacing("%", with: "%25").replacing(":", with: "%3A")
  }

  private func accounts(_ work: Workspace) throws -> Set<String> {
    Set(try work.rows("SELECT name FROM accounts").map { $0[0] })
  }

  // MARK: hledger

  @Test func `the hledger journal names every account reversibly and asserts every balance`() throws {
    let work = try book()
    let journal = try export(work, "hledger")
    #expect(journal.utf8.allSatisfy { $0 < 0x80 })
    let declared = try journal.split(separator: "\n").filter { $0.hasPrefix("account ") }.map {
      try account(hledger: String($0.dropFirst(8)))
    }
    #expect(declared.count == Set(declared).count)
    #expect(Set(declared.map { Array($0.utf8) }) == Set(try accounts(work).map { Array($0.utf8) }))
    let postings = try work.rows("SELECT amount, balance_after FROM postings ORDER BY id")
    let lines = journal.split(separator: "\n").filter { $0.contains("\" = ") }.map { line in
      line.split(separator: " ").filter { Int($0) != nil }.map(String.init)
    }
    #expect(lines == postings)
    guard let hledger = BookExportTests.hledger else { return }
    let check = work.run(hledger, ["-f", "book.hledger", "check", "--strict"])
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
    let balance = work.run(hledger, ["-f", "book.hledger", "balance", "--flat", "-E", "-N", "-O", "csv"])
    #expect(balance.exitCode == 0)
    for row in try work.rows("SELECT name, currency, balance FROM accounts") where row[2] != "0" {
      #expect(balance.output.contains(row[2]), "\(row)")
    }
    // A journal that says something else is refused.
    let forged = journal.replacing(" 200 \"", with: " 201 \"").replacing("  -777", with: "  -778")
    work.write("forged.hledger", forged.replacing("  5 \"A\"", with: "  6 \"A\""))
    #expect(work.run(hledger, ["-f", "forged.hledger", "check"]).exitCode != 0)
  }

  // MARK: beancount

  @Test func `the beancount journal opens every account and asserts every balance`() throws {
    let work = try book()
    let journal = try export(work, "beancount")
    let lines = journal.split(separator: "\n")
    let opened = try lines.filter { $0.contains(" open ") }.map {
      try account(beancount: String($0.split(separator: " ")[2]))
    }
    #expect(opened.count == Set(opened).count)
    #expect(Set(opened.map { Array($0.utf8) }) == Set(try accounts(work).map { Array($0.utf8) }))
    let asserted = try lines.filter { $0.contains(" balance ") }.map { line -> [String] in
      let words = line.split(separator: " ").map(String.init)
      let currency = words[4].hasPrefix("X.") ? String(words[4].dropFirst(2)) : words[4]
      return [try account(beancount: words[2]), currency, words[3]]
    }
    #expect(Set(asserted) == Set(try work.rows("SELECT name, currency, balance FROM accounts")))
    guard let check = BookExportTests.beancount else { return }
    let result = work.run(check, ["book.beancount"])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    let line = try #require(lines.first { $0.contains(" balance Assets:House") })
    work.write("forged.beancount", journal.replacing(line, with: line.replacing("  ", with: "  1")))
    #expect(work.run(check, ["forged.beancount"]).exitCode != 0)
  }

  // MARK: Tables

  @Test func `CSV and NDJSON hold every posting with its entry`() throws {
    let work = try book()
    let table = try work.rows(
      """
      SELECT entries.id, coalesce(postings.id, ''), at, kind, coalesce(key, ''), coalesce(run_id, ''),
             coalesce(market_id, ''), entries.currency, coalesce(name, ''), coalesce(amount, ''),
             coalesce(balance_after, ''), coalesce(reverses, ''), coalesce(reason, ''), coalesce(metadata, ''),
             lower(hex(chain))
      FROM entries LEFT JOIN postings ON entries.id = entry_id LEFT JOIN accounts ON accounts.id = account_id
      ORDER BY entries.id, postings.id
      """)
    let csv = try export(work, "csv")
    let script = """
      import csv, json, sys
      rows = list(csv.reader(open("book.csv", encoding="utf-8", newline="")))
      objects = [json.loads(line) for line in open("book.ndjson", encoding="utf-8")]
      assert [[("" if value is None else str(value)) for value in o.values()] for o in objects] == rows[1:]
      assert list(objects[0]) == rows[0]
      assert type(objects[0]["amount"]) is int
      print(json.dumps(rows[1:]))
      """
    _ = try export(work, "ndjson")
    let read = work.run("/usr/bin/env", ["python3", "-c", script])
    #expect(read.exitCode == 0, "\(read.errors)")
    let rows = try JSONDecoder().decode([[String]].self, from: Data(read.output.utf8))
    #expect(rows.map { $0.map { Array($0.utf8) } } == table.map { $0.map { Array($0.utf8) } })
    #expect(csv.hasPrefix("entry_id,posting_id,at,"))
  }

  @Test(arguments: ["hledger", "beancount", "csv", "ndjson"])
  func `an empty book is an empty journal`(format: String) throws {
    let work = Workspace()
    #expect(work.settle("ledger", "init", "--ledger", "ledger.db").exitCode == 0)
    let result = work.settle("ledger", "export", "--format", format, "--ledger", "ledger.db")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").allSatisfy { $0.first.map { ";o,e".contains($0) } ?? true })
  }

  @Test func `an export is whole or not there, and never in place of another file`() throws {
    let work = try book()
    work.write("taken.csv", "mine\n")
    let refused = work.settle("ledger", "export", "--format", "csv", "--out", "taken.csv", "--json")
    #expect(refused.exitCode == 2 && refused.errorCode == "output_exists")
    #expect(work.text("taken.csv") == "mine\n")
    #expect(work.settle("ledger", "export", "--format", "csv", "--out", "no/such/place.csv").exitCode == 2)
    #expect(work.settle("ledger", "export", "--format", "csv", "--json").exitCode == 2)
    #expect(work.settle("ledger", "export").exitCode == 2)
    #expect(work.names().filter { $0.contains("partial") } == [])
    // A book that was tampered with does not leave as if it were whole.
    try work.execute(
      "DROP TRIGGER postings_remain; DELETE FROM postings WHERE id = (SELECT max(id) FROM postings); "
        + "DROP TRIGGER entries_remain; DELETE FROM entries WHERE id = 2")
    let damaged = work.settle("ledger", "export", "--format", "csv", "--out", "new.csv", "--json")
    #expect(damaged.errorCode == "ledger_error")
    #expect(damaged.output.contains("ledger check"))
    #expect(!work.names().contains("new.csv"))
  }

  @Test func `a reader that is slow keeps no writer waiting`() throws {
    let work = Workspace.plainNight
    #expect(work.settle("run", "--init-ledger", "-q").exitCode == 0)
    // More than a piece, so that the export stands still at the full pipe; then the book grows.
    let rows = (0..<4_000).map { "c\($0),m2,u\($0),\($0 % 2 == 0 ? "x" : "y"),10\n" }.joined()
    work.write("more-r.csv", "market_id,resolution_id,winning_option\nm2,r,x\n")
    work.write("more-c.csv", "commitment_id,market_id,user_id,option_id,amount\n" + rows)
    #expect(work.settle("run", "-q", "--resolutions", "more-r.csv", "--commitments", "more-c.csv").exitCode == 0)
    work.write("again-r.csv", "market_id,resolution_id,winning_option\nm3,r,x\n")
    work.write("again-c.csv", "commitment_id,market_id,user_id,option_id,amount\nc,m3,u,x,1\n")
    let script = """
      '\(Workspace.binary)' ledger export --format csv | {
        read header
        '\(Workspace.binary)' run -q --resolutions again-r.csv --commitments again-c.csv || exit 9
        wc -l
      }
      """
    let result = work.run("/bin/bash", ["-c", script])
    #expect(result.exitCode == 0, "\(result.errors)")
    let exported = try #require(Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    let all = try #require(Int(try work.cell("SELECT count(*) FROM postings")))
    // What came while it was written is left for the next time.
    #expect(exported < all && exported >= 2_000)
  }
}
