// How is a reservation written into its entry, so that the hash chain covers it?
internal import Interchange

/// The metadata of entries of kinds `reserve`, `capture` and `void`.
struct ReservationText: Equatable {
  /// The account that money is set aside in.
  var account: String
  var counterpart: String
  /// The entry of the reservation that is closed.
  var closes: Int64?
  var amount: Int64
  /// What the accounts stood at right after, for whoever asks again.
  var balanceAfter: Int64
  var counterpartBalanceAfter: Int64
  /// The caller's own.
  var metadata: String?

  /// - Parameter reservation: the reservation that is closed; nil where one is made.
  init(closes reservation: Int64?, _ receipt: Receipt, _ metadata: String?) {
    account = receipt.account
    counterpart = receipt.counterpart
    closes = reservation
    amount = receipt.amount
    balanceAfter = receipt.balanceAfter
    counterpartBalanceAfter = receipt.counterpartBalanceAfter
    self.metadata = metadata
  }

  init?(_ text: String?) {
    guard let text, let json = try? JSONValue(parsing: Array(text.utf8)), let amount = json["amount"]?.integer,
      let account = json["account"]?.text, let counterpart = json["counterpart"]?.text,
      let balance = json["balance_after"]?.integer, let other = json["counterpart_balance_after"]?.integer
    else { return nil }
    self.amount = amount
    self.account = account
    self.counterpart = counterpart
    balanceAfter = balance
    counterpartBalanceAfter = other
    closes = json["reservation"]?.integer
    metadata = json["metadata"]?.text
  }

  var json: String {
    var members: [String: JSONValue] = [
      "amount": .int(amount), "account": .string(account), "counterpart": .string(counterpart),
      "balance_after": .int(balanceAfter), "counterpart_balance_after": .int(counterpartBalanceAfter),
    ]
    members["reservation"] = closes.map { .int($0) }
    members["metadata"] = metadata.map { .string($0) }
    return JSONValue.object(members).compact
  }
}
