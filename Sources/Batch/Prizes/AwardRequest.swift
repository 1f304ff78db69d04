// Which awards are to be given?
internal import Interchange
internal import Ledger
package import Markets
internal import Money
internal import Prizes

/// Fixed awards of the house for taking part, or for a place.
package struct AwardRequest: Sendable {
  package let operation: PrizeOperation
  package var inputs: [InputFile] = []
  package var configuration = PrizeConfiguration()
  package var asOf: String?
  package var notes: String?
  package var rejectsPath: String?
  package var isStrict = false
  /// Give what is missing and leave alone what was given before, whatever it was.
  package var isBackfill = false
  /// What each registration gets, or each place.
  fileprivate var amounts: PrizeDistribution

  /// - Parameters:
  ///   - amount: an amount for everyone who took part.
  ///   - table: a JSON object of places and amounts.
  /// - Throws: `usage`.
  package init(
    _ operation: PrizeOperation, amount: String?, table: String?, _ configuration: PrizeConfiguration
  ) throws(BatchError) {
    self.operation = operation
    self.configuration = configuration
    func failure(_ message: String, _ hint: String) -> BatchError { BatchError("usage", .usage, message, hint: hint) }
    let isPlacement = operation == .placement
    guard let text = isPlacement ? table : amount, (isPlacement ? amount : table) == nil else {
      throw isPlacement
        ? failure("awards for places need --amounts", #"like --amounts '{"1": 500, "2": 300, "3-4": 100}'"#)
        : failure("awards for taking part need --amount", "like --amount 50")
    }
    let base = configuration.base
    let document = isPlacement ? text : #"{"1": "\#(text)"}"#
    let read = DistributionReader.read(
      Array(document.utf8), unit: base.amountUnit, exponent: base.exponent(of: base.currency))
    guard case .success(let amounts) = read,
      amounts.tiers.allSatisfy({ if case .fixed = $0.rule { true } else { false } })
    else {
      throw failure(
        "--\(isPlacement ? "amounts" : "amount") is \(Terminal.quoted(text))",
        "amounts above 0 in \(base.currency) (--currency), in the batch's --amount-unit")
    }
    self.amounts = amounts
  }

  /// The request that a manifest's configuration records.
  init(_ operation: PrizeOperation, recorded json: JSONValue) throws(BatchError) {
    self.operation = operation
    var members = json.members ?? [:]
    let table = members.removeValue(forKey: "amounts") ?? .null
    isBackfill = members.removeValue(forKey: "backfill") == .bool(true)
    members["award"] = nil
    configuration = try PrizeConfiguration(json: .object(members))
    // Recorded in minor units, whatever the unit of the inputs.
    let text = operation == .placement ? table.compact : #"{"1": \#(table.compact)}"#
    guard case .success(let amounts) = DistributionReader.read(Array(text.utf8), unit: .minor, exponent: nil) else {
      throw BatchError(
        "run_damaged", .conflict, "manifest.json: the configuration names no amounts of awards",
        hint: "`settle verify` lists what is damaged; restore the run's directory from a backup")
    }
    self.amounts = amounts
  }

  /// What a place gets; for taking part every place is the first.
  func amount(at place: Int) -> Int64 {
    for tier in amounts.tiers where tier.places.first <= place && place <= tier.places.last {
      if case .fixed(let amount) = tier.rule { return amount }
    }
    return 0
  }

  var amountsJSON: JSONValue {
    guard operation == .placement else { return .int(amount(at: 1)) }
    return .object(
      Dictionary(
        uniqueKeysWithValues: amounts.tiers.map { tier in
          let places = tier.places
          return (
            places.count == 1 ? "\(places.first)" : "\(places.first)-\(places.last)", .int(amount(at: places.first))
          )
        }))
  }

  /// What decides beside the inputs; part of the batch key.
  var configurationJSON: JSONValue {
    var members = configuration.json.members ?? [:]
    for key in ["tie", "remainder", "refund_bps"] { members[key] = nil }
    members["amounts"] = amountsJSON
    members["backfill"] = .bool(isBackfill)
    members["award"] = .string(operation.settlementKind)
    return .object(members)
  }
}

/// What one award is and became.
package struct Award: Sendable {
  package let event: ID
  package let registration: ID
  /// 0 for taking part.
  package let place: Int
  package let amount: Int64
  package var status: AwardStatus
  /// Its number in the intake.
  let number: Int

  /// What is settled once: a registration, or a registration in an event.
  func subject(_ operation: PrizeOperation) -> String {
    operation == .participation
      ? registration.description
      : "event:\(AccountName.encoded(event.bytes)):reg:\(AccountName.encoded(registration.bytes))"
  }

  /// The entry's key: of stable ids alone, so that a winner who is picked again is not paid again.
  func key(_ operation: PrizeOperation) -> String {
    operation == .participation
      ? "participation:reg:\(AccountName.encoded(registration.bytes))" : "placement:\(subject(operation))"
  }

  func facts(_ operation: PrizeOperation, currency: String) -> Digest {
    var hash = SHA256()
    hash.update(field: Array("settle-award-1:\(operation.settlementKind)".utf8))
    hash.update(field: Array(subject(operation).utf8))
    hash.update(field: Array(currency.utf8))
    hash.update(integer: UInt64(amount))
    return hash.digest()
  }
}
