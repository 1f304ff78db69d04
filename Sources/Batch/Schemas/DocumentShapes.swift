// Which form have the JSON files that settle writes?

extension JSONShape {
  // MARK: manifest.json

  static let manifest = JSONShape.object([
    JSONMember("schema_version", .count), JSONMember("tool", .object(JSONMember.each("name version", .text))),
    JSONMember("run_id", .runID), JSONMember("generation", .count),
    JSONMember("kind", .text, "settlement, rollback, …"),
    .maybe("batch_key", .digest, "SHA-256 over the inputs' bytes and the configuration"),
    .maybe("as_of", .text, "as given with --as-of"),
    .maybe("configuration", .anything, "the effective one"),
    .maybe("inputs", .array(input)),
    .maybe("totals", .map(.anything), "by currency"), .maybe("counts", .map(.signed)),
    JSONMember("ledger", .nullable(ledgerPosition), "null for a plan without a ledger"),
    JSONMember("previous_manifest_sha256", .nullable(.digest), "of the run before, on the same ledger"),
    .maybe("reverses", .anything, "the run that this one rolls back"), .maybe("corrects", .anything),
    JSONMember("outputs", .array(output)),
  ])

  static let ledgerPosition = JSONShape.object([
    JSONMember("id", .pattern("^[0-9a-f]{32}$")), JSONMember("sequence_before", .count),
    JSONMember("head_before", .digest), JSONMember("sequence_after", .nullable(.count)),
    JSONMember("head_after", .nullable(.digest)),
  ])

  private static let input = JSONShape.object(
    [JSONMember("name", .text, "the table and the number of the file"), JSONMember("sha256", .nullable(.digest))]
      + ["format", "rows", "accepted", "rejected", "excluded", "bytes"].map {
        JSONMember.maybe($0, $0 == "format" ? .text : .count)
      })

  private static let output = JSONShape.object([
    JSONMember("name", .text), JSONMember("rows", .nullable(.count)), JSONMember("bytes", .count),
    JSONMember("sha256", .digest),
  ])

  // MARK: run-info.json

  static let runInfo = JSONShape.object([
    JSONMember("started_at", .time), JSONMember("finished_at", .time),
    .maybe("seconds", .map(.seconds), "by stage"), JSONMember("operator", .text),
    JSONMember("command_line", .array(.text)), .maybe("threads", .count), .maybe("audit_format", .text),
    .maybe("is_plan", .flag), .maybe("sha256_of_rest", .text, "digest of the other members"),
    .maybe(
      "inputs",
      .array(.object([JSONMember("table", .text), JSONMember("format", .text), JSONMember("path", .text)]))),
  ])

  // MARK: distributions.jsonl

  static let distribution = JSONShape.object(
    JSONMember.each("marketId resolutionId userId", .id)
      + [JSONMember("currency", .kind(.currency)), JSONMember("status", .text)]
      + JSONMember.each("totalCommitted totalPayout totalLost", .count) + [JSONMember("totalProfit", .signed)]
      + JSONMember.each("winningCommitments losingCommitments refundedCommitments", .array(audited)))

  private static let audited = JSONShape.object([
    JSONMember("commitmentId", .id), JSONMember("optionId", .id),
    JSONMember("position", .nullable(.kind(.choice(["yes", "no"])))), JSONMember("tokensCommitted", .count),
    .maybe("payoutAmount", .count, "of winning ones"), .maybe("profit", .signed), .maybe("winShare", .kind(.share)),
    .maybe("lostAmount", .count, "of losing ones"), .maybe("refundAmount", .count, "of refunded ones"),
    .maybe("isLate", .flag),
    JSONMember(
      "auditTrail",
      .object([
        JSONMember("method", .kind(.choice(["option", "position", "hybrid"]))), JSONMember("pool", .count),
        JSONMember("winningStake", .count), JSONMember("netPool", .count), JSONMember("floor", .count),
        JSONMember("extraUnits", .count), JSONMember("remainder", .count), JSONMember("remainderPolicy", .text),
        .maybe("potStake", .count), .maybe("potAmount", .count),
      ])),
  ])

  // MARK: datapackage.json

  static let dataPackage = JSONShape.object([
    JSONMember("profile", .constant("tabular-data-package")), JSONMember("name", .text), JSONMember("title", .text),
    JSONMember(
      "resources",
      .array(
        .object([
          JSONMember("name", .text), JSONMember("path", .text), JSONMember("bytes", .count),
          JSONMember("hash", .pattern("^sha256:[0-9a-f]{64}$")),
          JSONMember("schema", .object([JSONMember("fields", .array(.anything))])),
        ]))),
  ])

  // MARK: Beside the run

  /// A line of `--events`.
  static let event = JSONShape.object([
    JSONMember("event", .text, "start, stage, stage_end, problem, problems_cut, pass, result, error, end"),
    JSONMember("at", .time), JSONMember("call", .text, "the same for all lines of one call"),
    .maybe("schema", .constant("settle-events/1"), "of start"), .maybe("version", .text), .maybe("command", .text),
    .maybe("stage", .text), .maybe("total", .nullable(.count)), .maybe("seconds", .seconds),
    .maybe("run_id", .nullable(.text)), .maybe("exit", .count, "of end"), .maybe("code", .text),
    .maybe("message", .text), .maybe("hint", .text),
    .maybe("kind", .text, "of problem: row, market, finding, shortfall, job"),
  ])

  /// What `--json` prints where a command fails.
  static let failure = JSONShape.object([
    JSONMember(
      "error",
      .object([
        JSONMember("code", .pattern("^[a-z_]+$")), JSONMember("exit", .count), JSONMember("message", .text),
        JSONMember("hint", .text),
      ])),
    .maybe("rejections", .array(.anything)), .maybe("rejection_count", .count), .maybe("warnings", .array(.text)),
  ])
}
