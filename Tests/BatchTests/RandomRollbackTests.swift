// Settle, spend, roll back, settle corrected: does every random night end where it should?
import Batch
import FoundationEssentials
import Interchange
import Ledger
import Markets
import TestSupport
import Testing

@Suite struct RandomRollbackTests {
  /// A book and outputs of its own, in memory as far as the system allows.
  private final class Book {
    let path: String
    var place = NightPlace()
    let ledger: Ledger

    init() throws {
      let base =
        FileManager.default.isWritableFile(atPath: "/dev/shm")
        ? "/dev/shm" : FileManager.default.temporaryDirectory.path
      path = "\(base)/settle-rollback-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      place.outputsPath = "\(path)/outputs"
      place.ledgerPath = "\(path)/ledger.db"
      place.operatorID = "night"
      try Ledger.create(place.ledgerPath, operatorID: "night")
      ledger = try Ledger(place.ledgerPath, .readWrite)
      try ledger.database.execute("PRAGMA synchronous = OFF")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func settle(_ night: RandomNight) throws -> NightAnswer {
      for (name, text) in [("r.csv", night.resolutions), ("c.csv", night.commitments)] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
      }
      var request = NightRequest()
      request.inputs = [
        InputFile(table: .resolutions, path: "\(path)/r.csv", format: .csv),
        InputFile(table: .commitments, path: "\(path)/c.csv", format: .csv),
      ]
      return try Night(request, at: place).run(ledger)
    }

    func rollback(_ run: String, _ policy: ShortfallPolicy) throws -> RollbackAnswer {
      var request = RollbackRequest()
      request.reason = "test"
      request.onShortfall = policy
      return try Rollback(request, at: place).apply(ManifestSource(run, Outputs(place.outputsPath), ledger), ledger)
    }

    func balances() throws -> [String: Int64] {
      let statement = try ledger.database.prepare("SELECT name, balance FROM accounts WHERE balance <> 0")
      var found: [String: Int64] = [:]
      while try statement.step() { found[statement.text(0) ?? ""] = statement.integer(1) }
      return found
    }
  }

  private struct RandomNight {
    var resolutions = "market_id,resolution_id,winning_option,outcome,house_fee_bps,creator_fee_bps,creator_id\n"
    var commitments = "commitment_id,market_id,user_id,option_id,amount\n"

    /// - Parameter winner: what the option that won is called in each market; the same seed stakes the same.
    init(_ generator: inout SeededGenerator, flipped: Bool, name: String) {
      for market in 1...Int.random(in: 1...3, using: &generator) {
        let isVoid = Int.random(in: 0..<6, using: &generator) == 0
        let house = Int.random(in: 0...600, using: &generator)
        let creator = Int.random(in: 0...300, using: &generator)
        let winner = Bool.random(using: &generator) != flipped ? "x" : "y"
        resolutions +=
          "\(name)\(market),r\(flipped ? "b" : "a"),\(isVoid ? "" : winner),\(isVoid ? "void" : ""),\(house),\(creator),"
          + "maker\n"
        for number in 1...Int.random(in: 1...6, using: &generator) {
          let user = Int.random(in: 1...4, using: &generator)
          let option = Bool.random(using: &generator) ? "x" : "y"
          commitments +=
            "c\(number),\(name)\(market),u\(user),\(option),\(Int.random(in: 1...1_000, using: &generator))\n"
        }
      }
    }
  }

  /// `ROLLBACK_NIGHTS` in the environment makes it more than the quick form's.
  private static let nights =
    ProcessInfo.processInfo.environment["ROLLBACK_NIGHTS"].flatMap(Int.init) ?? 15

  @Test func `each random night rolled back leaves every balance as before, under each policy`() throws {
    let seed = UInt64.random(in: 1...1_000_000)
    print("random rollbacks: seed \(seed), \(RandomRollbackTests.nights) nights")
    var generator = SeededGenerator(seed: seed)
    let (book, corrected) = (try Book(), try Book())
    for number in 1...RandomRollbackTests.nights {
      var twin = generator
      let night = RandomNight(&generator, flipped: false, name: "n\(number)-")
      let other = RandomNight(&twin, flipped: true, name: "n\(number)-")
      let before = try book.balances()
      let run = try book.settle(night)
      #expect(run.isApplied, "seed \(seed)")
      let policy = ShortfallPolicy.allCases[number % 3]
      let answer: RollbackAnswer
      if number.isMultiple(of: 2) {
        answer = try book.rollback(run.runID, policy)
        #expect(answer.status == .done, "seed \(seed), night \(number)")
        #expect(try book.balances() == before, "seed \(seed), night \(number): balances are not as before")
      } else {
        // Somebody spends some of it: what is missing is blocked, owed, or below zero; nothing is lost.
        let after = try book.balances()
        var spent: [String: Int64] = [:]
        for (account, balance) in after.sorted(by: { $0.key < $1.key }) where account.hasPrefix("user:") && balance > 0
        {
          let amount = Int64.random(in: 0...balance, using: &generator)
          guard amount > 0 else { continue }
          spent[account] = amount
          _ = try book.ledger.apply(
            Operation(.debit, account: account, amount: amount, currency: "TOKEN"), by: "night")
        }
        answer = try book.rollback(run.runID, policy)
        let end = try book.balances()
        #expect(end.values.reduce(0, +) == 0)
        if policy != .allowNegative { #expect(!end.contains { $0.key.hasPrefix("user:") && $0.value < 0 }) }
        // Give it back, and settle debts: then what strict left can go, and all is as before.
        for (account, amount) in spent {
          _ = try book.ledger.apply(
            Operation(.credit, account: account, amount: amount, currency: "TOKEN"), by: "night")
        }
        if policy == .strict { #expect(try book.rollback(run.runID, .strict).status == .done) }
        for (account, balance) in try book.balances() where account.hasPrefix("receivable:") {
          _ = try book.ledger.apply(
            Operation(
              .transfer, account: "user:" + account.dropFirst(11), counterpart: account, amount: -balance,
              currency: "TOKEN"), by: "night")
        }
        #expect(try book.balances() == before, "seed \(seed), night \(number), \(policy): not as before")
      }
      #expect(try book.rollback(run.runID, policy).state == .alreadyRolledBack)
      // Corrected: as if it had come first.
      let again = try book.settle(other)
      let fresh = try corrected.settle(other)
      #expect(again.isApplied && fresh.isApplied)
      #expect(try book.balances() == corrected.balances(), "seed \(seed), night \(number): not as the corrected alone")
      for name in ["markets.csv", "commitments.csv", "distributions.csv"] {
        #expect(
          FileManager.default.contents(atPath: "\(again.directory ?? "")/\(name)")
            == FileManager.default.contents(atPath: "\(fresh.directory ?? "")/\(name)"), "seed \(seed): \(name)")
      }
    }
    for run in try book.ledger.runs().suffix(30) {
      let location = RunLocation(
        runID: run.runID, directory: Outputs(book.place.outputsPath).directory(of: run.runID), record: run)
      let report = try Verification(location, book.ledger).report()
      #expect(report.findings.filter { $0.stage != .recompute } == [], "seed \(seed): \(run.kind) \(run.runID)")
    }
  }
}
