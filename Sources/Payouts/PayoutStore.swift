// How do transfers stand in the ledger's file?
package import Ledger
internal import Rails

/// Jobs, transfers and attempts in the ledger's own database: what moves money and what says so commit together.
package struct PayoutStore {
  package let ledger: Ledger

  package init(_ ledger: Ledger) { self.ledger = ledger }

  static let columns = """
    id, run_id, user_id, currency, amount, destination, state, reason, attempt_count, failure_count, generation,
    reversal_generation, first_sent_at, absent_at, due_at, is_uncertain, must_look_up, can_look_up, is_refused,
    is_key_spent, is_in_flight, external_id, worker
    """

  static func row(_ statement: Statement) -> TransferRow {
    var life = Transfer(Transfer.State(rawValue: statement.text(6) ?? "") ?? .held)
    life.reason = statement.text(7)
    life.attemptCount = Int(statement.integer(8))
    life.failureCount = Int(statement.integer(9))
    life.generation = Int(statement.integer(10))
    life.reversalGeneration = Int(statement.integer(11))
    life.firstSentAt = statement.isNull(12) ? nil : statement.integer(12)
    life.absentAt = statement.isNull(13) ? nil : statement.integer(13)
    life.dueAt = statement.integer(14)
    life.isUncertain = statement.integer(15) == 1
    life.mustLookUp = statement.integer(16) == 1
    life.canLookUp = statement.integer(17) == 1
    life.isRefused = statement.integer(18) == 1
    life.isKeySpent = statement.integer(19) == 1
    life.isInFlight = statement.integer(20) == 1
    life.externalID = statement.text(21)
    return TransferRow(
      id: statement.text(0) ?? "", runID: statement.text(1) ?? "", userID: statement.text(2) ?? "",
      currency: statement.text(3) ?? "", amount: statement.integer(4), destination: statement.text(5), life: life,
      worker: statement.isNull(22) ? nil : statement.integer(22))
  }

  package func transfer(_ id: String) throws(LedgerError) -> TransferRow? { try Finder(ledger.database).find(id) }

  /// Reads transfers by their ids, one after another.
  final class Finder {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
      statement = try database.prepare("SELECT \(PayoutStore.columns) FROM payout_transfers WHERE id = ?")
    }

    func find(_ id: String) throws(LedgerError) -> TransferRow? {
      statement.bind(1, id)
      defer { statement.reset() }
      return try statement.step() ? PayoutStore.row(statement) : nil
    }
  }

  /// Writes what may change of a transfer.
  final class Saver {
    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
      statement = try database.prepare(
        """
        UPDATE payout_transfers SET amount = ?2, destination = ?3, state = ?4, reason = ?5, attempt_count = ?6,
          failure_count = ?7, generation = ?8, reversal_generation = ?9, first_sent_at = ?10, absent_at = ?11,
          due_at = ?12, is_uncertain = ?13, must_look_up = ?14, can_look_up = ?15, is_refused = ?16, is_key_spent = ?17,
          is_in_flight = ?18, external_id = ?19, worker = ?20
        WHERE id = ?1
        """)
    }

    func save(_ row: TransferRow) throws(LedgerError) {
      let life = row.life
      statement.bind(1, row.id)
      statement.bind(2, row.amount)
      statement.bind(3, row.destination)
      statement.bind(4, life.state.rawValue)
      statement.bind(5, life.reason)
      statement.bind(6, Int64(life.attemptCount))
      statement.bind(7, Int64(life.failureCount))
      statement.bind(8, Int64(life.generation))
      statement.bind(9, Int64(life.reversalGeneration))
      statement.bind(10, life.firstSentAt)
      statement.bind(11, life.absentAt)
      statement.bind(12, life.dueAt)
      for (index, flag) in [
        life.isUncertain, life.mustLookUp, life.canLookUp, life.isRefused, life.isKeySpent, life.isInFlight,
      ].enumerated() {
        statement.bind(Int32(13 + index), Int64(flag ? 1 : 0))
      }
      statement.bind(19, life.externalID)
      statement.bind(20, row.worker)
      try statement.run()
    }
  }
}

/// A transfer with what it is about.
package struct TransferRow: Sendable, Equatable {
  package let id: String
  /// The run that it pays; also the job.
  package let runID: String
  package let userID: String
  package let currency: String
  package var amount: Int64
  package var destination: String?
  package var life: Transfer
  package var worker: Int64?
}
