// What becomes of a rollback when the money has left over a rail, or is about to?
import TestSupport
import Testing

@Suite struct PaidOutRollbackTests {
  /// Three users are owed 100, 200 and 300.
  private func night() -> PayoutNight {
    let night = PayoutNight(users: 3)
    #expect(night.schedule().exitCode == 0)
    return night
  }

  private func rollback(_ night: PayoutNight, _ options: String...) -> ToolResult {
    night.workspace.settle(["rollback", night.runID, "--reason", "wrong", "--json"] + options)
  }

  @Test func `transfers that are still to be sent are held by the rollback, and cancelled by the next schedule`() throws
  {
    let night = night()
    #expect(rollback(night).exitCode == 0)
    #expect(try night.states() == "held 3")
    // Held is not done: the exit code says that something waits.
    #expect(night.payByBook().exitCode == 3)
    #expect(night.workspace.settle("payouts", "schedule", "--run", night.runID).exitCode == 0)
    #expect(try night.states() == "cancelled 3")
    #expect(night.executions().isEmpty)
    #expect(
      try ["user:u1", "user:u2", "user:u3", "in_flight", "external", "stakes"].map { try night.balance($0) } == [
        0, 0, 0, 0, 0, 0,
      ])
    #expect(night.workspace.settle("ledger", "check").exitCode == 0)
  }

  @Test func `money that was sent blocks the rollback of its market, and nothing moves`() throws {
    let night = night()
    #expect(night.payByBook().exitCode == 0)
    let result = rollback(night)
    #expect(result.exitCode == 3, "\(result.output)\(result.errors)")
    #expect(try night.balance("external") == PayoutNight.total(3))
    #expect(try night.balance("stakes") == -PayoutNight.total(3))
    #expect(night.workspace.settle("ledger", "check").exitCode == 0)
  }

  @Test func `accepted, it is a receivable of each user, and no unit is lost`() throws {
    let night = night()
    #expect(night.payByBook().exitCode == 0)
    let result = rollback(night, "--accept-external")
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(try (1...3).map { try night.balance("receivable:u\($0)") } == [-100, -200, -300])
    #expect(try (1...3).map { try night.balance("user:u\($0)") } == [0, 0, 0])
    #expect(try night.balance("stakes") == 0)
    #expect(try night.balance("external") == PayoutNight.total(3))
    #expect(night.workspace.settle("ledger", "check").exitCode == 0)
    // Once and only once, and nothing is sent again.
    #expect(rollback(night, "--accept-external").exitCode == 0)
    #expect(try night.balance("receivable:u3") == -300)
    _ = night.payByBook()
    #expect(night.executions().values.allSatisfy { $0 == 1 })
  }
}
