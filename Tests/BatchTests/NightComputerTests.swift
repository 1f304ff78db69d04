// Does a night come out the same whatever the threads, blocks and formats, and does one market's failure stay its own?
import Foundation
import Interchange
import Ledger
import Markets
import TestSupport
import Testing

@testable import Batch

@Suite struct NightComputerTests {
  /// A request on files written into a workspace.
  private func request(_ work: Workspace, _ resolutions: String, _ commitments: String, format: String = "csv")
    -> NightRequest
  {
    var request = NightRequest()
    request.inputs = [
      InputFile(table: .resolutions, path: work.write("resolutions.csv", resolutions), format: .csv),
      InputFile(
        table: .commitments, path: work.write("commitments.\(format)", commitments),
        format: InputFormat(rawValue: format)!),
    ]
    return request
  }

  private func compute(_ request: NightRequest, into directory: String? = nil, posts: Bool = false) throws
    -> ComputedNight
  {
    let computer = NightComputer(request)
    _ = try computer.read()
    return try computer.settle(into: directory, earlier: [:], posts: posts, flushes: false)
  }

  private static let twoMarkets = "market_id,resolution_id,winning_option,house_fee_bps\nm1,r1,a,100\nm2,r2,b,100\n"
  private static let fourStakes =
    "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,a,100\nc2,m1,u2,b,50\nc3,m2,u1,a,70\nc4,m2,u3,b,30\n"

  @Test func `a market that does not add up is failed, and the others are settled`() throws {
    let work = Workspace()
    var request = request(work, Self.twoMarkets, Self.fourStakes)
    request.sabotage = { $0 == ID("m1") }
    let night = try compute(request)
    #expect(night.markets.map(\.status) == [.failed, .settled])
    #expect(night.counts.failed == 1)
    #expect(night.counts.settled == 1)
    #expect(night.status == .invariant)
    #expect(night.outputs.first { $0.name == "commitments.csv" }?.rows == 2)
  }

  @Test func `without a fault both are settled`() throws {
    let work = Workspace()
    let night = try compute(request(work, Self.twoMarkets, Self.fourStakes))
    #expect(night.markets.map(\.status) == [.settled, .settled])
    #expect(night.status == .done)
  }

  @Test func `a failed market is not posted, and the run ends with 70`() throws {
    let work = Workspace()
    var request = request(work, Self.twoMarkets, Self.fourStakes)
    request.sabotage = { $0 == ID("m2") }
    var place = NightPlace()
    place.outputsPath = "\(work.path)/outputs"
    place.ledgerPath = "\(work.path)/outputs/ledger.db"
    place.operatorID = "ann"
    try Ledger.create(place.ledgerPath, operatorID: "ann")
    let ledger = try Ledger(place.ledgerPath, .readWrite)
    let answer = try Night(request, at: place).run(ledger)
    #expect(answer.status == .invariant)
    #expect(try ledger.settlements(ofRun: answer.runID).map(\.marketID) == ["m1"])
    #expect(try ledger.balance(of: "escrow:m2", currency: "TOKEN") == nil)
    #expect(work.text("outputs/\(answer.runID)/markets.csv").contains("m2,r2,failed,winner,,TOKEN,"))
  }

  /// A night of many markets, some ids long, some with commas, quotes and letters beyond ASCII.
  private func randomNight(seed: UInt64, rows: Int) -> (resolutions: String, rows: [[String: String]]) {
    var random = SeededGenerator(seed: seed)
    let markets = (0..<40).map { "m\($0)" + ($0 % 7 == 0 ? "-" + String(repeating: "x", count: 30) : "") }
    var resolutions = "market_id,resolution_id,winning_option,house_fee_bps,creator_fee_bps,creator_id\n"
    for market in markets {
      resolutions += "\(market),r-\(market),o\(Int.random(in: 0..<3, using: &random)),250,100,maker\n"
    }
    let rows = (0..<rows).map { number -> [String: String] in
      let user = Int.random(in: 0..<50, using: &random)
      return [
        "commitment_id": "c\(number)" + (number % 11 == 0 ? "ä" : ""),
        "market_id": markets[Int.random(in: 0..<markets.count, using: &random)],
        "user_id": user % 9 == 0 ? "Smith, J\(user)" : "u\(user)",
        "option_id": "o\(Int.random(in: 0..<3, using: &random))",
        "amount": String(Int.random(in: 1...1_000_000, using: &random)),
      ]
    }
    return (resolutions, rows.shuffled(using: &random))
  }

  private static let columns = ["commitment_id", "market_id", "user_id", "option_id", "amount"]

