// In which order do the ids of a market stand?
//
// Ids of a market mostly share a prefix and differ in few bits: `c000001234`, `c000005678`. The sorter finds the first
// byte in which any two differ, takes eight bytes from there as a key, keeps only the bits that vary at all (eight
// digits vary in 32 bits), puts the id's number below them in the same 64 bits, and sorts these by radix. Only where an
// id goes on behind its key can two keys tie and the ids differ: those are compared byte by byte.
internal import Interchange

/// Sorts numbers 0..<count by the ids they stand for; equal ids keep their order.
@safe
final class KeySorter {
  /// Key above, number below; 8 bytes each.
  private var elements = LargeMemory<UInt64>(capacity: 64)
  private var other = LargeMemory<UInt64>(capacity: 64)
  private var counts = [Int](repeating: 0, count: 1 << 11)
  private var numberBits = 1
  /// No id goes on behind the bits that its key was made of: equal keys are equal ids.
  private var keysDecide = true

  /// The order after the last sort; valid until the next.
  var ranking: Ranking {
    unsafe Ranking(elements: UnsafePointer(elements.start), numberBits: UInt64(numberBits), keysDecide: keysDecide)
  }

  /// An order of numbers, without reference counts for loops over many.
  @safe
  struct Ranking {
    fileprivate let elements: UnsafePointer<UInt64>
    fileprivate let numberBits: UInt64
    fileprivate let keysDecide: Bool

    /// The number that stands at `rank`.
    @inline(__always)
    func index(at rank: Int) -> Int {
      unsafe Int(truncatingIfNeeded: elements[rank] & ~(UInt64.max << numberBits))
    }

    /// Whether the ids at `rank` and at the rank before are the same; rank is not 0.
    @inline(__always)
    func repeatsBefore(_ rank: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) -> Bool {
      guard unsafe (elements[rank] ^ elements[rank - 1]) >> numberBits == 0 else { return false }
      return unsafe keysDecide || id(index(at: rank)).elementsEqual(id(index(at: rank - 1)))
    }
  }

  /// - Parameter id: bytes of an id without NUL, behind which eight more bytes may be read.
  @inline(__always)
  func sort(count: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) {
    guard count > 0 else { return }
    elements.reserve(count)
    other.reserve(count)
    // Where do the ids start to differ?
    var offset = 0
    var longest = 0
    let first = unsafe id(0)
    while true {
      let reference = unsafe KeySorter.key(of: first, at: offset)
      var difference: UInt64 = 0
      for index in 0..<count {
        let bytes = unsafe id(index)
        unsafe difference |= KeySorter.key(of: bytes, at: offset) ^ reference
        longest = max(longest, bytes.count)
      }
      if difference != 0 {
        offset += difference.leadingZeroBitCount / 8
        break
      }
      offset += 8
      if offset >= longest { break }
    }
    keysDecide = longest <= offset + 8
    var varying: UInt64 = 0
    let reference = unsafe KeySorter.key(of: first, at: offset)
    let elements = unsafe elements.start
    for index in 0..<count {
      let key = unsafe KeySorter.key(of: id(index), at: offset)
      varying |= key ^ reference
      unsafe elements[index] = key
    }
    let bits = pack(count, varying: varying)
    if count <= 32 {
      sortByInsertion(count)
    } else {
      sortByRadix(count, keyBits: bits)
    }
    if !keysDecide { unsafe settleTies(count, id: id) }
  }

