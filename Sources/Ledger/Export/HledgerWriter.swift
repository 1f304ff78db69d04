// How does the book read as a journal of hledger?
//
//     2026-11-20 * (12) payouts | m1
//         ; key:settle:9b00:m1:payouts
//         escrow:m1  -469 "TOKEN" = 20 "TOKEN"
//         user:u-ana  469 "TOKEN" = 469 "TOKEN"
//
// `= 20 "TOKEN"` asserts the balance after the posting; the number of the entry is the transaction's code.
internal import Interchange

struct HledgerWriter: BookWriter {
  var declaresAccounts: Bool { true }
  var assertsClosingBalances: Bool { false }

  func open(ledger identity: String, lastEntry: Int64, _ out: ByteBuffer) {
    out.append("; settle ledger \(identity), entries 1 to \(lastEntry). Amounts are minor units.\n")
    out.append("; Ids are percent-encoded. Check with: hledger -f FILE check --strict\n\n")
  }

  func declare(currency: String, _ out: ByteBuffer) {
    out.append("commodity 1000. \"")
    out.append(currency)
    out.append("\"\n")
  }

  func declare(account: String, currencies: [String], day: String, _ out: ByteBuffer) {
    out.append("account ")
    JournalName.appendHledger(account: account, out)
    out.append(0x0A)
  }

  func bare(_ entry: BookEntry, _ out: ByteBuffer) {
    out.append("\n; entry \(entry.id) of \(entry.day), ")
    JournalName.appendHledger(text: entry.kind, out)
    out.append(", moves nothing\n")
  }

  func begin(_ entry: BookEntry, _ out: ByteBuffer) {
    out.append("\n\(entry.day) * (\(entry.id)) ")
    JournalName.appendHledger(text: entry.kind, out)
    if let market = entry.marketID {
      out.append(" | ")
      JournalName.appendHledger(text: market, out)
    }
    out.append(0x0A)
    for (tag, value) in [
      ("at", entry.at), ("key", entry.key), ("run", entry.runID), ("reverses", entry.reverses.map { String($0) }),
      ("reason", entry.reason), ("metadata", entry.metadata),
    ] as [(StaticString, String?)] {
      guard let value else { continue }
      out.append("    ; ")
      out.append(tag)
      out.append(0x3A)
      JournalName.appendHledger(text: value, out)
      out.append(0x0A)
    }
  }

  func add(_ posting: BookPosting, of entry: BookEntry, _ out: ByteBuffer) {
    out.append("    ")
    JournalName.appendHledger(account: posting.account, out)
    out.append("  ")
    append(posting.amount, entry.currency, out)
    out.append(" = ")
    append(posting.balanceAfter, entry.currency, out)
    out.append(0x0A)
  }

  private func append(_ amount: Int64, _ currency: String, _ out: ByteBuffer) {
    out.append(decimal: amount)
    out.append(" \"")
    out.append(currency)
    out.append(0x22)
  }

  func end(_ entry: BookEntry, _ out: ByteBuffer) {}
  func assert(balance: Int64, of account: String, currency: String, day: String, _ out: ByteBuffer) {}
}
