// How is a night told to a program that follows it? One JSON object a line, as it happens.
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger

/// `--events FILE`: lines are added; what the file holds already stays.
///
/// ```
/// {"at":"…","call":"…","command":"run","event":"start","schema":"settle-events/1","version":"0.1.0"}
/// {"at":"…","call":"…","event":"stage","stage":"read commitments-1","total":312044}
/// {"at":"…","call":"…","event":"end","exit":0,"run_id":"…-1","seconds":0.412}
/// ```
final class EventFile: @unchecked Sendable {
  static let schema = "settle-events/1"

  private let call: String
  private let path: String
  private let state: Monitor<State>

  private struct State {
    var file: AppendFile?
    var failure: String?
  }

  /// Opens the file. Where that fails, nothing is told, and `failure` says why.
  init(_ path: String, command: String, at time: String) {
    self.path = path
    // Tells the lines of one call from those of others in the same file.
    call = "\(time)/\(getpid())"
    var state = State()
    do throws(FileError) {
      state.file = try AppendFile(path) { head in
        let line = head.prefix { $0 != 0x0A }
        return String(decoding: line, as: UTF8.self).contains(#""schema":"\#(EventFile.schema)""#)
      }
      if state.file == nil { state.failure = "\(Terminal.safe(path)) holds something else: it is left as it is" }
    } catch {
      state.failure = EventFile.text(error)
    }
    self.state = Monitor(state)
  }

  /// Why not everything is told; nil where everything is.
  var failure: String? { state.update { $0.failure } }

  func add(_ event: String, _ members: [String: JSONValue]) {
    var members = members
    members["event"] = .string(event)
    members["at"] = .string(Clock.now())
    members["call"] = .string(call)
    let line = JSONValue.object(members).compact + "\n"
    state.update { state in
      guard let file = state.file else { return }
      do throws(FileError) {
        try file.append(line)
      } catch {
        // After a line that is cut off, nothing more can be told.
        state.failure = EventFile.text(error)
        state.file = nil
      }
    }
  }

  private static func text(_ error: FileError) -> String {
    "\(Terminal.safe(error.path)): cannot \(error.operation): \(error.reason)"
  }
}
