// How is an amount split over stakes so that every unit has an owner?
//
// Worked example: 100 over stakes 2, 3, 1 (sum 6). Floors 33, 50, 16 leave one unit over; remainders 2/6, 0/6, 4/6.
// `largest` gives it to the third (33, 50, 17), `first` to the largest stake (33, 51, 16), `house` to nobody
// (33, 50, 16, breakage 1).

/// Splits amounts over stakes, keeping its memory from one split to the next.
public struct Apportionment: Sendable {
  /// ⌊amount · stake / total⌋ for each stake.
  public private(set) var floors: [Int64] = []
  /// Units given on top of the floor.
  public private(set) var extraUnits: [Int64] = []

  private var remainders: [UInt64] = []
  private var candidates: [UInt64] = []

  public init() {}

  /// Splits `amount` over `stakes`, which stand in the order of their commitment ids.
  ///
  /// - Parameters:
  ///   - amount: 0…2⁶³−1.
  ///   - stakes: each 1…2⁶³−1, their sum at most 2⁶³−1.
  /// - Returns: the units that nobody got; above 0 only under `house`.
  /// - Complexity: O(stakes)
  public mutating func split(_ amount: Int64, over stakes: [Int64], remainder: RemainderPolicy) -> Int64 {
    precondition(amount >= 0, "an amount to split is not negative, but \(amount)")
    let count = stakes.count
    floors.removeAll(keepingCapacity: true)
    remainders.removeAll(keepingCapacity: true)
    extraUnits.removeAll(keepingCapacity: true)
    floors.reserveCapacity(count)
    remainders.reserveCapacity(count)
    extraUnits.append(contentsOf: repeatElement(0, count: count))
    var total: Int64 = 0
    for stake in stakes { total += stake }
    var leftOver = amount
    let divisor = UInt64(total)
    for stake in stakes {
      // stake ≤ total, so the quotient is at most `amount` and fits.
      let product = UInt64(amount).multipliedFullWidth(by: UInt64(stake))
      let (quotient, rest) =
        product.high == 0
        ? product.low.quotientAndRemainder(dividingBy: divisor) : divisor.dividingFullWidth(product)
      floors.append(Int64(quotient))
      remainders.append(rest)
      leftOver -= Int64(quotient)
    }
    precondition(leftOver >= 0 && leftOver < max(1, count), "\(leftOver) units left over among \(count) stakes")
    guard leftOver > 0 else { return 0 }
    switch remainder {
    case .house:
      return leftOver
    case .first:
      var first = 0
      for index in 1..<count where stakes[index] > stakes[first] { first = index }
      extraUnits[first] = leftOver
    case .largest:
      giveToLargestRemainders(Int(leftOver))
    }
    return 0
  }

  /// One unit each to the `count` largest remainders, earlier ones first among equals.
  private mutating func giveToLargestRemainders(_ count: Int) {
    let threshold = nthLargestRemainder(count)
    var atThreshold = count
    for remainder in remainders where remainder > threshold { atThreshold -= 1 }
    for index in remainders.indices {
      if remainders[index] > threshold {
        extraUnits[index] = 1
      } else if remainders[index] == threshold && atThreshold > 0 {
        extraUnits[index] = 1
        atThreshold -= 1
      }
    }
  }

  /// The `rank`-th largest remainder (from 1), byte by byte from the top: no sorting.
  private mutating func nthLargestRemainder(_ rank: Int) -> UInt64 {
    var rank = rank
    candidates.removeAll(keepingCapacity: true)
    candidates.append(contentsOf: remainders)
    let bits = 64 - (remainders.max() ?? 0).leadingZeroBitCount
    var shift = (max(bits, 1) - 1) / 8 * 8
    while true {
      var counts = [Int](repeating: 0, count: 256)
      for candidate in candidates { counts[Int(truncatingIfNeeded: candidate >> UInt64(shift)) & 255] += 1 }
      var digit = 255
      while counts[digit] < rank {
        rank -= counts[digit]
        digit -= 1
      }
      if shift == 0 {
        return candidates.first { Int($0 & 255) == digit }!
      }
      candidates.removeAll { Int(truncatingIfNeeded: $0 >> UInt64(shift)) & 255 != digit }
      shift -= 8
    }
  }

  /// Splits `amount` by a few weights, by largest remainder, ties to the earlier one. For fees and options.
  ///
  /// - Parameter weights: none negative, at least one above 0.
  public static func byWeight(_ amount: Int64, _ weights: [Int64]) -> [Int64] {
    var total: Int128 = 0
    for weight in weights { total += Int128(weight) }
    precondition(amount >= 0 && total > 0, "nothing to split \(amount) by: the weights sum to \(total)")
    var shares: [Int64] = []
    var remainders: [(rest: Int128, index: Int)] = []
    for (index, weight) in weights.enumerated() {
      let (quotient, rest) = (Int128(amount) * Int128(weight)).quotientAndRemainder(dividingBy: total)
      shares.append(Int64(quotient))
      remainders.append((rest, index))
    }
    var leftOver = amount
    for share in shares { leftOver -= share }
    remainders.sort { $0.rest != $1.rest ? $0.rest > $1.rest : $0.index < $1.index }
    for (_, index) in remainders.prefix(Int(leftOver)) { shares[index] += 1 }
    return shares
  }
}
