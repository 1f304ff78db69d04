// How does the book read as a journal of beancount?
//
//     2026-11-20 * "payouts" "m1"
//       entry: 12
//       key: "settle:9b00:m1:payouts"
//       Assets:Escrow:Id-m1  -469 TOKEN
//       Assets:User:Id-u-2Dana  469 TOKEN
//     2026-11-21 balance Assets:Escrow:Id-m1  20 TOKEN
//
// Balances are asserted on the morning after the last entry.
internal import Interchange

struct BeancountWriter: BookWriter {
  var declaresAccounts: Bool { true }
  var assertsClosingBalances: Bool { true }

  func open(ledger identity: String, lastEntry: Int64, _ out: ByteBuffer) {
    out.append(
      "; Entries 1 to \(lastEntry). Amounts are minor units. In names -XX is a byte. Check with: bean-check FILE\n")
    out.append("option \"title\" \"settle ledger \(identity)\"\n\n")
  }

  func declare(currency: String, _ out: ByteBuffer) {}

  func declare(account: String, currencies: [String], day: String, _ out: ByteBuffer) {
    out.append(day)
    out.append(" open ")
    JournalName.appendBeancount(account: account, out)
    out.append(0x20)
    out.append(currencies.map { JournalName.beancount(currency: $0) }.joined(separator: ","))
    out.append(0x0A)
  }

  func bare(_ entry: BookEntry, _ out: ByteBuffer) {
    out.append("\n; entry \(entry.id) of \(entry.day) moves nothing\n")
  }

  func begin(_ entry: BookEntry, _ out: ByteBuffer) {
    out.append("\n\(entry.day) * ")
    JournalName.appendBeancount(text: entry.kind, out)
    if let market = entry.marketID {
      out.append(0x20)
      JournalName.appendBeancount(text: market, out)
    }
    out.append("\n  entry: \(entry.id)\n")
    for (name, value) in [
      ("at", entry.at), ("key", entry.key), ("run", entry.runID), ("reason", entry.reason),
      ("metadata", entry.metadata),
    ] as [(StaticString, String?)] {
      guard let value else { continue }
      out.append("  ")
      out.append(name)
      out.append(": ")
      JournalName.appendBeancount(text: value, out)
      out.append(0x0A)
    }
    if let reverses = entry.reverses { out.append("  reverses: \(reverses)\n") }
  }

  func add(_ posting: BookPosting, of entry: BookEntry, _ out: ByteBuffer) {
    out.append("  ")
    append(posting.amount, on: posting.account, entry.currency, out)
  }

  func end(_ entry: BookEntry, _ out: ByteBuffer) {}

  func assert(balance: Int64, of account: String, currency: String, day: String, _ out: ByteBuffer) {
    out.append(Day.after(day))
    out.append(" balance ")
    append(balance, on: account, currency, out)
  }

  private func append(_ amount: Int64, on account: String, _ currency: String, _ out: ByteBuffer) {
    JournalName.appendBeancount(account: account, out)
    out.append("  ")
    out.append(decimal: amount)
    out.append(0x20)
    out.append(JournalName.beancount(currency: currency))
    out.append(0x0A)
  }
}

/// Days of the calendar as `2026-11-20`.
enum Day {
  /// The day after; a text that is no day stays as it is.
  static func after(_ day: String) -> String {
    let parts = day.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3 else { return day }
    var (year, month, date) = (parts[0], parts[1], parts[2])
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month) else { return day }
    date += 1
    if date > lengths[month - 1] { (date, month) = (1, month + 1) }
    if month > 12 { (month, year) = (1, year + 1) }
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(date, 2)
  }
}
