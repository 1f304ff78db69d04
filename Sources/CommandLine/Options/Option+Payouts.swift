// Which options have the commands that pay out?
internal import Payouts
internal import Rails

extension Option {
  static let run = Option("run", takes: "RUN", "the run to pay out (default: latest)")
  static let job = Option("job", takes: "RUN", isRepeatable: true, "only the job of this run (may be given again)")
  static let rail = Option(
    "rail", takes: "KIND", choices: ["file", "command", "stripe"],
    "file (for a bank), command (any program, behind --), stripe (settle-rail-stripe beside settle)")
  static let railName = Option(
    "rail-name", takes: "NAME", "what the ledger calls this rail (default: its kind, with the program's name)")
  static let railDirectory = Option("rail-dir", takes: "DIR", "where files for a bank go (default: payouts in outputs)")
  static let fileFormat = Option(
    "file-format", takes: "FORMAT", choices: PaymentFile.Format.allCases.map(\.rawValue),
    "csv or pain.001, which is ISO 20022 pain.001.001.09 (default: csv)")
  static let debtorName = Option("debtor-name", takes: "NAME", "who pays, in a pain.001")
  static let debtorAccount = Option("debtor-account", takes: "IBAN", "the account that pays, in a pain.001")
  static let debtorBIC = Option("debtor-bic", takes: "BIC", "its bank, in a pain.001 (default: NOTPROVIDED)")
  static let executionDate = Option(
    "execution-date", takes: "DATE", "when the bank is to pay, in a pain.001 (default: today, UTC)")
  static let batchSize = Option(
    "batch-size", takes: "N", "transfers claimed and recorded together, 1 to 10000 (default: 200)")
  static let watchEvery = Option(
    "watch", takes: "SECONDS", "go on, and look for work this often, until SIGTERM or SIGINT")
  static let wait = Option(
    "wait", takes: "SECONDS", "wait this long for transfers that are due again soon (default: 0)")
  static let maxAttempts = Option(
    "max-attempts", takes: "N", "attempts surely not executed before a transfer has failed (default: 5)")
  static let callRate = Option("rate", takes: "N", "calls a second at most (default: no limit; stripe: 20)")
  static let inFlight = Option(
    "in-flight", takes: "N", "calls that may wait for an answer at once (default: 64; stripe: 4)")
  static let callTimeout = Option(
    "call-timeout", takes: "SECONDS", "how long the rail's program may be silent while it is asked (default: 60)")
  static let backoff = Option(
    "backoff", takes: "MS", "first pause before another attempt, in milliseconds (default: 1000)")
  static let transfers = Option("transfers", "list the transfers too")
  static let transfer = Option("transfer", takes: "ID", "one transfer, with every call that was made for it")
  static let state = Option(
    "state", takes: "STATE", choices: Transfer.State.allCases.map(\.rawValue), "only transfers in this state")
  static let decision = Option(
    "decision", takes: "WHAT", choices: ["executed", "not-executed"],
    "record what you know of an unknown outcome; money moves by it")
  static let externalID = Option(
    "external-id", takes: "ID", "what the rail calls the transfer (with --decision executed)")
  static let returned = Option("returned", "record that the rail sent the money back by itself; no call is made")

  static let anyRail = [
    rail, railName, railDirectory, fileFormat, debtorName, debtorAccount, debtorBIC, executionDate,
    currencies, batchSize, maxAttempts, callRate, inFlight, callTimeout, backoff, wait,
  ]
}
