// Which operations does a file hold, line by line?
package import Interchange
package import Ledger
internal import Markets
internal import Money

/// A file of operations (CSV, JSON, NDJSON), read as it is applied.
package final class OperationFile {
  private enum Field: Int, CaseIterable {
    case operation, account, counterpart, from, to, amount, currency, key, reason, metadata, reservation

    var name: String { "\(self)" }
  }

  package static let schema = Schema(
    table: "operations", fields: Field.allCases.map(\.name), requiredColumns: [["operation"]],
    aliases: ["op": "operation", "type": "operation", "idempotency_key": "key"])

  /// The line of the operation read last, from 1.
  package private(set) var line = 0
  private let reader: any RecordReader
  private let currency: String
  private let path: String
  private let asItComes: Bool

  /// - Parameters:
  ///   - currency: of lines that name none.
  ///   - asItComes: read what a pipe has, however little, and do not wait for more.
  package init(
    path: String, format: InputFormat, currency: String, asItComes: Bool = false
  ) throws(BatchError) {
    do throws(FileError) {
      let stream = try InputStream(path: path, ahead: false, fillsBlocks: !asItComes)
      reader = format.reader(of: stream, schema: OperationFile.schema)
    } catch {
      throw BatchError.file(error)
    }
    self.currency = currency
    self.path = path
    self.asItComes = asItComes
  }

  /// Columns that are not known, and not read.
  package var unknownFields: Set<[UInt8]> { reader.unknownFields }

  /// The next operation, or what is wrong with its line; nil behind the last.
  /// - Throws: where the file cannot be read to its end: nothing of it may be applied then.
  package func next() throws(LedgerError) -> Result<Operation, LedgerError>? {
    let outcome: ReadOutcome
    do throws(FileError) {
      outcome = try reader.next()
    } catch {
      throw LedgerError(.database, "\(error.path): cannot \(error.operation): \(error.reason)")
    }
    switch outcome {
    case .end: return nil
    case .unreadable(let fault):
      throw LedgerError(.malformedRow, "\(path):\(fault.line): \(fault.message); the rest cannot be read")
    case .broken(let fault):
      line = fault.line
      return .failure(LedgerError(.malformedRow, fault.message))
    case .record:
      line = reader.line
      if let fault = reader.faults.first {
        return .failure(LedgerError(.malformedRow, "\(fault.field): \(fault.message)"))
      }
      // Whoever writes to a pipe may have died in the middle of the line.
      if asItComes, reader.endsWithInput {
        return .failure(LedgerError(.malformedRow, "the line has no end: a part of it may be missing"))
      }
      do throws(LedgerError) { return .success(try operation()) } catch { return .failure(error) }
    }
  }

  private func operation() throws(LedgerError) -> Operation {
    guard let kind = try text(.operation).flatMap(Operation.Kind.init(rawValue:)) else {
      throw LedgerError(.invalidOperation, "operation is \(try text(.operation).map(Terminal.quoted) ?? "not given")")
    }
    var operation = Operation(kind, currency: try text(.currency) ?? currency)
    guard Currency(bytes: Array(operation.currency.utf8)) != nil else {
      throw LedgerError(.invalidCurrency, "currency is \(Terminal.quoted(operation.currency))")
    }
    // `from` and `to` say by their names what `account` and `counterpart` say by the operation.
    let (subject, other): (Field, Field) = kind == .credit ? (.to, .from) : (.from, .to)
    operation.account = try one(of: .account, subject) ?? ""
    operation.counterpart = try one(of: .counterpart, other)
    operation.amount = try integer(.amount, .invalidAmount)
    operation.reservation = try integer(.reservation, .unknownReservation)
    operation.key = try text(.key)
    operation.reason = try text(.reason)
    operation.metadata = try text(.metadata)
    return operation
  }

  private func one(of name: Field, _ other: Field) throws(LedgerError) -> String? {
    let (first, second) = (try text(name), try text(other))
    guard first == nil || second == nil else {
      throw LedgerError(.malformedRow, "\(name.name) and \(other.name) are both given")
    }
    return first ?? second
  }

  private func text(_ field: Field) throws(LedgerError) -> String? {
    let cell = unsafe reader.cells[field.rawValue]
    switch cell.kind {
    case .absent: return nil
    case .object, .array:
      guard field == .metadata else { fallthrough }
      return String(decoding: cell.bytes, as: UTF8.self)
    case .faulty, .boolean: throw LedgerError(.malformedRow, "\(field.name) is not a text")
    case .text, .number: return String(decoding: cell.bytes, as: UTF8.self)
    }
  }

  private func integer(_ field: Field, _ code: LedgerError.Code) throws(LedgerError) -> Int64? {
    let cell = unsafe reader.cells[field.rawValue]
    if cell.kind == .absent { return nil }
    guard case .value(let value) = CellCheck.integer(cell) else {
      throw LedgerError(code, "\(field.name) is not a whole number of at most 19 digits")
    }
    return value
  }
}
