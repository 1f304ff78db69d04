// settle ledger …
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let ledgerCommands: [Command] = [.ledgerInit, .ledgerBalance]

  static let ledgerInit = Command(
    name: "ledger init", summary: "make a new ledger; you become its first admin",
    options: Option.place + [.operatorID]
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let ledger: Ledger
    let lock = try call.lockNewLedger(place)
    defer { withExtendedLifetime(lock) {} }
    do throws(LedgerError) {
      try Ledger.create(place.ledgerPath, operatorID: place.operatorID)
      ledger = try Ledger(place.ledgerPath, .readOnly)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "path": .string(place.ledgerPath), "admin": .string(place.operatorID),
        ]))
    } else {
      call.console.print(
        "made ledger \(ledger.identity) at \(Terminal.safe(place.ledgerPath)); \(Terminal.safe(place.operatorID)) is its first admin"
      )
    }
    return .done
  }

  static let ledgerBalance = Command(
    name: "ledger balance", summary: "show the balance of an account", operands: "ACCOUNT", operandCount: 1...1,
    options: Option.place + [.currency],
    details:
      "ACCOUNT is user:ID, creator:ID, escrow:MARKET, house, stakes or external; one that is not there stands at 0."
  ) { (call) throws(BatchError) in
    let account = call.arguments.positionals[0]
    let currency = call.arguments[.currency] ?? "TOKEN"
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let balance: Int64
    do throws(LedgerError) {
      balance = try ledger.balance(of: account, currency: currency) ?? 0
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(
        .object(["account": .string(account), "currency": .string(currency), "balance": .int(balance)]))
    } else {
      call.console.print("\(balance)")
    }
    return .done
  }
}
