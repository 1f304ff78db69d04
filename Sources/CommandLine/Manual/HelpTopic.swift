// Which subjects are explained beside the commands? `settle help TOPIC`, and sections of the manual.

/// A subject of its own.
struct HelpTopic: Sendable {
  let name: String
  let title: String
  let text: String

  static var all: [HelpTopic] { [environment, exitCodes, formats, money, rollback] }

  static let exitCodes = HelpTopic(
    name: "exit-codes", title: "Exit status",
    text: """
      0   done, nothing to do, or no difference
      1   the check worked and found something
      2   usage error, unreadable file, anything without a code of its own
      3   partial: applied, but markets or transfers were held or failed
      4   refused: invalid input or configuration; nothing applied
      5   conflict: settled otherwise before, stale plan, manifest does not verify
      6   locked by another process
      7   transient: disk full, database busy, rail unreachable; run again
      8   not permitted: operator unknown or without the role
      70  an invariant failed: what it touched was not applied

      Where several apply: 70, 5, 4, 3, in this order; under 3, 5 and 70 the other markets are applied.
      Run again as it is: 6 and 7. Look, then decide: 1, 3, 5. Call somebody: 4, 8, 70. Every other number is a failure.
      """)

  /// Made from the option table.
  static var environment: HelpTopic {
    var names: [(String, String)] = []
    for option in Command.all.flatMap(\.options) + Option.everywhere
    where !names.contains(where: { $0.0 == option.environmentName }) {
      names.append((option.environmentName, "--\(option.name)"))
    }
    let width = names.map(\.0.count).max() ?? 0
    let lines = names.sorted { $0.0 < $1.0 }.map { name, option in
      "  \(name)\(String(repeating: " ", count: width - name.count))  \(option)"
    }
    return HelpTopic(
      name: "environment", title: "Environment",
      text: """
        Every option reads SETTLE_ and its name in capitals. Order: flag, environment, settle.json, default.
        An empty variable counts as not given. A flag counts as given unless it is 0, false or no.

        NO_COLOR (not empty) and TERM=dumb turn colour off, where --color does not say otherwise.
        `settle doctor` names variables that begin with SETTLE_ and that no option reads.

        \(lines.joined(separator: "\n"))
        """)
  }

  static let formats = HelpTopic(
    name: "formats", title: "Formats",
    text: """
      Inputs are CSV (header row, columns by name), JSON (an array of objects, or an object whose key resolutions or
      commitments holds it) or NDJSON, by extension or --resolutions-format and --commitments-format.

      resolutions: market_id, resolution_id, winning_option (absent for void); optional outcome, winning_weights,
        options, void_options, yes_option, no_option, house_fee_bps, creator_fee_bps, creator_id, currency, closes_at,
        fee_base, fee_rounding, winner_split, remainder, minus_pool, no_winner, refund_bps, position_check.
      commitments: commitment_id, market_id, user_id, amount, and option_id or position; optional committed_at,
        currency, status (active, cancelled, withdrawn).
      settle.json: a flat object of defaults: house_fee_bps, creator_fee_bps, currency, the policies, amount_unit, and
        currencies (code to decimals).

      Keys may be camelCase. Lists are JSON arrays or text split at |. `settle schema NAME` prints the JSON Schema or
      table schema of each file, in and out; docs/FILE-FORMATS.md tells all.
      """)

  static let money = HelpTopic(
    name: "money", title: "Money",
    text: """
      Amounts are whole minor units (--amount-unit minor), or decimals of the currency (major); never rounded on input.
      pool = stakes that are not refunded; fees = rate of the pool (fee_base), rounded down (fee_rounding);
      payout = net pool times stake over winning stake, rounded down; left-over units go by remainder: largest, house
      or first. Payouts, refunds, fees, retained and breakage always sum to the stakes, to the unit.

      Policies: fee_base pool|losing_pool; fee_rounding down|up; winner_split pooled|equal|profit;
      remainder largest|house|first; minus_pool allow|cap_fees; no_winner refund|refund_net|house;
      refund_bps 0…10000; position_check strict|ignore.
      """)

  static let rollback = HelpTopic(
    name: "rollback", title: "Rollback",
    text: """
      Nothing in the ledger is edited or deleted. A run is undone by a run of its own, with one entry for each of the
      run's entries, sides swapped, last first; fees too. Its markets may then be settled again.

      1. settle verify RUN               is the run still what it was? A damaged one is not rolled back (exit 5)
      2. settle rollback RUN --dry-run --reason TEXT    what would move, and what blocks it
      3. settle rollback RUN --reason TEXT              --market ID for single markets, --user ID for one user
      4. settle run                      with corrected inputs: ends as if they had come first

      Winners may have spent the money. --on-shortfall strict (default) leaves such a market as it is (exit 3);
      clamp takes what is there and books the rest as a receivable; allow-negative lets the wallet go below zero.
      A run that is rolled back already is left alone (exit 0). A rollback is not rolled back: settle again instead.
      """)
}
