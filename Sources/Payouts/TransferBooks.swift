// Which ledger entries does an event of a transfer make?
internal import Interchange
internal import Ledger

/// Writes the entries of transfers inside one database transaction. Each sums to zero, each has its key:
/// `ledger:payout:<transfer>:<attempt>` for an outcome, with `:reserve` behind it for the claim before.
final class TransferBooks {
  private let writer: EntryWriter

  /// Transfers and attempts are changed in the same transaction, and their guards stay.
  init(_ ledger: Ledger) throws(LedgerError) { writer = try EntryWriter(ledger, leavesOutGuards: false) }

  /// What the user's wallet can give. Opens and closes an entry that is not written.
  func available(of row: TransferRow) throws(LedgerError) -> Int128 {
    writer.begin(entry(row, kind: "payout-reserve", key: nil, note: nil))
    let available = try writer.available(in: AccountName.user(row.userID.utf8)) ?? Int128(Int64.max)
    try writer.end()
    return available
  }

  /// - Parameter code: what the outcome was, for the entry's metadata.
  func post(_ action: Transfer.Action, _ row: TransferRow, code: String) throws(LedgerError) {
    let user = AccountName.user(row.userID.utf8)
    switch action {
    case .reserve: try move(row, from: user, to: AccountName.inFlight, "payout-reserve", ":reserve", code)
    case .settle: try move(row, from: AccountName.inFlight, to: AccountName.external, "payout", "", code)
    case .release: try move(row, from: AccountName.inFlight, to: user, "payout-release", "", code)
    case .giveBack: try move(row, from: AccountName.external, to: user, "payout-return", "", code)
    case .note:
      let account =
        row.life.state == .reversing || row.life.state == .completed ? AccountName.external : AccountName.inFlight
      try move(row, from: account, to: account, "payout-note", "", code)
    case .pauseJob: break
    }
  }

  private func move(
    _ row: TransferRow, from source: String, to target: String, _ kind: String, _ suffix: String, _ code: String
  ) throws(LedgerError) {
    let key = "ledger:payout:\(row.id):\(row.life.attemptCount)\(suffix)"
    writer.begin(entry(row, kind: kind, key: key, note: code))
    try writer.post(-row.amount, to: source)
    try writer.post(row.amount, to: target)
    try writer.end()
  }

  private func entry(_ row: TransferRow, kind: String, key: String?, note: String?) -> EntryWriter.Entry {
    // No run id: these entries are not part of what the run settled, and verify counts those.
    var entry = EntryWriter.Entry(key: key, kind: kind, runID: nil, marketID: nil, currency: row.currency)
    var members: [String: JSONValue] = ["run_id": .string(row.runID), "transfer_id": .string(row.id)]
    if let note, !note.isEmpty { members["outcome"] = .string(note) }
    if let externalID = row.life.externalID { members["external_id"] = .string(externalID) }
    entry.metadata = JSONValue.object(members).compact
    return entry
  }

  func finish() throws(LedgerError) { try writer.finish() }
}