  private func text(_ rows: [[String: String]], format: String) -> String {
    func object(_ row: [String: String]) -> String {
      JSONValue.object(row.mapValues { .string($0) }).compact
    }
    switch format {
    case "json": return "[" + rows.map(object).joined(separator: ",\n ") + "]"
    case "ndjson": return rows.map(object).joined(separator: "\n") + "\n"
    default:
      let lines = rows.map { row in
        Self.columns.map { column in
          let cell = row[column] ?? ""
          return cell.contains(",") ? "\"\(cell)\"" : cell
        }.joined(separator: ",")
      }
      return ([Self.columns.joined(separator: ",")] + lines).joined(separator: "\n") + "\n"
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `threads and formats never change a byte`(seed: UInt64) throws {
    // More than a block of a megabyte, so that the file is cut into pieces.
    let night = randomNight(seed: seed, rows: 60_000)
    var digests: Set<[String]> = []
    for format in ["csv", "json", "ndjson"] {
      for threads in [1, 2, 5] {
        let work = Workspace()
        var request = request(work, night.resolutions, text(night.rows, format: format), format: format)
        request.threads = threads
        let computed = try compute(request)
        #expect(computed.counts.commitments == 60_000, "seed \(seed)")
        digests.insert(computed.outputs.map { "\($0.name) \($0.digest.hex)" })
      }
    }
    #expect(digests.count == 1, "seed \(seed)")
  }

  /// Two parts of its work are done at once.
  @Test func `a large market comes out the same on one thread and on two`() throws {
    var random = SeededGenerator(seed: 4)
    var rows = "commitment_id,market_id,user_id,option_id,amount\n"
    let count = MarketWorker.sharedRecordCount + 1_464
    for number in 0..<count {
      let market = number < MarketWorker.sharedRecordCount ? "m1" : "m\(Int.random(in: 2...20, using: &random))"
      let user = "u\(Int.random(in: 0..<50_000, using: &random))"
      let option = ["a", "b"].randomElement(using: &random)!
      rows += "c\(number * 7_919 % count),\(market),\(user),\(option),\(Int.random(in: 1...999, using: &random))\n"
    }
    let resolutions =
      "market_id,resolution_id,winning_option,house_fee_bps\n" + (1...20).map { "m\($0),r,a,100\n" }.joined()
    var nights: [ComputedNight] = []
    for threads in [1, 2] {
      let work = Workspace()
      var request = request(work, resolutions, rows)
      request.threads = threads
      nights.append(try compute(request, posts: true))
    }
    #expect(nights[0].counts.commitments == count)
    #expect(nights[0].outputs == nights[1].outputs)
    #expect(nights[0].markets.map(\.users) == nights[1].markets.map(\.users))
    #expect(nights[0].markets.map(\.facts) == nights[1].markets.map(\.facts))
    #expect(nights[0].markets.map { $0.payments?.bytes } == nights[1].markets.map { $0.payments?.bytes })
    #expect(nights[0].markets.allSatisfy { $0.facts != nil && ($0.payments?.count ?? 0) > 0 })
  }

  @Test func `a JSON array that is cut inside a string is read as a whole`() throws {
    // A title that looks like the border between two rows, often enough to stand where a piece ends.
    let title = String(repeating: "},{", count: 100_000)
    let rows = (0..<12).map { number in
      "{\"commitment_id\":\"c\(number)\",\"market_id\":\"m1\",\"user_id\":\"u\",\"option_id\":\"a\",\"amount\":5,\"note\":\"\(title)\"}"
    }
    let work = Workspace()
    var request = request(work, Self.twoMarkets, "[" + rows.joined(separator: ",") + "]", format: "json")
    request.threads = 2
    let night = try compute(request)
    #expect(night.counts.commitments == 12)
    #expect(night.rejections.isEmpty)
  }

  @Test func `a damaged JSON array is refused at the line of the damage, on one thread or two`() throws {
    let row = "{\"commitment_id\":\"c\",\"market_id\":\"m1\",\"user_id\":\"u\",\"option_id\":\"a\",\"amount\":5}"
    let rows = (0..<40_000).map { row.replacingOccurrences(of: "\"c\"", with: "\"c\($0)\"") }
    let text = "[" + rows[..<30_000].joined(separator: ",\n") + "\n" + rows[30_000...].joined(separator: ",\n") + "]"
    for threads in [1, 2] {
      let work = Workspace()
      var request = request(work, Self.twoMarkets, text, format: "json")
      request.threads = threads
      let error = #expect(throws: BatchError.self) { try compute(request) }
      #expect(error?.code == "invalid_input")
      #expect(error?.rejections.map(\.line) == [30_001])
    }
  }

  @Test(arguments: ["csv", "ndjson", "json"])
  func `a bad row far down is reported at its line, on one thread or two`(format: String) throws {
    var rows = randomNight(seed: 9, rows: 50_000).rows
    rows[39_999]["amount"] = "12.5"
    rows[49_999]["user_id"] = "a@b.example"
    for threads in [1, 2] {
      let work = Workspace()
      var request = request(work, Self.twoMarkets, text(rows, format: format), format: format)
      request.threads = threads
      let night = try compute(request)
      let header = format == "csv" ? 1 : 0
      #expect(night.rejections.map(\.line) == [40_000 + header, 50_000 + header])
      #expect(night.rejections.map(\.code) == [.invalidAmount, .personalData])
    }
  }

  @Test(
    arguments: [
      (stakes: [Int64.max / 2, Int64.max / 2 + 1], code: nil),
      (stakes: [Int64.max, 1], code: "pool_out_of_range"),
    ] as [(stakes: [Int64], code: String?)])
  func `the stakes of a market sum to at most the largest amount`(stakes: [Int64], code: String?) throws {
    let work = Workspace()
    var rows = "commitment_id,market_id,user_id,option_id,amount\n"
    for (number, stake) in stakes.enumerated() { rows += "c\(number),m1,u,a,\(stake)\n" }
    let night = try compute(request(work, Self.twoMarkets, rows))
    #expect(night.markets[0].holdReasons == (code.map { [$0] } ?? []))
    #expect(night.markets[0].status == (code == nil ? .settled : .held))
  }

  @Test func `totals of a run beyond a balance refuse it before anything is written`() throws {
    let work = Workspace()
    let rows =
      "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u,a,\(Int64.max)\nc2,m2,u,b,1\n"
    let directory = "\(work.path)/run"
    try FileSystem.createDirectory(directory)
    let error = #expect(throws: BatchError.self) { try compute(request(work, Self.twoMarkets, rows), into: directory) }
    #expect(error?.code == "total_out_of_range")
    #expect(error?.status == .refused)
    #expect(!FileSystem.exists("\(directory)/manifest.json"))
  }
}
