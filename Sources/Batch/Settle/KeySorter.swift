// In which order do the ids of a market stand?
//
// Ids of a market mostly share a prefix and differ in few bits: `c000001234`, `c000005678`. The sorter finds the first
// byte in which any two differ, takes eight bytes from there as a number, keeps only the bits that vary at all (eight
// digits vary in 32 bits), and sorts these numbers by radix. Only ids that still tie are compared byte by byte.

/// Sorts numbers 0..<count by the ids they stand for; equal ids keep their order.
@safe
final class KeySorter {
  private struct Element {
    var key: UInt64
    var index: UInt32
  }

  private var elements: UnsafeMutablePointer<Element>
  private var other: UnsafeMutablePointer<Element>
  private var capacity = 0
  /// No id goes on behind the bytes that its key was taken from.
  private var keysDecide = true
  private var counts = [Int](repeating: 0, count: 1 << 11)

  init() {
    capacity = 64
    unsafe elements = .allocate(capacity: capacity)
    unsafe other = .allocate(capacity: capacity)
  }

  deinit {
    unsafe elements.deallocate()
    unsafe other.deallocate()
  }

  /// The number that stands at `rank` after the last sort.
  @inline(__always)
  func index(at rank: Int) -> Int { unsafe Int(elements[rank].index) }

  /// Whether the ids at `rank` and at the rank before are the same; rank is not 0.
  @inline(__always)
  func repeatsBefore(_ rank: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) -> Bool {
    guard unsafe elements[rank].key == elements[rank - 1].key else { return false }
    return unsafe keysDecide || id(index(at: rank)).elementsEqual(id(index(at: rank - 1)))
  }

  /// - Parameter id: bytes of an id, behind which eight more bytes may be read.
  @inline(__always)
  func sort(count: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) {
    guard count > 0 else { return }
    reserve(count)
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
    var varying: UInt64 = 0
    let reference = unsafe KeySorter.key(of: first, at: offset)
    for index in 0..<count {
      let key = unsafe KeySorter.key(of: id(index), at: offset)
      varying |= key ^ reference
      unsafe elements[index] = Element(key: key, index: UInt32(truncatingIfNeeded: index))
    }
    if count <= 32 {
      sortByInsertion(0..<count)
    } else {
      sortByRadix(count, varying: varying)
    }
    unsafe settleTies(count, offset: offset + 8, id: id)
  }

  /// Eight bytes from `offset`, most significant first, zeros behind the end.
  @inline(__always)
  private static func key(of bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt64 {
    let rest = bytes.count - offset
    guard rest > 0 else { return 0 }
    let word = unsafe UnsafeRawPointer(bytes.baseAddress! + offset).loadUnaligned(as: UInt64.self).bigEndian
    return rest >= 8 ? word : word & ~(UInt64.max >> UInt64(8 * rest))
  }

  private func reserve(_ count: Int) {
    guard count > capacity else { return }
    unsafe elements.deallocate()
    unsafe other.deallocate()
    capacity = max(count, capacity * 2)
    unsafe elements = .allocate(capacity: capacity)
    unsafe other = .allocate(capacity: capacity)
  }

  private func sortByInsertion(_ range: Range<Int>) {
    for place in range.dropFirst() {
      let element = unsafe elements[place]
      var hole = place
      while hole > range.lowerBound, unsafe elements[hole - 1].key > element.key {
        unsafe elements[hole] = unsafe elements[hole - 1]
        hole -= 1
      }
      unsafe elements[hole] = element
    }
  }

  private func sortByRadix(_ count: Int, varying: UInt64) {
    // Squeeze out the bits that never vary; the order stays.
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
    if bits < 64 && runs.count > 1 {
      for index in 0..<count {
        let key = unsafe elements[index].key
        var squeezed: UInt64 = 0
        for run in runs { squeezed |= ((key >> run.shift) & run.mask) << run.place }
        unsafe elements[index].key = squeezed
      }
    } else if let run = runs.first, run.shift > 0 {
      for index in 0..<count { unsafe elements[index].key >>= run.shift }
    }
    // The fixed bits above the highest varying one are the same in all, so only `bits` decide.
    let digitBits = count < 4_096 ? 8 : 11
    let mask = (UInt64(1) << UInt64(digitBits)) - 1
    var shift = 0
    while shift < bits {
      for digit in 0...Int(mask) { counts[digit] = 0 }
      for index in 0..<count {
        unsafe counts[Int(truncatingIfNeeded: (elements[index].key >> UInt64(shift)) & mask)] += 1
      }
      var sum = 0
      for digit in 0...Int(mask) {
        let here = counts[digit]
        counts[digit] = sum
        sum += here
      }
      for index in 0..<count {
        let element = unsafe elements[index]
        let digit = Int(truncatingIfNeeded: (element.key >> UInt64(shift)) & mask)
        unsafe other[counts[digit]] = element
        counts[digit] += 1
      }
      unsafe swap(&elements, &other)
      shift += digitBits
    }
  }

  /// Compares in full the ids whose keys are equal.
  @inline(__always)
  private func settleTies(_ count: Int, offset: Int, id: (Int) -> UnsafeBufferPointer<UInt8>) {
    var start = 0
    while start < count {
      var end = start + 1
      var isLonger = false
      while end < count, unsafe elements[end].key == elements[start].key {
        isLonger = unsafe isLonger || id(Int(elements[end].index)).count > offset
        end += 1
      }
      if end - start > 1, unsafe isLonger || id(Int(elements[start].index)).count > offset {
        let tied = (start..<end).map { unsafe elements[$0] }.sorted { left, right in
          let a = unsafe id(Int(left.index))
          let b = unsafe id(Int(right.index))
          if unsafe a.elementsEqual(b) { return left.index < right.index }
          return unsafe a.lexicographicallyPrecedes(b)
        }
        for (place, element) in tied.enumerated() { unsafe elements[start + place] = element }
      }
      start = end
    }
  }
}
