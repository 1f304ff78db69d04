// Which columns have the two input tables?
package import Interchange

extension Schema {
  package static let resolutions = Schema(
    table: "resolutions",
    fields: ResolutionField.allCases.map(\.name),
    requiredColumns: [["market_id"], ["resolution_id"], ["winning_option", "outcome"]])

  package static let commitments = Schema(
    table: "commitments",
    fields: CommitmentField.allCases.map(\.name),
    requiredColumns: [["commitment_id"], ["market_id"], ["user_id"], ["amount"], ["option_id", "position"]],
    aliases: ["id": "commitment_id", "tokens_committed": "amount", "created_at": "committed_at"])
}

/// Columns of resolutions; the raw value is the field's number.
package enum ResolutionField: Int, CaseIterable, Sendable {
  case marketID, resolutionID, winningOption, outcome, winningWeights, options, voidOptions, yesOption, noOption
  case houseFee, creatorFee, creatorID, currency, closesAt
  case feeBase, feeRounding, winnerSplit, remainder, minusPool, noWinner, refund, positionCheck
  case title, resolvedBy, resolvedAt, reason

  package var name: String {
    switch self {
    case .marketID: "market_id"
    case .resolutionID: "resolution_id"
    case .winningOption: "winning_option"
    case .outcome: "outcome"
    case .winningWeights: "winning_weights"
    case .options: "options"
    case .voidOptions: "void_options"
    case .yesOption: "yes_option"
    case .noOption: "no_option"
    case .houseFee: "house_fee_bps"
    case .creatorFee: "creator_fee_bps"
    case .creatorID: "creator_id"
    case .currency: "currency"
    case .closesAt: "closes_at"
    case .feeBase: "fee_base"
    case .feeRounding: "fee_rounding"
    case .winnerSplit: "winner_split"
    case .remainder: "remainder"
    case .minusPool: "minus_pool"
    case .noWinner: "no_winner"
    case .refund: "refund_bps"
    case .positionCheck: "position_check"
    case .title: "title"
    case .resolvedBy: "resolved_by"
    case .resolvedAt: "resolved_at"
    case .reason: "reason"
    }
  }
}

/// Columns of commitments; the raw value is the field's number.
package enum CommitmentField: Int, CaseIterable, Sendable {
  case commitmentID, marketID, userID, optionID, position, amount, committedAt, currency, status

  package var name: String {
    switch self {
    case .commitmentID: "commitment_id"
    case .marketID: "market_id"
    case .userID: "user_id"
    case .optionID: "option_id"
    case .position: "position"
    case .amount: "amount"
    case .committedAt: "committed_at"
    case .currency: "currency"
    case .status: "status"
    }
  }
}