  /// Eight bytes from `offset`, most significant first, zeros behind the end.
  @inline(__always)
  private static func key(of bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt64 {
    let rest = bytes.count - offset
    guard rest > 0 else { return 0 }
    let word = unsafe UnsafeRawPointer(bytes.baseAddress! + offset).loadUnaligned(as: UInt64.self).bigEndian
    return rest >= 8 ? word : word & ~(UInt64.max >> UInt64(8 * rest))
  }

  /// Squeezes out the bits of the keys that never vary, the order stays, and puts each one's number below.
  /// - Returns: how many bits of the key are left.
  private func pack(_ count: Int, varying: UInt64) -> Int {
    numberBits = max(1, Int.bitWidth - (count - 1).leadingZeroBitCount)
    let elements = unsafe elements.start
    let numberBits = UInt64(numberBits)
    let digits: UInt64 = 0x0F0F_0F0F_0F0F_0F0F
    if varying & ~digits == 0, numberBits <= 32 {
      // Digits, mostly: the lower half of each byte.
      for index in 0..<count {
        unsafe elements[index] = KeySorter.lowerHalves(elements[index] & varying) << numberBits | UInt64(index)
      }
      return UInt64.bitWidth - KeySorter.lowerHalves(varying).leadingZeroBitCount
    }
    var runs: [(shift: UInt64, mask: UInt64, place: UInt64)] = []
    var rest = varying
    var bits = 0
    while rest != 0 {
      let shift = rest.trailingZeroBitCount
      let length = (~(rest >> UInt64(shift))).trailingZeroBitCount
      let mask = length == 64 ? UInt64.max : (1 << UInt64(length)) - 1
      runs.append((UInt64(shift), mask, UInt64(bits)))
      bits += length
      rest &= length + shift >= 64 ? 0 : ~0 << UInt64(shift + length)
    }
    // Where key and number do not fit into 64 bits the key loses its last bits, and decides no more.
    let lost = max(0, bits + Int(numberBits) - UInt64.bitWidth)
    if lost > 0 { keysDecide = false }
    for index in 0..<count {
      let key = unsafe elements[index]
      var squeezed: UInt64 = 0
      for run in runs { squeezed |= ((key >> run.shift) & run.mask) << run.place }
      unsafe elements[index] = (squeezed >> UInt64(lost)) << numberBits | UInt64(index)
    }
    return bits - lost
  }

  /// The lower halves of eight bytes side by side; the upper halves are 0.
  @inline(__always)
  private static func lowerHalves(_ word: UInt64) -> UInt64 {
    let pairs = (word | word >> 4) & 0x00FF_00FF_00FF_00FF
    let quads = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
    return (quads | quads >> 16) & 0x0000_0000_FFFF_FFFF
  }

  private func sortByInsertion(_ count: Int) {
    let elements = unsafe elements.start
    for place in 1..<max(1, count) {
      let element = unsafe elements[place]
      var hole = place
      while hole > 0, unsafe elements[hole - 1] > element {
        unsafe elements[hole] = unsafe elements[hole - 1]
        hole -= 1
      }
      unsafe elements[hole] = element
    }
  }

  /// Least significant digit first; numbers start in order, so equal keys keep it.
  private func sortByRadix(_ count: Int, keyBits: Int) {
    let digitBits = count < 4_096 ? 8 : 11
    let mask = (UInt64(1) << UInt64(digitBits)) - 1
    var shift = UInt64(numberBits)
    let end = UInt64(numberBits + keyBits)
    unsafe counts.withUnsafeMutableBufferPointer { counts in
      while shift < end {
        let source = unsafe elements.start
        let target = unsafe other.start
        for digit in 0...Int(mask) { unsafe counts[digit] = 0 }
        for index in 0..<count { unsafe counts[Int(truncatingIfNeeded: (source[index] >> shift) & mask)] += 1 }
        var sum = 0
        for digit in 0...Int(mask) {
          let here = unsafe counts[digit]
          unsafe counts[digit] = sum
          sum += here
        }
        for index in 0..<count {
          let element = unsafe source[index]
          let digit = Int(truncatingIfNeeded: (element >> shift) & mask)
          unsafe target[counts[digit]] = element
          unsafe counts[digit] += 1
        }
        swap(&elements, &other)
        shift += UInt64(digitBits)
      }
    }
  }

  /// Compares in full the ids whose keys are equal.
  @inline(__always)
  private func settleTies(_ count: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) {
    let elements = unsafe elements.start
    let ranking = ranking
    let numberBits = UInt64(numberBits)
    var start = 0
    while start < count {
      var end = start + 1
      var differs = false
      while end < count, unsafe (elements[end] ^ elements[start]) >> numberBits == 0 {
        differs = unsafe differs || !ranking.repeatsBefore(end, id: id)
        end += 1
      }
      if differs {
        let tied = (start..<end).map { unsafe elements[$0] }
        let order = tied.indices.sorted { left, right in
          let a = unsafe id(ranking.index(at: start + left))
          let b = unsafe id(ranking.index(at: start + right))
          if unsafe a.elementsEqual(b) { return left < right }
          return unsafe a.lexicographicallyPrecedes(b)
        }
        for (place, from) in order.enumerated() { unsafe elements[start + place] = tied[from] }
      }
      start = end
    }
  }
}
