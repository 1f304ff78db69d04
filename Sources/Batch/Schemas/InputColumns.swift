// What may each column of the inputs, and each key of settle.json, hold?
internal import Markets
internal import Money

/// A column or key of an input.
package struct InputColumn: Sendable {
  package let name: String
  package let kind: ColumnKind
  package let explanation: String
  package static let resolutions = ResolutionField.allCases.map {
    InputColumn(name: $0.name, kind: $0.kind, explanation: $0.explanation)
  }

  package static let commitments = CommitmentField.allCases.map {
    InputColumn(name: $0.name, kind: $0.kind, explanation: $0.explanation)
  }

  /// Keys of settle.json: those of resolutions that are defaults, and two of its own.
  package static let configuration = Configuration.keys.map { key in
    switch key {
    case "amount_unit":
      InputColumn(
        name: key, kind: .choice(AmountUnit.allCases.map(\.rawValue)),
        explanation: "amounts are whole minor units, or decimals of the currency (default minor)")
    case "currencies":
      InputColumn(name: key, kind: .exponents, explanation: "decimals of currencies beside ISO 4217, by code")
    default:
      resolutions.first { $0.name == key } ?? InputColumn(name: key, kind: .text, explanation: "")
    }
  }
}

extension ResolutionField {
  package var kind: ColumnKind {
    switch self {
    case .marketID, .resolutionID, .yesOption, .noOption, .creatorID: .id
    case .winningOption, .options, .voidOptions: .list
    case .winningWeights: .weights
    case .outcome: .choice(Outcome.allCases.map(\.rawValue))
    case .houseFee, .creatorFee, .refund: .bps
    case .currency: .currency
    case .closesAt: .time
    case .feeBase: .choice(FeeBase.allCases.map(\.rawValue))
    case .feeRounding: .choice(FeeRounding.allCases.map(\.rawValue))
    case .winnerSplit: .choice(WinnerSplit.allCases.map(\.rawValue))
    case .remainder: .choice(RemainderPolicy.allCases.map(\.rawValue))
    case .minusPool: .choice(MinusPoolPolicy.allCases.map(\.rawValue))
    case .noWinner: .choice(NoWinnerPolicy.allCases.map(\.rawValue))
    case .positionCheck: .choice(PositionCheck.allCases.map(\.rawValue))
    case .title, .resolvedBy, .resolvedAt, .reason: .text
    }
  }

  package var explanation: String {
    switch self {
    case .marketID: "the market that is resolved"
    case .resolutionID: "the market is settled once under it"
    case .winningOption: "who won; several options as a list; absent for void"
    case .outcome: "winner (default) or void"
    case .winningWeights: "a weight for each winning option; overrides winner_split"
    case .options: "the market's options; others are refused"
    case .voidOptions: "stakes on them are refunded and leave the pool"
    case .yesOption: "what yes stands for (default yes)"
    case .noOption: "what no stands for (default no)"
    case .houseFee: "house fee in basis points (default 0)"
    case .creatorFee: "creator fee in basis points (default 0)"
    case .creatorID: "who gets the creator fee; required where it is above 0"
    case .currency: "currency of the stakes (default TOKEN)"
    case .closesAt: "commitments after it are refunded and leave the pool"
    case .feeBase: "what fees are taken on (default pool)"
    case .feeRounding: "rounding of each fee (default down)"
    case .winnerSplit: "how several winning options share (default pooled)"
    case .remainder: "who gets left-over units (default largest)"
    case .minusPool: "winners would lose to fees (default allow)"
    case .noWinner: "nobody backed a winner (default refund)"
    case .refund: "what a void market refunds, in basis points (default 10000)"
    case .positionCheck: "a position beside an option id (default strict)"
    case .title, .resolvedBy, .resolvedAt, .reason: "may be there; is not read and not copied"
    }
  }
}

extension CommitmentField {
  package var kind: ColumnKind {
    switch self {
    case .commitmentID, .marketID, .userID, .optionID: .id
    case .position: .text
    case .amount: .amount
    case .committedAt: .time
    case .currency: .currency
    case .status: .choice(["active", "cancelled", "withdrawn"])
    }
  }

  package var explanation: String {
    switch self {
    case .commitmentID: "once in its market"
    case .marketID: "the market that is staked on"
    case .userID: "who stakes; never an e-mail address"
    case .optionID: "the option; this or position, or both"
    case .position: "yes or no, in any case"
    case .amount: "above 0, in the batch's amount_unit"
    case .committedAt: "read only where the market has closes_at"
    case .currency: "the market's, or empty"
    case .status: "empty or active counts; cancelled and withdrawn count as excluded"
    }
  }
}
