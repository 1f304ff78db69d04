// How do operations get into the book, one or many?

/// What became of one operation of many.
package enum OperationResult: Sendable {
  case done(Receipt)
  case failed(LedgerError)

  package var receipt: Receipt? { if case .done(let receipt) = self { receipt } else { nil } }
  package var error: LedgerError? { if case .failed(let error) = self { error } else { nil } }
}

/// What the record of administrative actions says of operations.
package struct OperationRecord: Sendable {
  package var name = "ledger post"
  /// Nil: how many there were.
  package var subject: String?
  package var reason: String?

  package init(name: String = "ledger post", subject: String? = nil, reason: String? = nil) {
    self.name = name
    self.subject = subject
    self.reason = reason
  }
}

extension Ledger {
  /// Applies one operation.
  /// - Throws: `invalidKey`, `conflict`, `invalidAmount`, `invalidAccount`, `unknownReservation`, `reservationClosed`,
  ///   `insufficientFunds`, `outOfRange`, in this order of precedence; `unauthenticated`, `forbidden`; `busy`, `full`.
  package func apply(_ operation: Operation, by operatorID: String) throws(LedgerError) -> Receipt {
    var result: OperationResult?
    var isAsked = false
    try apply(
      by: operatorID, isAtomic: true,
      recording: OperationRecord(
        name: "ledger \(operation.kind.rawValue)",
        subject: operation.reservation.map { "reservation \($0)" } ?? operation.account, reason: operation.reason),
      next: { () throws(LedgerError) in
        defer { isAsked = true }
        return isAsked ? nil : .success(operation)
      }, told: { result = $0 })
    switch result {
    case .done(let receipt): return receipt
    case .failed(let error): throw error
    case nil: preconditionFailure("an operation without a result")
    }
  }

  /// Applies operations in their order, all in one database transaction.
  ///
  /// - Parameter isAtomic: where one fails, none is applied; else the others are.
  /// - Returns: a result for each. Of a failed atomic call those that were not at fault are `.done` without effect.
  package func apply(
    _ operations: [Operation], by operatorID: String, isAtomic: Bool
  ) throws(LedgerError) -> [OperationResult] {
    var results: [OperationResult] = []
    results.reserveCapacity(operations.count)
    var index = 0
    try apply(
      by: operatorID, isAtomic: isAtomic,
      next: { () throws(LedgerError) in
        defer { index += 1 }
        return index < operations.count ? .success(operations[index]) : nil
      }, told: { result in results.append(result) })
    return results
  }

  /// Applies operations as they come, all in one database transaction; memory does not grow with their number.
  ///
  /// - Parameters:
  ///   - next: the next operation, or why there is none to be read; nil behind the last.
  ///   - told: what became of it.
  /// - Returns: whether anything was applied.
  @discardableResult
  package func apply(
    by operatorID: String, isAtomic: Bool, recording action: OperationRecord = OperationRecord(),
    next: () throws(LedgerError) -> Result<Operation, LedgerError>?,
    told: (OperationResult) -> Void
  ) throws(LedgerError) -> Bool {
    try require(.admin, of: operatorID, for: action.name, subject: action.subject, reason: action.reason)
    var hasFailed = false
    var created = 0
    do throws(LedgerError) {
      try database.transaction { () throws(LedgerError) in
        let writer = try OperationWriter(self)
        while let operation = try next() {
          do throws(LedgerError) {
            let receipt = try writer.apply(try operation.get())
            if !receipt.isReplay { created += 1 }
            told(.done(receipt))
          } catch {
            // What is wrong with the operation is its own; what is wrong with the database ends all.
            guard error.isRefusal else { throw error }
            hasFailed = true
            told(.failed(error))
          }
        }
        if hasFailed && isAtomic { throw Ledger.takeBack }
        try writer.finish()
        if created > 0 {
          try record(
            action: action.name, by: operatorID, subject: action.subject ?? "\(created) operations",
            reason: action.reason, result: "applied")
        }
      }
    } catch {
      guard error == Ledger.takeBack else { throw error }
      return false
    }
    return created > 0
  }

  /// Ends the transaction of an atomic call in which an operation was refused.
  private static let takeBack = LedgerError(.invariant, "an operation of an atomic call was refused")
}
