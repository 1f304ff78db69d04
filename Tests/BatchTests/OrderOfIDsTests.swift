// Are ids of every shape put into the order of their bytes, and none taken for another?
import Batch
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct OrderOfIDsTests {
  /// One market of these stakes on one option, settled.
  /// - Returns: the lines of distributions.csv and of commitments.csv, without their headers.
  private func settle(_ stakes: [(commitment: String, user: String, amount: Int)]) throws
    -> (distributions: [[String]], commitments: [[String]])
  {
    let work = Workspace()
    var rows = "commitment_id,market_id,user_id,option_id,amount\n"
    for stake in stakes { rows += "\(stake.commitment),m1,\(stake.user),a,\(stake.amount)\n" }
    var request = NightRequest()
    request.inputs = [
      InputFile(
        table: .resolutions, path: work.write("r.csv", "market_id,resolution_id,winning_option\nm1,r1,a\n"),
        format: .csv),
      InputFile(table: .commitments, path: work.write("c.csv", rows), format: .csv),
    ]
    let computer = NightComputer(request)
    _ = try computer.read()
    try FileManager.default.createDirectory(atPath: "\(work.path)/out", withIntermediateDirectories: false)
    _ = try computer.settle(into: "\(work.path)/out", earlier: [:], posts: false, flushes: false)
    func lines(_ name: String) -> [[String]] {
      work.text("out/\(name)").split(separator: "\n").dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
    return (lines("distributions.csv"), lines("commitments.csv"))
  }

  /// Users, the first of whom stakes 1, the next 2 and so on, and what each is paid back in the order of the file.
  @Test(arguments: [
    // Two that differ only behind the eight bytes in which they differ from a third.
    (["alice0001x", "alice0001y", "bob"], ["alice0001x 1", "alice0001y 2", "bob 3"]),
    (["bob", "alice0001y", "alice0001x"], ["alice0001x 3", "alice0001y 2", "bob 1"]),
    // Another name for the same person is none.
    (["alice0001x", "alice0001x", "bob"], ["alice0001x 3", "bob 3"]),
    // One is the beginning of the other.
    (["user", "user1", "user10", "user1"], ["user 1", "user1 6", "user10 3"]),
    (["12345678", "123456789", "1234567"], ["1234567 3", "12345678 1", "123456789 2"]),
    // Many bits vary, so that key and number do not fit into one word together.
    (
      ["zZ9_aA0-kK", "Zz0-Aa9_Kk", "aAzZ-9_0kK", "zZ9_aA0-kL"],
      ["Zz0-Aa9_Kk 2", "aAzZ-9_0kK 3", "zZ9_aA0-kK 1", "zZ9_aA0-kL 4"]
    ),
    (["solo"], ["solo 1"]),
  ])
  func `users stay apart and in order`(users: [String], expected: [String]) throws {
    let stakes = users.enumerated().map { (commitment: "c\($0)", user: $1, amount: $0 + 1) }
    #expect(try settle(stakes).distributions.map { "\($0[1]) \($0[3])" } == expected)
  }

  /// Ids of one shape: a few letters, digits or both, with beginnings in common.
  private func id(_ shape: Int, _ random: inout SeededGenerator) -> String {
    func draw(_ alphabet: String, _ count: Int) -> String {
      let letters = Array(alphabet)
      return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
    }
    let every = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    switch shape {
    case 0: return "u" + draw("0123456789", 7)
    case 1: return draw("ab", 1) + "0000000" + draw("xyz", Int.random(in: 1...3, using: &random))
    case 2: return draw(every, Int.random(in: 1...20, using: &random))
    case 3: return "tenant-" + draw("12", 1) + "-" + draw(every, 12) + draw("ab", 2)
    default: return draw("ab", Int.random(in: 1...24, using: &random))
    }
  }

  @Test(arguments: 0..<5, [1, 2] as [UInt64])
  func `random ids agree with a slow sort`(shape: Int, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed &* 31 &+ UInt64(shape))
    for count in [3, 33, 700, 5_000] {
      var ids: Set<String> = []
      // Some shapes have few ids; a number behind makes the rest differ late.
      while ids.count < count { ids.insert(id(shape, &random) + (shape == 1 || shape == 4 ? "-\(ids.count)" : "")) }
      let users = (0..<max(2, count / 3)).map { _ in id(shape, &random) }
      let stakes = ids.shuffled(using: &random).map {
        (
          commitment: $0, user: users[Int.random(in: 0..<users.count, using: &random)],
          amount: Int.random(in: 1...999, using: &random)
        )
      }
      let files = try settle(stakes)
      var sums: [String: Int] = [:]
      for stake in stakes { sums[stake.user, default: 0] += stake.amount }
      let order = { (left: String, right: String) in left.utf8.lexicographicallyPrecedes(right.utf8) }
      #expect(files.commitments.map { $0[1] } == ids.sorted(by: order), "shape \(shape), \(count) ids, seed \(seed)")
      #expect(
        files.distributions.map { "\($0[1]) \($0[2])" } == sums.keys.sorted(by: order).map { "\($0) \(sums[$0]!)" },
        "shape \(shape), \(count) ids, seed \(seed)")
    }
  }
}
