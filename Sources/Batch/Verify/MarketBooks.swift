// What do the rows of one market in commitments.csv sum to?
internal import Interchange
internal import Settlement

/// What one user staked and got, summed from the rows: 128 bits, so that no damaged file overflows it.
struct UserBooks {
  let id: [UInt8]
  var committed: Int128 = 0
  var payout: Int128 = 0
  var refund: Int128 = 0
  var profit: Int128 = 0
  var lost: Int128 = 0
  var winning = 0
  var losing = 0
  var refunded = 0
  /// Has a row in distributions.csv.
  var isListed = false

  var name: String { String(decoding: id, as: UTF8.self) }
}

/// The sums of one market's commitments, in all and by user.
final class MarketBooks {
  private(set) var users: [UserBooks] = []
  private(set) var commitments = 0
  private(set) var committed: Int128 = 0
  private(set) var winningStake: Int128 = 0
  private(set) var payout: Int128 = 0
  private(set) var refund: Int128 = 0
  private(set) var winners = 0
  private(set) var losers = 0
  /// SHA-256 over the market's row without status and its rows here: what the ledger holds as its facts.
  private var facts = SHA256()
  private var words = WordTable()
  private var wordCount = 0
  private var market = 0

  private static let userColumn = OutputSchema.commitments.number(of: "user_id")
  private static let amountColumn = OutputSchema.commitments.number(of: "amount")
  private static let resultColumn = OutputSchema.commitments.number(of: "result")
  private static let extraColumn = OutputSchema.commitments.number(of: "extra_units")
  private static let payoutColumn = OutputSchema.commitments.number(of: "payout")
  private static let profitColumn = OutputSchema.commitments.number(of: "profit")

  /// Forgets the market before.
  func begin(marketRow: AuditLine) {
    users.removeAll(keepingCapacity: true)
    (commitments, winners, losers) = (0, 0, 0)
    (committed, winningStake, payout, refund) = (0, 0, 0, 0)
    market += 1
    if wordCount > 1 << 16 || market > Int(Int32.max) - 1 {
      words = WordTable()
      (wordCount, market) = (0, 0)
    }
    facts = SHA256()
    let row = ByteBuffer(capacity: 512)
    let statusColumn = OutputSchema.markets.number(of: "status")
    for column in OutputSchema.markets.columns.indices where column != statusColumn {
      if column > 0 { row.append(0x2C) }
      unsafe row.append(csvField: marketRow.cell(column))
    }
    row.append(0x0A)
    unsafe facts.update(row.bytes)
  }

  /// Adds a row of commitments.csv.
  /// - Returns: what is wrong with it; nil where nothing is.
  func add(_ line: AuditLine) -> String? {
    unsafe facts.update(UnsafeRawBufferPointer(line.bytes))
    commitments += 1
    guard let amount = line.integer(MarketBooks.amountColumn), amount > 0 else { return "amount is not a stake" }
    guard let payout = line.integer(MarketBooks.payoutColumn), payout >= 0 else { return "payout is not an amount" }
    guard let extra = line.integer(MarketBooks.extraColumn), extra >= 0, extra <= payout else {
      return "extra_units is not a part of the payout"
    }
    guard let profit = line.integer(MarketBooks.profitColumn), Int128(profit) == Int128(payout) - Int128(amount) else {
      return "profit is not payout - amount"
    }
    guard let result = MarketBooks.result(line) else { return "result is none of won, lost, refunded" }
    guard !line.isEmpty(MarketBooks.userColumn) else { return "there is no user_id" }
    let user = unsafe number(of: unsafe line.cell(MarketBooks.userColumn))
    committed += Int128(amount)
    users[user].committed += Int128(amount)
    switch result {
    case .won:
      winners += 1
      winningStake += Int128(amount)
      self.payout += Int128(payout)
      users[user].payout += Int128(payout)
      users[user].profit += Int128(profit)
      users[user].winning += 1
    case .lost:
      losers += 1
      users[user].lost += Int128(amount)
      users[user].losing += 1
      if payout != 0 { return "a lost commitment is paid" }
    case .refunded:
      refund += Int128(payout)
      users[user].refund += Int128(payout)
      users[user].refunded += 1
    }
    return nil
  }

  var factsDigest: Digest { facts.digest() }

  /// The user's place in `users`; nil for one without commitments here.
  func place(of user: UnsafeBufferPointer<UInt8>) -> Int? {
    user.count == 0 ? nil : unsafe words.number(of: user, owner: market)
  }

  func place(of user: [UInt8]) -> Int? { unsafe user.withUnsafeBufferPointer { unsafe place(of: $0) } }

  func markListed(_ place: Int) { users[place].isListed = true }

  private func number(of user: UnsafeBufferPointer<UInt8>) -> Int {
    if let known = unsafe words.number(of: user, owner: market) { return known }
    unsafe words.add(user, owner: market, number: users.count)
    wordCount += 1
    unsafe users.append(UserBooks(id: Array(user)))
    return users.count - 1
  }

  private static func result(_ line: AuditLine) -> CommitmentResult? {
    let cell = unsafe line.cell(resultColumn)
    if unsafe cell.elementsEqual(StaticBytes.won) { return .won }
    if unsafe cell.elementsEqual(StaticBytes.lost) { return .lost }
    return unsafe cell.elementsEqual(StaticBytes.refunded) ? .refunded : nil
  }

  private enum StaticBytes {
    static let won = Array("won".utf8)
    static let lost = Array("lost".utf8)
    static let refunded = Array("refunded".utf8)
  }
}
