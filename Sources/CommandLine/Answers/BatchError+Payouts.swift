// What does a user read where a payout could not be made?
internal import Batch
internal import Payouts

extension BatchError {
  static func payout(_ error: PayoutError) -> BatchError {
    if let cause = error.cause { return ledger(cause) }
    let message = Terminal.safe(error.message)
    func failure(_ status: ExitStatus, _ hint: String) -> BatchError {
      BatchError(error.code.rawValue, status, message, hint: hint)
    }
    return switch error.code {
    case .unknownJob:
      failure(.usage, "schedule it first: settle payouts schedule --run RUN; `settle runs` lists the runs")
    case .unknownTransfer: failure(.usage, "`settle payouts status RUN --transfers` lists the transfers of a run")
    case .notPayable: failure(.refused, "only settlements pay users; name one of `settle runs`")
    case .transferState: failure(.conflict, "`settle payouts status --transfer ID` shows where it stands and why")
    case .transferInHand: failure(.locked, "wait for that call to end, then run the same command again")
    case .railDiffers:
      failure(.conflict, "what one rail may have sent is never sent over another: process it on the rail it began on")
    case .railUnreachable:
      failure(.transient, "nothing was lost: the same command goes on where it stopped, once the rail answers")
    case .railFile: failure(.transient, "see to the directory, then run the same command again: it goes on by itself")
    case .unrecorded:
      failure(.transient, "nothing is lost: the next `payouts process` asks the rail what became of them")
    case .ledger: failure(.usage, "check the ledger with `settle ledger check`")
    }
  }
}
