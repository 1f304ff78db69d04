// Is a damaged file read in the same way whatever its blocks, and never past its end?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct DamagedFilesTests {
  private static let samples: [(format: InputFormat, text: String)] = [
    (
      .csv,
      #"""
      commitment_id,note,market_id,x,amount
      c1,"a ""b"" c",m1,,5
      c2,"line
      break",m2,é,6

      "c3",,"m3","",7\#r
      c4,"","","""",8

      """#
    ),
    (
      .json,
      #"""
      [
        {"id": "c1", "x": {"a": [1, 2, {"b": null}]}, "amount": 5},
        {"id": "c2", "x": {}, "amount": 6, "note": "é\u00e9\ud83d\ude00"},
        {"note": ["a", "b"], "id": "c\"3", "market_id": null, "y": -1.5e3},
        {"id": "c4", "x": 1, "amount": true}
      ]
      """#
    ),
    (
      .json,
      #"""
      {"version": {"n": 1}, "commitments": [{"id": "c1", "x": "a", "y": "b"}, {"id": "c2", "x": "a", "y": "b"}],
       "more": [[], {"z": "\n"}]}
      """#
    ),
    (
      .ndjson,
      #"""
      {"id": "c1", "x": {"a": 1}, "amount": 5}
      {"id": "c2", "x": {"a": 1}, "amount": 6}

      {"note": "é\u00e9\ud83d\ude00", "id": "c3", "y": [1, [2]]}
      {"id": "c4", "market_id": "m4"}

      """#
    ),
  ]

  /// Bytes that mean something to one of the readers.
  private static let telling = Array("\",\n\r\\{}[]:01eu-+. \u{0}x".utf8) + [0xC3, 0xA9, 0xFF]

  @Test(arguments: 0..<4, 1...3 as ClosedRange<UInt64>)
  func `random damage is read the same in blocks of any size`(sample: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed * 100 + UInt64(sample))
    let workspace = Workspace()
    let (format, text) = DamagedFilesTests.samples[sample]
    var soundCount = 0
    for number in 1...30 {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = DamagedFilesTests.telling.randomElement(using: &generator)!
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(DamagedFilesTests.telling.randomElement(using: &generator)!, at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 10))
        default: bytes.insert(contentsOf: bytes[max(0, place - 10)..<place], at: place)
        }
      }
      let (lines, differences) = Transcript.read(bytes, as: format, in: workspace, Transcript.Way.few)
      guard differences.isEmpty, !lines.contains(where: { $0.contains("runs on") || $0.contains("does not stay") })
      else {
        Issue.record(
          """
          seed \(seed), file \(number) (\(format)):
          \(String(decoding: bytes, as: UTF8.self).debugDescription)
          \(lines)
          \(differences.first ?? "")
          """)
        return
      }
      if !lines.joined().contains("broken") && !lines.joined().contains("unreadable") { soundCount += 1 }
    }
    // Some files are left whole, and some are not.
    #expect((3...27).contains(soundCount), "seed \(seed): \(soundCount) of 30 are sound")
  }
}
