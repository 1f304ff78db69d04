// What does the program say about itself?
internal import Batch

enum Help {
  static var overview: String {
    let width = Command.all.map(\.name.count).max() ?? 0
    let lines = Command.all.map { command in
      "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)"
    }
    return """
      settle \(Tool.version): settles markets exactly, posts the result to a ledger, and leaves files that prove it.

      Usage: settle COMMAND [OPTION]…

      Commands:
      \(lines.joined(separator: "\n"))

      `settle help COMMAND` explains a command; `settle help exit-codes`, `environment`, `formats` and `money` the rest.
      New here? `settle demo night && cd night && settle run` settles a sample night.
      """
  }

  static func page(_ command: Command) -> String {
    var text = "\(command.summary)\n\nUsage: settle \(command.name) [OPTION]… \(command.operands)\n"
    if !command.details.isEmpty { text += "\n\(command.details)\n" }
    text += "\nOptions:\n"
    let names = command.allOptions.map { option in
      (option.short.map { "-\($0), " } ?? "    ") + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
    }
    let width = names.map(\.count).max() ?? 0
    for (name, option) in zip(names, command.allOptions) {
      var line = "  \(name)\(String(repeating: " ", count: width - name.count))  \(option.explanation)"
      if option.isRepeatable { line += " (may be given again)" }
      if !option.choices.isEmpty, !option.explanation.contains(option.choices[0]) || option.choices.count > 2 {
        line += " [\(option.choices.joined(separator: "|"))]"
      }
      text += line + "\n"
    }
    return text + "\nEvery option also reads its value from the environment: --lock-timeout from SETTLE_LOCK_TIMEOUT."
  }

  static let topics: [String: String] = [
    "exit-codes": """
    0   done, nothing to do, or no difference
    1   the check worked and found something
    2   usage error, unreadable file, anything without a code of its own
    3   partial: applied, but markets were held
    4   refused: invalid input or configuration; nothing applied
    5   conflict: settled otherwise before, stale plan, manifest does not verify
    6   locked by another process
    7   transient: disk full, database busy; run again
    8   not permitted: operator unknown or without the role
    70  an invariant failed: what it touched was not applied

    Where several apply: 70, 5, 4, 3, in this order; under 3, 5 and 70 the other markets are applied.
    """,
    "environment": """
    Every option reads SETTLE_ and its name in capitals: --house-fee-bps reads SETTLE_HOUSE_FEE_BPS.
    Order: flag, environment, settle.json, default. Flags count as given unless 0, false or no.
    NO_COLOR turns colour off.
    """,
    "formats": """
    Inputs are CSV (header row, columns by name), JSON (an array of objects, or an object whose key resolutions or
    commitments holds it) or NDJSON, by extension or --resolutions-format and --commitments-format.

    resolutions: market_id, resolution_id, winning_option (absent for void); optional outcome, winning_weights,
      options, void_options, yes_option, no_option, house_fee_bps, creator_fee_bps, creator_id, currency, closes_at,
      fee_base, fee_rounding, winner_split, remainder, minus_pool, no_winner, refund_bps, position_check.
    commitments: commitment_id, market_id, user_id, amount, and option_id or position; optional committed_at,
      currency, status (active, cancelled, withdrawn).
    settle.json: a flat object of defaults: house_fee_bps, creator_fee_bps, currency, the policies, amount_unit, and
      currencies (code to decimals).

    Keys may be camelCase. Lists are JSON arrays or text split at |. docs/FILE-FORMATS.md tells all.
    """,
    "money": """
    Amounts are whole minor units (--amount-unit minor), or decimals of the currency (major); never rounded on input.
    pool = stakes that are not refunded; fees = rate of the pool (fee_base), rounded down (fee_rounding);
    payout = net pool times stake over winning stake, rounded down; left-over units go by remainder: largest, house
    or first. Payouts, refunds, fees, retained and breakage always sum to the stakes, to the unit.

    Policies: fee_base pool|losing_pool; fee_rounding down|up; winner_split pooled|equal|profit;
    remainder largest|house|first; minus_pool allow|cap_fees; no_winner refund|refund_net|house;
    refund_bps 0…10000; position_check strict|ignore.
    """,
  ]
}
