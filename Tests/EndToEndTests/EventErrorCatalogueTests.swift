// Does every row code of events have a smallest input that causes it, and an entry in docs/ERRORS.md that tells the same?
import Batch
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct EventErrorCatalogueTests {
  struct Entry: CustomTestStringConvertible, Sendable {
    let code: String
    /// The table that is not as in `sound`.
    let files: [String: String]
    let places: [String]

    var testDescription: String { code }

    init(_ code: String, _ files: [String: String], _ places: [String]) {
      self.code = code
      self.files = files
      self.places = places
    }
  }

  static let sound = [
    "events": "event_id,status,prize_pool,distribution\ne1,completed,100,\"{\"\"1\"\": 100}\"\n",
    "registrations": "registration_id,event_id,status\nr1,e1,confirmed\n",
    "placements": "event_id,registration_id,place\ne1,r1,1\n",
  ]

  static let entries: [Entry] = [
    Entry(
      "duplicate_event", ["events": "event_id,status\ne1,live\ne1,live\n"],
      ["events-1:2 event_id", "events-1:3 event_id"]),
    Entry(
      "duplicate_registration",
      ["registrations": "registration_id,event_id,status\nr1,e1,confirmed\nr1,e1,confirmed\n"],
      ["registrations-1:2 registration_id", "registrations-1:3 registration_id"]),
    Entry(
      "duplicate_placement", ["placements": "event_id,registration_id,place\ne1,r1,1\ne1,r1,2\n"],
      ["placements-1:2 registration_id", "placements-1:3 registration_id"]),
    Entry(
      "unknown_registration", ["placements": "event_id,registration_id,place\ne1,r2,1\n"],
      ["placements-1:2 registration_id"]),
    Entry(
      "registration_not_eligible", ["registrations": "registration_id,event_id,status\nr1,e1,withdrawn\n"],
      ["placements-1:2 registration_id"]),
    Entry(
      "invalid_place", ["placements": "event_id,registration_id,place\ne1,r1,0\n"],
      ["placements-1:2 place"]),
    Entry(
      "place_conflict",
      [
        "registrations": "registration_id,event_id,status\nr1,e1,confirmed\nr2,e1,confirmed\nr3,e1,confirmed\n",
        "placements": "event_id,registration_id,place\ne1,r1,1\ne1,r2,1\ne1,r3,2\n",
      ],
      ["placements: place"]),
    Entry(
      "invalid_distribution",
      ["events": "event_id,status,prize_pool,distribution\ne1,completed,100,\"{\"\"1\"\": 60, \"\"winner\"\": 40}\"\n"],
      ["events-1:2 distribution"]),
    Entry(
      "mixed_distribution",
      [
        "events":
          "event_id,status,prize_pool,distribution\ne1,completed,100,\"{\"\"1\"\": \"\"60%\"\", \"\"2\"\": 40}\"\n"
      ],
      ["events-1:2 distribution"]),
    Entry(
      "distribution_exceeds_pool",
      ["events": "event_id,status,prize_pool,distribution\ne1,completed,100,\"{\"\"1\"\": 60, \"\"2\"\": 41}\"\n"],
      ["events-1:2 distribution"]),
  ]

  @Test func `every row code of events has its smallest input`() {
    #expect(EventErrorCatalogueTests.entries.map(\.code).sorted() == RowCode.ofEvents.map(\.rawValue).sorted())
  }

  @Test func `the sound files are paid`() {
    let workspace = Workspace()
    for (table, text) in EventErrorCatalogueTests.sound { workspace.write("\(table).csv", text) }
    #expect(workspace.settle("prizes", "pay", "--dry-run").exitCode == 0)
  }

  @Test(arguments: entries.indices)
  func `the smallest input causes its code and no other, and the page shows it`(number: Int) throws {
    let entry = EventErrorCatalogueTests.entries[number]
    let workspace = Workspace()
    for (table, text) in EventErrorCatalogueTests.sound.merging(entry.files, uniquingKeysWith: { $1 }) {
      workspace.write("\(table).csv", text)
    }
    let (answer, exit) = try workspace.prizes("pay", "--dry-run")
    #expect(exit == 3)
    let rejections = try #require(answer["rejections"]?.elements)
    #expect(Set(rejections.compactMap { $0["code"]?.text }) == [entry.code])
    let places = rejections.map { rejection in
      let file = rejection["file"]?.text ?? ""
      let line = rejection["line"]?.integer.map { "\(file):\($0) " } ?? "\(rejection["table"]?.text ?? ""): "
      return line + (rejection["field"]?.text ?? "")
    }
    #expect(places == entry.places)
    let page = try String(contentsOfFile: "\(Workspace.packagePath)/docs/ERRORS.md", encoding: .utf8)
    let start = try #require(page.range(of: "### `\(entry.code)`\n"), "docs/ERRORS.md has no \(entry.code)")
    let section = page[start.upperBound...].prefix(2_000)
    for text in entry.files.values { #expect(section.contains("```csv\n\(text)```"), "\(entry.code)") }
    #expect(section.contains("`\(entry.places[0].split(separator: " ").last ?? "")`"))
  }

  @Test func `the page tells every reason to hold an event`() throws {
    let page = try String(contentsOfFile: "\(Workspace.packagePath)/docs/ERRORS.md", encoding: .utf8)
    for reason in ["event_not_completed", "no_results", "event_not_cancelled"] {
      #expect(page.contains("### `\(reason)`\n"))
    }
  }
}
