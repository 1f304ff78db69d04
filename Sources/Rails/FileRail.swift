// How is money sent by a file that somebody carries to the bank?
internal import Interchange
internal import Money

/// A file for each batch: CSV, or ISO 20022 pain.001.001.09.
///
/// The file is written aside and flushed, then the outcomes are recorded in the ledger, then the file is moved into
/// place. So a file that anybody can see holds payments that are recorded, and each of them once: a crash before the
/// record discards the file, a crash behind it is finished by the next call.
package final class FileRail: Rail {
  package struct Settings: Sendable {
    package var directory: String
    package var format: PaymentFile.Format
    package var debtor: Debtor
    package var executionDate: String?
    package var exponents: [String: Int]
    /// Who writes: in the name of what lies aside.
    package var worker: Int64

    package init(
      directory: String, format: PaymentFile.Format, debtor: Debtor, executionDate: String?, exponents: [String: Int],
      worker: Int64
    ) {
      self.directory = directory
      self.format = format
      self.debtor = debtor
      self.executionDate = executionDate
      self.exponents = exponents
      self.worker = worker
    }
  }

  private let settings: Settings
  /// Now, like `2026-11-20T18:59:00.123Z`.
  private let now: () -> String
  private var staged: [String] = []
  /// Files that were moved into place.
  package private(set) var published: [String] = []

  package init(_ settings: Settings, now: @escaping () -> String) {
    self.settings = settings
    self.now = now
  }

  package func close() {}

  package func perform(_ calls: [RailCall], pace: RailPace) -> RailBatch {
    precondition(staged.isEmpty, "the batch before is not recorded")
    var outcomes: [RailOutcome] = []
    var orders: [PaymentOrder] = []
    var places: [Int] = []
    for (place, call) in calls.enumerated() {
      switch call.operation {
      // What is not recorded was never published.
      case .lookup: outcomes.append(.answered(RailReply(call.transferID, .permanent, code: "not_found")))
      case .reverse: outcomes.append(.answered(RailReply(call.transferID, .permanent, code: "unsupported")))
      case .transfer:
        do throws(RailProtocolError) {
          orders.append(try PaymentOrder(call, settings.format, exponents: settings.exponents))
          places.append(place)
          outcomes.append(.notSent)
        } catch {
          outcomes.append(.answered(RailReply(call.transferID, .permanent, code: error.message)))
        }
      }
    }
    guard !orders.isEmpty else { return RailBatch(outcomes) }
    let file = PaymentFile(messageID: messageID(orders), orders: orders, exponents: settings.exponents)
    do throws(RailFileError) {
      try stage(file)
    } catch {
      return RailBatch(outcomes, failure: "\(error.path): \(error.message)")
    }
    for (index, place) in places.enumerated() {
      outcomes[place] = .answered(
        RailReply(orders[index].transferID, .ok, externalID: file.externalID(index)))
    }
    return RailBatch(outcomes)
  }

  /// Made from what is paid: `S` and 24 hexadecimal digits.
  private func messageID(_ orders: [PaymentOrder]) -> String {
    var hash = SHA256()
    for order in orders { hash.update(field: Array("\(order.key) \(order.amount) \(order.currency)".utf8)) }
    hash.update(field: Array("\(settings.worker) \(now())".utf8))
    return "S" + hash.digest().bytes.prefix(12).map { $0 }.hex
  }

  // MARK: Aside, then into place

  private var aside: String { "\(settings.directory)/.staging" }

  private func stage(_ file: PaymentFile) throws(RailFileError) {
    let name = "payout-\(file.messageID).\(settings.format.suffix)"
    let text: String
    let totals: (count: Int, sum: Int128)?
    switch settings.format {
    case .csv:
      text = file.csv
      totals = PaymentFileCheck.totals(csv: text)
    case .pain001:
      let time = now()
      text = file.pain001(
        debtor: settings.debtor, createdAt: String(time.prefix(19)) + "Z",
        executionDate: settings.executionDate ?? String(time.prefix(10)))
      totals = PaymentFileCheck.totals(pain001: text)
    }
    let control = file.controlSum(file.orders)
    guard let totals, totals.count == file.orders.count, totals.sum == DecimalText.parse(control, scale: 5) else {
      throw RailFileError(name, "the file does not hold what its control sums say; it was not written")
    }
    var hash = SHA256()
    hash.update(Array(text.utf8))
    let controlText = JSONValue.object([
      "file": .string(name), "message_id": .string(file.messageID), "transfers": .int(file.orders.count),
      "control_sum": .string(control), "sha256": .string(hash.digest().bytes.hex),
      "totals": .object(
        Dictionary(
          uniqueKeysWithValues: file.byCurrency.map { ($0.currency.code, .string(file.controlSum($0.orders))) })),
    ]).pretty
    do throws(FileError) {
      try FileSystem.createDirectories(aside)
      for (suffix, content) in [("", text), (".control.json", controlText)] {
        try FileSystem.create("\(aside)/\(settings.worker).\(name)\(suffix)", Array(content.utf8), flush: true)
      }
      try FileSystem.flushDirectory(aside)
    } catch {
      throw RailFileError(error.path, "cannot \(error.operation): \(error.reason)", isTransient: error.isTransient)
    }
    staged = [name]
  }

  package func commit() throws(RailFileError) {
    for name in staged { try publish(worker: settings.worker, name) }
    staged = []
  }

  /// The control file first: who sees the payments sees their sums.
  private func publish(worker: Int64, _ name: String) throws(RailFileError) {
    do throws(FileError) {
      for suffix in [".control.json", ""] where FileSystem.exists("\(aside)/\(worker).\(name)\(suffix)") {
        try FileSystem.rename("\(aside)/\(worker).\(name)\(suffix)", to: "\(settings.directory)/\(name)\(suffix)")
      }
      try FileSystem.flushDirectory(settings.directory)
    } catch {
      throw RailFileError(error.path, "cannot \(error.operation): \(error.reason)", isTransient: error.isTransient)
    }
    published.append(name)
  }

  /// Finishes or discards what processes that have ended left aside.
  /// - Parameters:
  ///   - isAlive: whether a worker is still there.
  ///   - isRecorded: whether the payments of a message are recorded.
  package func recover<Failure: Error>(
    mapping: (RailFileError) -> Failure, isAlive: (Int64) throws(Failure) -> Bool,
    isRecorded: (_ messageID: String) throws(Failure) -> Bool
  ) throws(Failure) {
    let names: [String]
    do throws(FileError) {
      names = try FileSystem.list(aside)
    } catch {
      throw mapping(RailFileError(error.path, "cannot \(error.operation): \(error.reason)"))
    }
    for full in names where !full.hasSuffix(".control.json") {
      guard let dot = full.firstIndex(of: "."), let worker = Int64(full[..<dot]), worker != settings.worker else {
        continue
      }
      let name = String(full[full.index(after: dot)...])
      guard name.hasPrefix("payout-"), let end = name.lastIndex(of: "."), !(try isAlive(worker)) else { continue }
      let messageID = String(name[name.index(name.startIndex, offsetBy: 7)..<end])
      if try isRecorded(messageID) {
        do throws(RailFileError) { try publish(worker: worker, name) } catch { throw mapping(error) }
      } else {
        for suffix in ["", ".control.json"] { _ = try? FileSystem.removeFile("\(aside)/\(worker).\(name)\(suffix)") }
      }
    }
    // A control file whose payments were never written whole, or were moved into place before it could be.
    for full in names where full.hasSuffix(".control.json") {
      guard let dot = full.firstIndex(of: "."), let worker = Int64(full[..<dot]), worker != settings.worker,
        !(try isAlive(worker)), FileSystem.exists("\(aside)/\(full)")
      else { continue }
      _ = try? FileSystem.removeFile("\(aside)/\(full)")
    }
  }
}
