// Why could a command not do its work?
package import Interchange
package import Ledger

/// What a command ends with; the numbers are its exit code.
package enum ExitStatus: Int32, Sendable {
  case done = 0
  case found = 1
  case usage = 2
  case partial = 3
  case refused = 4
  case conflict = 5
  case locked = 6
  case transient = 7
  case notPermitted = 8
  case invariant = 70
}

/// A failure of a command: a stable code, what happened, and what to do next.
package struct BatchError: Error, Sendable {
  package let code: String
  package let status: ExitStatus
  package let message: String
  package let hint: String
  /// The rows that caused it, if rows did.
  package let rejections: [Rejection]

  package init(_ code: String, _ status: ExitStatus, _ message: String, hint: String, rejections: [Rejection] = []) {
    self.code = code
    self.status = status
    self.message = message
    self.hint = hint
    self.rejections = rejections
  }

  package static func invalidConfiguration(_ message: String, hint: String) -> BatchError {
    BatchError("invalid_configuration", .refused, message, hint: hint)
  }

  package static func file(_ error: FileError) -> BatchError {
    let path = Terminal.safe(error.path)
    if error.isTransient {
      return BatchError(
        "no_space", .transient, "\(path): cannot \(error.operation): \(error.reason)",
        hint: "make room, then run the same command again: nothing was applied in part")
    }
    if error.isMissing {
      return BatchError(
        "file_missing", .usage, "\(path): there is no such file or directory",
        hint: "check the path; it is taken from the current directory")
    }
    return BatchError(
      "file_unreadable", .usage, "\(path): cannot \(error.operation): \(error.reason)",
      hint: "check the path and its permissions")
  }
}

extension BatchError {
  package static func ledger(_ error: LedgerError) -> BatchError {
    let message = Terminal.safe(error.message)
    func failure(_ status: ExitStatus, _ hint: String) -> BatchError {
      BatchError(error.code.rawValue, status, message, hint: hint)
    }
    return switch error.code {
    case .missing:
      failure(.refused, "check the path, or make a new ledger with `settle ledger init` (or run --init-ledger)")
    case .exists: failure(.refused, "use another path; a ledger is never overwritten")
    case .foreign: failure(.refused, "check the path given with --ledger")
    case .newer: failure(.refused, "use the version of settle that wrote it, or a later one")
    case .older: failure(.refused, "make a copy, then bring it up to date with `settle recover`")
    case .busy: failure(.transient, "another process uses the ledger; run the same command again")
    case .full: failure(.transient, "make room, then run the same command again: nothing was applied in part")
    case .outOfRange: failure(.refused, "nothing was applied; split the night, or settle in a larger unit")
    case .conflict: failure(.conflict, "use another key, or send the same content again")
    case .insufficientFunds: failure(.refused, "nothing was applied; see `settle ledger balance` for what is there")
    case .invalidOperation: failure(.refused, "one of credit, debit, transfer, reserve, capture, void")
    case .invalidCurrency: failure(.refused, "a currency is 1 to 12 of A-Z and 0-9")
    case .malformedRow: failure(.refused, "mend the line; see docs/FILE-FORMATS.md")
    case .invalidAmount: failure(.refused, "give a whole number of minor units above 0")
    case .invalidAccount:
      failure(.refused, "accounts are user:ID, creator:ID, escrow:MARKET, house, …; `settle ledger open` opens one")
    case .invalidKey: failure(.refused, "use a key of your own, like order-4711")
    case .unknownReservation: failure(.refused, "a reservation is named by the entry that `settle ledger reserve` told")
    case .reservationClosed: failure(.conflict, "see `settle ledger entries` for what became of it")
    case .invariant:
      failure(.invariant, "nothing was applied; this is a fault of the program: report it with the inputs")
    case .unauthenticated: failure(.notPermitted, "name a known operator with --operator")
    case .forbidden: failure(.notPermitted, "ask an admin to run this")
    case .lastAdmin: failure(.refused, "make another operator admin first: `settle operators add ID --role admin`")
    case .unknownOperator: failure(.usage, "`settle operators list` shows who is there")
    case .database: failure(.usage, "check the file, its directory and their permissions (`settle ledger check`)")
    }
  }
}

/// Text that came from outside, made safe to show.
package enum Terminal {
  /// Printable characters as they are, all others as `\u{…}`; at most 200 characters.
  package static func safe(_ text: String) -> String {
    var shown = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
      if count == 200 { return shown + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        shown += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default:
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  package static func quoted(_ text: String) -> String { "\"" + safe(text) + "\"" }
}
