// settle doctor
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger

extension Command {
  static let doctor = Command(
    name: "doctor", summary: "check that this machine and this place can settle",
    options: Option.place + [.operatorID, .config],
    details: """
      Looks at the program and its SQLite, the configuration and the environment, the ledger, the outputs directory
      (writable, locks, space, what an interruption left), the operator, the clock and the terminal. Changes nothing but
      for a small file that it makes in the outputs directory and removes. Exit 0 where a night can be settled, 1 where
      something must be mended first; warnings alone are 0.
      """
  ) { (call) throws(BatchError) in
    let checks = try Doctor(call: call).checks()
    let isHealthy = !checks.contains { $0.state == .failed }
    if call.console.isJSON {
      call.console.print(.object(["ok": .bool(isHealthy), "checks": .array(checks.map(\.json))]))
    } else {
      call.console.table(checks.map { [$0.state.rawValue, $0.name, $0.message] }, indent: "")
      for check in checks where !check.hint.isEmpty { call.console.print("\(check.name): \(check.hint)") }
      let (failed, warned) = (checks.filter { $0.state == .failed }.count, checks.filter { $0.state == .warning }.count)
      call.console.print(
        failed > 0
          ? "\(Console.counted(failed, "check")) failed"
          : warned > 0 ? "ready, with \(Console.counted(warned, "warning"))" : "ready")
    }
    return isHealthy ? .done : .found
  }
}

/// What was looked at, and how it stands.
struct DoctorCheck {
  enum State: String {
    case ok, warning, failed
  }

  let name: String
  let state: State
  let message: String
  /// What to do; empty where nothing is to be done.
  var hint = ""

  var json: JSONValue {
    .object([
      "name": .string(name), "status": .string(state.rawValue), "message": .string(message), "hint": .string(hint),
    ])
  }
}
