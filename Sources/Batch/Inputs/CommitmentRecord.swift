// How does one commitment lie in memory?
//
// A record begins with
//
//   commitment id length 1 | user id length 1 | flags 1 | shape 1
//
// and goes on in one of two shapes, the first wherever its numbers fit:
//
//   narrow: amount 4 | line 4 | option 1 | file 1      | commitment id … | user id …
//   wide:   amount 8 | file 2, line 6 | option 4       | commitment id … | user id …
//
// So a commitment of 10 + 8 id bytes takes 32 bytes. Memory is what a large night spends most on: the system hands it
// out slower than a record is read.
internal import Interchange

/// One record of the store.
@safe
struct CommitmentRecord {
  /// What a record is, beside its ids.
  struct Head {
    var amount: Int64
    /// 1…65535
    var file: Int
    /// Below 2⁴⁸.
    var line: Int
    var option: UInt32
    var flags: CommitmentFlags
    /// Bit 0: the commitment id needs quotes in CSV; bit 1: the user id does.
    var quotes: UInt8

    fileprivate var isNarrow: Bool {
      amount >> 32 == 0 && line >> 32 == 0 && option < 256 && file < 256
    }
  }

  private static let narrowCount = 14
  static let wideCount = 24
  private static let wide: UInt8 = 0x80
  static let flagsOffset = 2

  let start: UnsafePointer<UInt8>

  private var raw: UnsafeRawPointer { unsafe UnsafeRawPointer(start) }
  @inline(__always)
  private var isWide: Bool { unsafe start[3] & CommitmentRecord.wide != 0 }
  @inline(__always)
  private var headCount: Int { isWide ? CommitmentRecord.wideCount : CommitmentRecord.narrowCount }

  var commitmentIDCount: Int { unsafe Int(start[0]) }
  var userIDCount: Int { unsafe Int(start[1]) }
  var flags: CommitmentFlags { unsafe CommitmentFlags(rawValue: start[CommitmentRecord.flagsOffset]) }
  /// Whether the ids hold what needs quotes in CSV.
  var quotesCommitmentID: Bool { unsafe start[3] & 1 != 0 }
  var quotesUserID: Bool { unsafe start[3] & 2 != 0 }
  var amount: Int64 {
    isWide
      ? unsafe raw.loadUnaligned(fromByteOffset: 4, as: Int64.self)
      : unsafe Int64(raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
  }
  var file: Int {
    isWide ? unsafe Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self) >> 48) : unsafe Int(start[13])
  }
  var line: Int {
    isWide
      ? unsafe Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self) & ((1 << 48) - 1))
      : unsafe Int(raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }
  var option: UInt32 {
    isWide ? unsafe raw.loadUnaligned(fromByteOffset: 20, as: UInt32.self) : unsafe UInt32(start[12])
  }
  var commitmentID: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: start + headCount, count: commitmentIDCount)
  }
  var userID: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: start + headCount + commitmentIDCount, count: userIDCount)
  }
  var count: Int { headCount + commitmentIDCount + userIDCount }

  /// Bytes of a record.
  @inline(__always)
  static func count(_ head: Head, _ idCount: Int) -> Int {
    (head.isNarrow ? narrowCount : wideCount) + idCount
  }

  /// Writes a record. Behind the ids and behind the record `RowCursor.slack` bytes may be read and written over.
  @inline(__always)
  static func write(
    _ head: Head, commitmentID: UnsafeBufferPointer<UInt8>, userID: UnsafeBufferPointer<UInt8>,
    to start: UnsafeMutablePointer<UInt8>
  ) {
    let raw = UnsafeMutableRawPointer(start)
    let isNarrow = head.isNarrow
    unsafe start[0] = UInt8(commitmentID.count)
    unsafe start[1] = UInt8(userID.count)
    unsafe start[flagsOffset] = head.flags.rawValue
    unsafe start[3] = isNarrow ? head.quotes : head.quotes | wide
    if isNarrow {
      unsafe raw.storeBytes(of: UInt32(truncatingIfNeeded: head.amount), toByteOffset: 4, as: UInt32.self)
      unsafe raw.storeBytes(of: UInt32(truncatingIfNeeded: head.line), toByteOffset: 8, as: UInt32.self)
      unsafe start[12] = UInt8(truncatingIfNeeded: head.option)
      unsafe start[13] = UInt8(truncatingIfNeeded: head.file)
    } else {
      unsafe raw.storeBytes(of: head.amount, toByteOffset: 4, as: Int64.self)
      unsafe raw.storeBytes(of: UInt64(head.file) << 48 | UInt64(head.line), toByteOffset: 12, as: UInt64.self)
      unsafe raw.storeBytes(of: head.option, toByteOffset: 20, as: UInt32.self)
    }
    var ids = unsafe RowCursor(at: start + (isNarrow ? narrowCount : wideCount))
    unsafe ids.copyShort(commitmentID.baseAddress!, commitmentID.count)
    if let user = userID.baseAddress { unsafe ids.copyShort(user, userID.count) }
  }
}
