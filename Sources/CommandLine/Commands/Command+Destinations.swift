// settle destinations …
internal import Batch
internal import Interchange
internal import Ledger
internal import Payouts

extension Command {
  static let destinationCommands: [Command] = [.destinationsImport, .destinationsList, .destinationsRemove]

  static let destinationsImport = Command(
    name: "destinations import", summary: "import where users' money goes: user_id, account, currency, status",
    operands: "FILE", operandCount: 1...1, options: Option.place + [.destinationsFormat, .operatorID],
    details: """
      FILE is CSV, JSON or NDJSON. Without a currency a row stands for every currency that has no row of its own; status \
      is active (default) or inactive. A row takes the place of the one before of the same user and currency. All rows \
      are good, or none is imported.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let path = call.arguments.positionals[0]
    let named = call.arguments[.destinationsFormat].flatMap(InputFormat.init(rawValue:))
    guard let format = named ?? InputFormat(path: path) else {
      throw BatchError(
        "unknown_format", .usage, "\(Terminal.safe(path)): the format cannot be told by its name",
        hint: "name it .csv, .json or .ndjson, or give --destinations-format")
    }
    let store = try call.payouts(.readWrite, place)
    let rows = try DestinationReader.read(path, format)
    let changed: Int
    do throws(LedgerError) {
      changed = try store.importDestinations(rows, by: place.operatorID)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["rows": .int(rows.count), "changed": .int(changed)]))
    } else {
      call.console.print("\(Console.counted(rows.count, "destination")), \(Console.grouped(changed)) new or changed")
    }
    return .done
  }

  static let destinationsList = Command(
    name: "destinations list", summary: "list where users' money goes", options: Option.place + [.user]
  ) { (call) throws(BatchError) in
    let store = try call.payouts(.readOnly, try call.place())
    let rows: [Destination]
    do throws(LedgerError) {
      rows = try store.destinations(ofUser: call.arguments[.user])
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      let list = rows.map { row -> JSONValue in
        .object([
          "user_id": .string(row.userID), "account": .string(row.account), "status": .string(row.status.rawValue),
          "currency": .optional(row.currency.isEmpty ? nil : row.currency),
        ])
      }
      call.console.print(.object(["destinations": .array(list)]))
    } else if rows.isEmpty {
      call.console.print("no destinations")
    } else {
      call.console.table(
        [["user", "currency", "account", "status"]]
          + rows.map {
            [Terminal.safe($0.userID), $0.currency.isEmpty ? "any" : $0.currency, $0.account, $0.status.rawValue]
          }, indent: "")
    }
    return .done
  }

  static let destinationsRemove = Command(
    name: "destinations remove", summary: "remove a user's destinations", operands: "USER", operandCount: 1...1,
    options: Option.place + [.destinationCurrency, .operatorID],
    details: "Transfers that are scheduled keep the destination that they have."
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    let removed: Int
    do throws(LedgerError) {
      removed = try store.removeDestinations(
        ofUser: call.arguments.positionals[0], currency: call.arguments[.destinationCurrency], by: place.operatorID)
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["removed": .int(removed)]))
    } else {
      call.console.print("\(Console.counted(removed, "destination")) removed")
    }
    return .done
  }
}

extension Option {
  static let destinationsFormat = Option(
    "destinations-format", takes: "FORMAT", choices: ["csv", "json", "ndjson"],
    "format of the destinations, whatever their extension")
  static let destinationCurrency = Option("currency", takes: "CODE", "only the one of this currency")
}

extension Invocation {
  /// The payouts of a ledger; writing needs an admin.
  func payouts(_ access: Ledger.Access, _ place: NightPlace) throws(BatchError) -> PayoutStore {
    guard let ledger = try ledger(access, place) else { preconditionFailure("no ledger") }
    if access == .readWrite {
      do throws(LedgerError) {
        try ledger.require(.admin, of: place.operatorID, for: command.name)
      } catch {
        throw BatchError.ledger(error)
      }
    }
    return PayoutStore(ledger)
  }
}
