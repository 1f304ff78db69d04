// Were the two runs given the same: inputs, configuration, ways to read them?
package import Interchange

/// Something that the manifests say was given otherwise.
package struct GivenDifference: Sendable {
  /// `commitments-1`, `configuration.house_fee_bps`, …
  package let name: String
  package let old: String
  package let new: String

  package var json: JSONValue {
    .object(["name": .string(name), "old": .string(old), "new": .string(new)])
  }
}

extension RunDiff {
  /// What differs between the manifests beside the results; empty where a side has no manifest.
  package var given: [GivenDifference] {
    guard let old = a.manifest?.json, let new = b.manifest?.json else { return [] }
    var differences: [GivenDifference] = []
    func compare(_ name: String, _ old: String, _ new: String) {
      if old != new { differences.append(GivenDifference(name: name, old: old, new: new)) }
    }
    compare("kind", RunDiff.shown(old["kind"]), RunDiff.shown(new["kind"]))
    compare("as_of", RunDiff.shown(old["as_of"]), RunDiff.shown(new["as_of"]))
    let inputs = [old, new].map { manifest in
      (manifest["inputs"]?.elements ?? []).map { ($0["name"]?.text ?? "", RunDiff.input($0)) }
    }
    for (name, text) in inputs[0] { compare(name, text, inputs[1].first { $0.0 == name }?.1 ?? "-") }
    for (name, text) in inputs[1] where !inputs[0].contains(where: { $0.0 == name }) { compare(name, "-", text) }
    compareConfiguration("configuration", old["configuration"], new["configuration"], compare)
    let rejected = [old, new].map { RunDiff.shown($0["counts"]?["rejected_rows"]) }
    compare("rejected rows", rejected[0], rejected[1])
    return differences
  }

  private func compareConfiguration(
    _ name: String, _ old: JSONValue?, _ new: JSONValue?, _ compare: (String, String, String) -> Void
  ) {
    guard let before = old?.members, let after = new?.members else {
      return compare(name, RunDiff.shown(old), RunDiff.shown(new))
    }
    let keys = Set(before.keys).union(after.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for key in keys { compareConfiguration("\(name).\(key)", before[key], after[key], compare) }
  }

  private static func shown(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null: "-"
    case .string(let text): text
    case .some(let value): value.compact
    }
  }

  private static func input(_ input: JSONValue) -> String {
    "\(shown(input["rows"])) rows, sha256 \(shown(input["sha256"]).prefix(12))"
  }
}
