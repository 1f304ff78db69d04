// Which registrations are there, and what is known of each?
internal import Interchange
internal import Markets

/// Registrations as columns, by their numbers; an id stands for one registration of the whole batch.
struct RegistrationStore {
  enum Standing: UInt8, Sendable {
    case confirmed
    /// Cancelled, withdrawn, rejected, disqualified: gets no prize.
    case barred
    case other

    init(_ status: [UInt8]) {
      switch String(decoding: status, as: UTF8.self) {
      case "confirmed": self = .confirmed
      case "cancelled", "withdrawn", "rejected", "disqualified": self = .barred
      default: self = .other
      }
    }
  }

  private struct Row {
    let event: Int32
    /// The event's registration before this one; -1 for none.
    let previous: Int32
    var placement: Int32 = -1
    let line: UInt32
    let file: UInt16
    let standing: Standing
    var isRejected: Bool
    var isDuplicated = false
  }

  private var rows: [Row] = []
  private var ids: [ID] = []
  private var users: [ID?] = []
  private let numbers = WordTable()

  var count: Int { rows.count }

  func number(of id: UnsafeBufferPointer<UInt8>) -> Int? { unsafe numbers.number(of: id) }

  func number(ofID id: [UInt8]) -> Int? { unsafe id.withUnsafeBufferPointer { unsafe numbers.number(of: $0) } }

  mutating func add(
    _ id: UnsafeBufferPointer<UInt8>, event: Int32, previous: Int32, standing: Standing, user: ID?, file: Int,
    line: Int, isRejected: Bool
  ) -> Int {
    let number = rows.count
    unsafe numbers.add(id, number: number)
    unsafe ids.append(ID(Array(id)))
    rows.append(
      Row(
        event: event, previous: previous, line: UInt32(clamping: line), file: UInt16(file), standing: standing,
        isRejected: isRejected))
    users.append(user)
    return number
  }

  func id(_ number: Int) -> ID { ids[number] }
  func event(_ number: Int) -> Int32 { rows[number].event }
  func previous(_ number: Int) -> Int32 { rows[number].previous }
  func standing(_ number: Int) -> Standing { rows[number].standing }
  func file(_ number: Int) -> Int { Int(rows[number].file) }
  func line(_ number: Int) -> Int { Int(rows[number].line) }
  func isRejected(_ number: Int) -> Bool { rows[number].isRejected }

  /// The user whose wallet a prize goes to; nil where the registrations name none.
  func user(_ number: Int) -> ID? { users[number] }

  func placement(_ number: Int) -> Int? { rows[number].placement < 0 ? nil : Int(rows[number].placement) }
  mutating func setPlacement(_ number: Int, _ placement: Int) { rows[number].placement = Int32(placement) }

  /// - Returns: true the first time.
  mutating func markDuplicated(_ number: Int) -> Bool {
    rows[number].isRejected = true
    defer { rows[number].isDuplicated = true }
    return !rows[number].isDuplicated
  }

  /// By the bytes of the ids.
  func precedes(_ left: Int, _ right: Int) -> Bool { ids[left] < ids[right] }
}
