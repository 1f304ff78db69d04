// The rail's entry: calls from standard input, answers to standard output, one line each (docs/RAILS.md).
import Dispatch
import Foundation
import Glibc
import Rails

@main
enum StripeRailTool {
  /// Requests at once.
  static let concurrency = 8

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    if CommandLine.arguments.count > 1 {
      // No option takes a secret, so that none is ever given one.
      print(
        """
        settle-rail-stripe: sends transfers over Stripe for `settle payouts process --rail stripe`.
        It takes no arguments. It reads calls from standard input (docs/RAILS.md), and from the environment:
          SETTLE_STRIPE_KEY_FILE   the file with the secret key; mode 0600
          SETTLE_STRIPE_BASE_URL   the API (default: https://api.stripe.com)
          SETTLE_STRIPE_TIMEOUT    seconds for a request (default: 30)
        """)
      exit(CommandLine.arguments[1] == "--help" ? 0 : 2)
    }
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["SETTLE_STRIPE_TIMEOUT"].flatMap { Double($0) } ?? 30
    let rail: Result<StripeRail, SecretError>
    do throws(SecretError) {
      let client = StripeClient(
        base: try BaseURL.from(environment), secret: try Secret(environment: environment),
        timeoutSeconds: min(max(1, seconds), 600))
      rail = .success(StripeRail(client: client))
    } catch {
      FileHandle.standardError.write(Data("settle-rail-stripe: \(error.code): \(error.message)\n".utf8))
      rail = .failure(error)
    }
    serve(rail)
  }

  private static func serve(_ rail: Result<StripeRail, SecretError>) {
    let slots = DispatchSemaphore(value: concurrency)
    let output = DispatchQueue(label: "output")
    let open = DispatchGroup()
    while let line = readLine(strippingNewline: true) {
      guard !line.isEmpty else { continue }
      let call: RailCall
      do throws(RailProtocolError) {
        call = try RailCall(parsing: Array(line.utf8))
      } catch {
        // Who speaks another protocol gets no answer that could be taken for one.
        FileHandle.standardError.write(Data("settle-rail-stripe: rail_protocol: \(error.message)\n".utf8))
        exit(2)
      }
      slots.wait()
      open.enter()
      // A thread of its own: one that waits for an answer would keep the system's pool from handing it over.
      Thread {
        let reply: RailReply
        switch rail {
        case .success(let rail): reply = rail.answer(call)
        // Nobody's transfer is at fault: the job waits until the key is there.
        case .failure(let error): reply = RailReply(call.transferID, .pause, code: error.code)
        }
        output.sync { write(reply.line) }
        slots.signal()
        open.leave()
      }.start()
    }
    open.wait()
  }

  private static func write(_ line: String) {
    var bytes = Array(line.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // Nobody listens any more.
      guard count > 0 else { exit(1) }
      bytes = bytes.dropFirst(count)
    }
  }
}
