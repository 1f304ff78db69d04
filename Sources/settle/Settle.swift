// The program's entry: its words in, its exit code out.
internal import CommandLine
internal import Glibc

@main
enum Settle {
  static func main() {
    var environment: [String: String] = [:]
    var entry = unsafe environ
    while let pointer = unsafe entry.pointee {
      let pair = unsafe String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
      unsafe entry += 1
    }
    exit(SettleTool.run(Array(Swift.CommandLine.arguments.dropFirst()), environment: environment))
  }
}
