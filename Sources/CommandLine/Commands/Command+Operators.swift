// settle operators …, settle audit-log
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let operatorCommands: [Command] = [.operatorsAdd, .operatorsList, .operatorsRemove, .auditLog] + bookCommands

  static let operatorsAdd = Command(
    name: "operators add", summary: "let somebody work on a ledger, or change the role", operands: "ID",
    operandCount: 1...1, options: Option.place + [.role, .actionReason, .operatorID],
    details: """
      admin: may do everything. organizer: may pay and refund prizes of events that name it. analyst: reads.
      Needs an admin. The same again changes nothing; another role replaces the one before and is recorded.
      """
  ) { (call) throws(BatchError) in
    let id = call.arguments.positionals[0]
    guard let role = call.arguments[.role].flatMap(OperatorRole.init(rawValue:)) else {
      throw BatchError("usage", .usage, "no role is given", hint: "--role admin, organizer or analyst")
    }
    try OperatorID.check(id)
    let change = try call.changeOperators { (ledger, operatorID, reason) throws(LedgerError) in
      try ledger.addOperator(id, role: role, by: operatorID, reason: reason)
    }
    call.tell(change, id, role)
    return .done
  }

  static let operatorsRemove = Command(
    name: "operators remove", summary: "let somebody work on a ledger no longer", operands: "ID", operandCount: 1...1,
    options: Option.place + [.actionReason, .operatorID],
    details: "Needs an admin. The last admin stays. What the operator did stays recorded."
  ) { (call) throws(BatchError) in
    let id = call.arguments.positionals[0]
    let change = try call.changeOperators { (ledger, operatorID, reason) throws(LedgerError) in
      try ledger.removeOperator(id, by: operatorID, reason: reason)
    }
    call.tell(change, id, nil)
    return .done
  }

  static let operatorsList = Command(
    name: "operators list", summary: "list who may work on a ledger", options: Option.place
  ) { (call) throws(BatchError) in
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let operators: [OperatorRecord]
    do throws(LedgerError) { operators = try ledger.operators() } catch { throw BatchError.ledger(error) }
    if call.console.isJSON {
      let rows = operators.map { record -> JSONValue in
        .object([
          "id": .string(record.id), "role": .string(record.role.rawValue), "added_by": .optional(record.addedBy),
          "at": .string(record.at),
        ])
      }
      call.console.print(.object(["ledger": .string(ledger.identity), "operators": .array(rows)]))
    } else {
      let rows = operators.map { record in
        [
          Terminal.safe(record.id), record.role.rawValue,
          record.addedBy.map { Terminal.safe($0) } ?? "(made the ledger)",
          record.at,
        ]
      }
      call.console.table([["operator", "role", "added by", "since"]] + rows, indent: "")
    }
    return .done
  }

  static let auditLog = Command(
    name: "audit-log", summary: "list what was done on a ledger, by whom and why, newest first",
    options: Option.place + [.pageLimit, .pageOffset, .byOperator, .byAction],
    details: """
      Runs, rollbacks, ledger operations by hand, payouts, operators: each with its time, operator, subject, result and
      reason. Attempts of operators without the role stand there with the result forbidden.
      --operator is a filter here and is not read from SETTLE_OPERATOR.
      """
  ) { (call) throws(BatchError) in
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let limit = try call.arguments.integer(.pageLimit, in: 1...1_000_000) ?? 50
    let offset = try call.arguments.integer(.pageOffset, in: 0...Int(Int32.max)) ?? 0
    var page: [ActionRecord]
    do throws(LedgerError) {
      page = try ledger.actions(
        by: call.arguments[.byOperator], action: call.arguments[.byAction], limit: limit + 1, offset: offset)
    } catch {
      throw BatchError.ledger(error)
    }
    let hasMore = page.count > limit
    page = Array(page.prefix(limit))
    if call.console.isJSON {
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "actions": .array(page.map(\.json)), "limit": .int(limit),
          "offset": .int(offset), "next_offset": hasMore ? .int(offset + limit) : .null,
        ]))
    } else if page.isEmpty {
      call.console.print("no actions")
    } else {
      call.console.table([["at", "operator", "action", "subject", "result", "reason"]] + page.map(\.cells), indent: "")
      if hasMore { call.console.notice("there are more: --offset \(offset + limit)") }
    }
    return .done
  }
}

extension Invocation {
  fileprivate func changeOperators(
    _ body: (Ledger, _ operatorID: String, _ reason: String?) throws(LedgerError) -> OperatorChange
  ) throws(BatchError) -> OperatorChange {
    let place = try place()
    guard let ledger = try ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    do throws(LedgerError) {
      return try body(ledger, place.operatorID, arguments[.actionReason])
    } catch {
      throw BatchError.ledger(error)
    }
  }

  fileprivate func tell(_ change: OperatorChange, _ id: String, _ role: OperatorRole?) {
    let earlier: OperatorRole? =
      switch change {
      case .changed(let role), .removed(let role): role
      case .added, .unchanged: nil
      }
    if console.isJSON {
      console.print(
        .object([
          "operator": .string(id), "role": .optional(role?.rawValue), "was": .optional(earlier?.rawValue),
          "result": .string(change.name), "by": .string(operatorID),
        ]))
      return
    }
    let name = Terminal.safe(id)
    switch change {
    case .added: console.print("\(name) is \(role?.rawValue ?? "") now")
    case .changed(let earlier): console.print("\(name) is \(role?.rawValue ?? "") now, and was \(earlier.rawValue)")
    case .removed(let earlier): console.print("\(name) was \(earlier.rawValue) and is no operator any more")
    case .unchanged: console.print("\(name) is \(role?.rawValue ?? "no operator") already")
    }
  }
}

extension ActionRecord {
  fileprivate var cells: [String] {
    // Roles are shown; digests are for programs.
    let shown = detail.flatMap { OperatorRole(rawValue: $0) }.map { "\(result) (\($0.rawValue))" } ?? result
    return [at, operatorID, action, subject ?? "", shown, reason ?? ""].map { Terminal.safe($0) }
  }

  fileprivate var json: JSONValue {
    .object([
      "id": .int(id), "at": .string(at), "operator": .string(operatorID), "action": .string(action),
      "subject": .optional(subject), "reason": .optional(reason), "result": .string(result),
      "detail": .optional(detail),
    ])
  }
}
