// Is a run's file that was cut off anywhere, or changed in any byte, found by verify?
import Batch
import FoundationEssentials
import Interchange
import Ledger
import Markets
import TestSupport
import Testing

@Suite struct EveryByteTests {
  /// `EVERY_BYTE=1` in the environment tries every place; else every 17th, from one drawn anew.
  private static let isComplete = ProcessInfo.processInfo.environment["EVERY_BYTE"] != nil

  @Test func `verify finds every changed byte and every lost end of every file`() throws {
    let work = Workspace()
    var place = NightPlace()
    place.outputsPath = "\(work.path)/outputs"
    place.ledgerPath = "\(work.path)/outputs/ledger.db"
    place.operatorID = "night"
    try Ledger.create(place.ledgerPath, operatorID: "night")
    let ledger = try Ledger(place.ledgerPath, .readWrite)
    var request = NightRequest()
    request.auditFormat = .both
    request.inputs = [
      InputFile(
        table: .resolutions,
        path: work.write("r.csv", "market_id,resolution_id,winning_option,house_fee_bps\nm1,r1,x,300\nm2,r2,y,0\n"),
        format: .csv),
      InputFile(
        table: .commitments,
        path: work.write(
          "c.csv",
          "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,70\nc2,m1,u2,y,31\nc3,m2,u1,z,5\nc4,m2,,z,5\n"),
        format: .csv),
    ]
    let run = try Night(request, at: place).run(ledger)
    let directory = "\(place.outputsPath)/\(run.runID)"
    let location = RunLocation(runID: run.runID, directory: directory, record: try ledger.run(run.runID))

    func isSound() throws -> Bool {
      var verification = Verification(location, ledger)
      // The files and the books are asked for; settling again would find the same later.
      verification.inputsDirectory = "\(work.path)/nowhere"
      return try verification.report().findings.isEmpty
    }
    #expect(try isSound())
    let seed = UInt64.random(in: 1...1_000_000)
    print("every byte: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let stride = EveryByteTests.isComplete ? 1 : 17
    let names = work.names("outputs/\(run.runID)")
    #expect(names.count >= 9, "\(names)")
    var tried = 0
    for name in names {
      let path = "\(directory)/\(name)"
      let original = try #require(work.read(path))
      for offset in Swift.stride(from: Int.random(in: 0..<stride, using: &generator), to: original.count, by: stride) {
        var changed = original
        changed[changed.startIndex + offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try changed.write(to: URL(fileURLWithPath: path))
        #expect(try !isSound(), "seed \(seed): byte \(offset) of \(name)")
        try original.prefix(offset).write(to: URL(fileURLWithPath: path))
        #expect(try !isSound(), "seed \(seed): \(name) cut off at \(offset)")
        tried += 2
      }
      try original.write(to: URL(fileURLWithPath: path))
    }
    #expect(try isSound())
    #expect(tried > 500)
  }
}
