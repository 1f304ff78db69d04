// Where are the inputs of a run now, and are they still the same?
internal import Interchange

/// An input as manifest.json and run-info.json record it.
struct RecordedInput {
  /// `commitments-1`
  let name: String
  let table: Table
  let format: InputFormat
  let digest: String
  let byteCount: Int?
  /// Where it was read from; `-` is standard input, nil where that is not recorded.
  let path: String?

  enum State {
    case same(path: String)
    case changed(path: String)
    /// Why it cannot be read again.
    case gone(String)
  }
}

/// The inputs of one run, in the order they were read.
struct RecordedInputs {
  let inputs: [RecordedInput]
  /// Where to look instead of the recorded places.
  private let movedTo: String?

  /// - Parameter movedTo: a directory that holds the inputs now; nil for where they were.
  init(_ manifest: Manifest, info: JSONValue?, movedTo: String?) {
    self.movedTo = movedTo
    let recorded = info?["inputs"]?.elements ?? []
    let sizes = manifest.json["inputs"]?.elements ?? []
    inputs = manifest.inputs.compactMap { input in
      let parts = input.name.split(separator: "-")
      guard parts.count == 2, let table = Table(rawValue: String(parts[0])), let number = Int(parts[1]), number > 0
      else {
        return nil
      }
      let ofTable = recorded.filter { $0["table"]?.text == table.rawValue }
      return RecordedInput(
        name: input.name, table: table, format: input.format, digest: input.digest,
        byteCount: sizes.first { $0["name"]?.text == input.name }?["bytes"]?.integer.map { Int($0) },
        path: ofTable.indices.contains(number - 1) ? ofTable[number - 1]["path"]?.text : nil)
    }
  }

  func state(of input: RecordedInput) -> RecordedInput.State {
    var changed: String?
    for path in candidates(input) {
      guard let digest = RecordedInputs.digest(path) else { continue }
      if digest == input.digest { return .same(path: path) }
      changed = changed ?? path
    }
    if let found = searchByContent(input) { return .same(path: found) }
    if let changed { return .changed(path: changed) }
    switch (input.path, movedTo) {
    case ("-", nil): return .gone("it came from standard input")
    case (nil, nil): return .gone("run-info.json does not say where it was")
    case (let path?, nil): return .gone("\(Terminal.safe(path)) is not there any more")
    case (_, let directory?): return .gone("it is not in \(Terminal.safe(directory))")
    }
  }

  /// Where it was; or in the directory it was moved to, under as much of its path as is found there.
  private func candidates(_ input: RecordedInput) -> [String] {
    guard let path = input.path, path != "-" else { return [] }
    guard let movedTo else { return [path] }
    let parts = path.split(separator: "/")
    return parts.indices.map { "\(movedTo)/\(parts[$0...].joined(separator: "/"))" }
  }

  /// A file of the given directory with the same content, whatever its name.
  private func searchByContent(_ input: RecordedInput) -> String? {
    guard let movedTo, let size = input.byteCount else { return nil }
    for name in (try? FileSystem.list(movedTo)) ?? [] where FileSystem.size(of: "\(movedTo)/\(name)") == size {
      if RecordedInputs.digest("\(movedTo)/\(name)") == input.digest { return "\(movedTo)/\(name)" }
    }
    return nil
  }

  private static func digest(_ path: String) -> String? {
    guard FileSystem.exists(path), !FileSystem.isDirectory(path), let stream = try? InputStream(path: path) else {
      return nil
    }
    return (try? stream.summary())?.digest.hex
  }
}
