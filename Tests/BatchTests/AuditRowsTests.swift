// Are rows written as a slow and plain twin would write them?
import Interchange
import Markets
import Settlement
import TestSupport
import Testing

@testable import Batch

@Suite struct AuditRowsTests {
  private func text(_ write: (ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer(capacity: 64)
    write(buffer)
    return String(decoding: buffer.array, as: UTF8.self)
  }

  /// Gives a record that lies in memory as in the store.
  private func withRecord<Result>(
    _ commitment: String, _ user: String, amount: Int64, option: UInt32, flags: CommitmentFlags,
    _ body: (CommitmentRecord) -> Result
  ) -> Result {
    let store = CommitmentStore()
    store.addMarket()
    store.append(
      to: 0,
      CommitmentRecord.Head(
        amount: amount, file: 1, line: 2, option: option, flags: flags,
        quotes: (commitment.contains(",") ? 1 : 0) | (user.contains(",") ? 2 : 0)),
      commitmentID: commitment, userID: user)
    var found: Result?
    store.forEachRecord(of: 0) { found = body($0) }
    return found!
  }

  private func field(_ text: String) -> String { text.contains(",") ? "\"\(text)\"" : text }

  private static let ids = ["c1", "c006968265", "a,b", "0b5f1a52-6a0e-4b5e-9a57-0d1f6f3f8a10", "käufer"]

  private func randomAmount(_ generator: inout SeededGenerator) -> Int64 {
    Int64.random(in: 1...(.max), using: &generator) >> Int64.random(in: 0...62, using: &generator) | 1
  }

  @Test func `a commitment's row says what it is told, field by field`() {
    var generator = SeededGenerator(seed: 12)
    let templates = RowTemplates(market: ID("m,1"), options: [ID("yes"), ID("opt6")])
    for _ in 1...4_000 {
      let (id, user) = (Self.ids.randomElement(using: &generator)!, Self.ids.randomElement(using: &generator)!)
      let amount = randomAmount(&generator)
      let result = [CommitmentResult.won, .lost, .refunded].randomElement(using: &generator)!
      let isPaid = result != .lost || Int.random(in: 0..<4, using: &generator) == 0
      let payout = isPaid ? randomAmount(&generator) : 0
      let extraUnits = isPaid ? Int64.random(in: 0...1, using: &generator) : 0
      let potStake = max(amount, randomAmount(&generator))
      let row = withRecord(id, user, amount: amount, option: 1, flags: [.hybrid, .yes]) { record in
        text {
          AuditRows.commitment(
            record, result, payout: payout, extraUnits: extraUnits, potStake: potStake, templates: templates, to: $0)
        }
      }
      let share = text { $0.append(share: amount, of: potStake) }
      let word = ["won", "lost", "refunded"][Int(result.rawValue)]
      #expect(
        row == "\"m,1\",\(field(id)),\(field(user)),opt6,yes,hybrid,\(amount),\(word),"
          + "\(result == .won ? share : ""),\(extraUnits),\(payout),\(payout - amount)\n", "seed 12")
    }
  }

  @Test func `a distribution's row says what it is told, field by field`() {
    var generator = SeededGenerator(seed: 13)
    let templates = RowTemplates(market: ID("m1"), options: [])
    for _ in 1...4_000 {
      func count() -> Int { [0, 0, 1, 7, 8, 9, 10, 12_345].randomElement(using: &generator)! }
      var sums = Distribution()
      (sums.winning, sums.losing, sums.refunded) = (count(), count(), count())
      // Each sum is below 2⁶², so that two of them fit.
      func sum(_ isThere: Bool) -> Int64 { isThere ? randomAmount(&generator) >> 1 : 0 }
      (sums.payout, sums.refund) = (sum(sums.winning > 0), sum(sums.refunded > 0))
      sums.profit = sums.winning > 0 ? sums.payout - sum(true) : 0
      sums.lost = sum(sums.losing > 0)
      sums.committed = sums.winning == 0 && sums.refunded == 0 ? sums.lost : sum(true)
      let user = Self.ids.randomElement(using: &generator)!
      let row = withRecord("c1", user, amount: 5, option: 0, flags: []) { record in
        text { sums.write(record, templates: templates, to: $0) }
      }
      #expect(
        row == "m1,\(field(user)),\(sums.committed),\(sums.payout + sums.refund),\(sums.profit),\(sums.lost),"
          + "\(sums.winning),\(sums.losing),\(sums.refunded)\n", "seed 13")
    }
  }
}
