// By which rules is one market settled, in the numbers of its options?
public import Markets

/// What an option of a market is to its resolution.
public enum OptionRole: Equatable, Sendable {
  case losing
  /// The number of the winning option in the terms.
  case winning(Int)
  case void
}

/// A resolution made ready for the arithmetic: options are numbers, winners stand in the order of their ids.
public struct MarketTerms: Sendable {
  public let outcome: Outcome
  public let policies: Policies
  /// One for each option that a commitment of the market names.
  public let roles: [OptionRole]
  /// Winning options, smaller ids first.
  public let winnerCount: Int
  /// One for each winning option in that order, or empty.
  public let weights: [Int64]

  /// - Parameter options: the market's options by their numbers.
  public init(_ resolution: Resolution, options: [ID]) {
    outcome = resolution.outcome
    policies = resolution.policies
    let order = resolution.winningOptions.indices.sorted {
      resolution.winningOptions[$0] < resolution.winningOptions[$1]
    }
    winnerCount = order.count
    weights = resolution.winningWeights.isEmpty ? [] : order.map { resolution.winningWeights[$0] }
    var roleOf: [ID: OptionRole] = [:]
    for option in resolution.voidOptions { roleOf[option] = .void }
    for (rank, index) in order.enumerated() { roleOf[resolution.winningOptions[index]] = .winning(rank) }
    roles = options.map { roleOf[$0] ?? .losing }
  }
}
