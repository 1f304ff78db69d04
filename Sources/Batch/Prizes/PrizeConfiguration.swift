// Which defaults hold where an event is silent?
package import Interchange
internal import Markets
package import Money
package import Prizes

/// Everything beside the inputs that decides what a batch of events pays. Part of the batch key and of the manifest.
package struct PrizeConfiguration: Sendable {
  /// Currency, exponents, amount unit, `refund_bps` and `only` count here; the policies of markets do not.
  package var base = Configuration()
  package var tie = TiePolicy.split
  package var remainder = RemainderPolicy.first

  package init() {}

  package var json: JSONValue {
    let all = base.json
    var members: [String: JSONValue] = ["tie": .string(tie.rawValue), "remainder": .string(remainder.rawValue)]
    for key in ["currency", "currencies", "amount_unit", "refund_bps", "only"] { members[key] = all[key] ?? .null }
    return .object(members)
  }

  /// The configuration that a manifest records.
  package init(json: JSONValue) throws(BatchError) {
    var members = json.members ?? [:]
    tie = members.removeValue(forKey: "tie")?.text.flatMap(TiePolicy.init(rawValue:)) ?? .split
    remainder = members.removeValue(forKey: "remainder")?.text.flatMap(RemainderPolicy.init(rawValue:)) ?? .first
    base = try Configuration(json: .object(members))
  }
}
