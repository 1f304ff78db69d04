// Does the page tell what the files say, safely, and does it look right in a real browser?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct ReportTests {
  private static func page(_ night: SettledNight, _ words: String...) -> String {
    let result = night.workspace.settle(["report", "latest", "--out", "page.html"] + words)
    #expect(result.exitCode == 0, "\(result.errors)")
    return night.workspace.text("page.html")
  }

  /// The tables of a page as rows of cells, all in one list.
  private static func rows(_ page: String) -> [[String]] {
    page.components(separatedBy: "<tr").dropFirst().map { row in
      let cells = row.components(separatedBy: "</tr>")[0].components(separatedBy: "</t").dropLast()
      return cells.map { cell in
        cell.replacing(/<[^>]*>/, with: "").replacing(/^[^>]*>/, with: "").trimmingCharacters(
          in: .whitespacesAndNewlines)
      }
    }
  }

  /// A night that tries to be more than data, with ids as long and amounts as large as there can be.
  private static func hostileNight() -> SettledNight {
    let long = String(repeating: "m", count: 128)
    let wide = String(repeating: "市場", count: 21)
    let markets = [
      "a<script>alert(1)</script>", "b\"onmouseover='alert(1)'", "c&lt;b&gt;", "d--></style><img src=x>", long, wide,
      "שוק של היום", "e]]><svg onload=alert(1)>",
    ]
    var resolutions = "market_id,resolution_id,winning_option,house_fee_bps,creator_fee_bps,creator_id\n"
    var commitments = "commitment_id,market_id,user_id,option_id,amount\n"
    for (index, market) in markets.enumerated() {
      let cell = "\"\(market.replacingOccurrences(of: "\"", with: "\"\""))\""
      resolutions += "\(cell),r\(index),w<b>win</b>,123,45,k<i>\(index)\n"
      for user in 0..<3 {
        let amount = index == 0 ? "3000000000000000000" : "\(user * 7919 + index * 104_729 + 1)"
        commitments += "c\(user),\(cell),u<u>\(user)\(String(repeating: "W", count: index * 12)),"
        commitments += "\(user == 0 ? "w<b>win</b>" : "o<s>\(user)"),\(amount)\n"
      }
    }
    commitments += "c9,\"\(long)\",u9,w<b>win</b>,7\n"
    return SettledNight(resolutions: resolutions, commitments: commitments, "--as-of", "2026-11-20")
  }

  // MARK: What it says

  @Test(
    arguments: [
      ("01-binary", "verdict fine", "All is well"), ("07-currencies", "verdict fine", "All is well"),
      ("04-void-and-no-winner", "verdict fine", "All is well"),
      ("08-bad-rows", "verdict look", "Look: 6 markets are held"),
      ("replication-markets", "verdict fine", "All 103 markets of the night are settled"),
    ])
  func `the first sentence says whether the night is fine`(sample: String, style: String, text: String) {
    let page = ReportTests.page(SettledNight(sample))
    #expect(page.contains("class=\"\(style)\""))
    #expect(page.contains(text))
    #expect(page.contains("exactly the stakes."))
  }

  @Test func `a night whose files do not add up is not fine`() {
    let night = SettledNight("01-binary")
    night.change("markets.csv") { data in
      let text = String(decoding: data, as: UTF8.self)
      let row = text.split(separator: "\n")[1].split(separator: ",", omittingEmptySubsequences: false)
      var cells = row.map(String.init)
      cells[10] = String((Int(cells[10]) ?? 0) + 1)
      data = Data(text.replacingOccurrences(of: row.joined(separator: ","), with: cells.joined(separator: ",")).utf8)
    }
    let page = ReportTests.page(night)
    #expect(page.contains("class=\"verdict bad\""))
    #expect(page.contains("not the stakes of"))
  }

  @Test func `every figure has its numbers, and they are those of the files`() {
    let night = SettledNight("replication-markets")
    let page = ReportTests.page(night)
    let rows = ReportTests.rows(page)
    // The flow: all of it, as the manifest says.
    #expect(rows.contains { $0.prefix(3) == ["all", "171,107,432", "164,744,452"] })
    // Payouts and returns: every user of a market counts once.
    let distributions = night.workspace.text("\(night.directory)/distributions.csv").split(separator: "\n").dropFirst()
    let counts = Dictionary(rows.compactMap { $0.count > 1 ? ($0[0], Int($0[1].replacing(",", with: "")) ?? 0) : nil })
    { $0 + $1 }
    let names = [
      "lost all", "under half", "half to all", "exactly the stake", "up to 1.5 times", "1.5 to 2 times", "2 to 3 times",
      "3 to 5 times", "5 to 10 times", "10 times or more",
    ]
    #expect(names.reduce(0) { $0 + (counts[$1] ?? 0) } == distributions.count)
    let lost = distributions.count { $0.split(separator: ",")[3] == "0" }
    #expect(counts["lost all"] == lost)
    // The largest payout.
    let paid = distributions.compactMap { Int($0.split(separator: ",")[3]) }.max() ?? 0
    #expect(page.replacing(",", with: "").contains("the largest is \(paid)."))
    // Fees: the house and four creators.
    #expect(rows.contains { $0.count == 4 && $0[0] == "house: house fees" && $0[2] == "4,267,955" })
    #expect(page.contains("70 other markets"))
    let figures = page.components(separatedBy: "<figure>").dropFirst()
    #expect(figures.count >= 5)
    #expect(figures.allSatisfy { $0.contains("role=\"img\"") && $0.contains("<desc") })
  }

  @Test func `amounts are shown in units of their currency`() {
    let page = ReportTests.page(SettledNight("07-currencies"))
    let night = SettledNight("07-currencies")
    let totals = night.ask("show", "latest").json["totals"]?.members ?? [:]
    #expect(totals.count > 1)
    #expect(page.contains("the files hold minor units"))
    if let cents = totals["EUR"]?["gross_pool"]?.integer {
      #expect(page.replacing(",", with: "").contains("\(cents / 100).\(String(cents % 100 + 100).dropFirst()) EUR"))
    }
  }

  @Test func `what was rejected and held is counted by its code`() {
    let page = ReportTests.page(SettledNight("08-bad-rows"))
    let rows = ReportTests.rows(page)
    #expect(rows.contains { $0.contains("duplicate_commitment") })
    #expect(rows.contains { $0.contains("three-faults") })
  }

  @Test func `nights before are drawn, and changes told against the last`() {
    let night = SettledNight("01-binary")
    #expect(ReportTests.page(night).contains("There is no run before this one"))
    for (index, sample) in ["02-multi-option", "03-mixed"].enumerated() {
      let files =
        FileManager.default.enumerator(atPath: "\(Workspace.packagePath)/inputs/\(sample)")?.compactMap {
          $0 as? String
        } ?? []
      let words = files.filter { !$0.contains("/") && !$0.hasSuffix(".md") && $0 != "expected" }.flatMap {
        ["--\($0.prefix { $0 != "." })", "\(Workspace.packagePath)/inputs/\(sample)/\($0)"]
      }
      #expect(night.workspace.settle(["run", "--as-of", "2026-01-0\(index + 1)"] + words).exitCode == 0)
    }
    let page = ReportTests.page(night)
    #expect(page.contains("The last 3 runs of this kind"))
    #expect(page.contains("Changes are against the run before"))
    #expect(page.contains("2026-01-02"))
    // Of the first run, nothing that came later is told.
    let first = night.workspace.settle("report", night.runID, "--out", "-").output
    #expect(first.contains("There is no run before this one"))
  }

  @Test func `a comparison tells the money first, then the rows`() {
    let pair = DiffTests.Pair([("m1,r1,yes,100", "m1,r1,yes,200")])
    #expect(pair.workspace.settle("report", pair.b, "--compare", pair.a, "--out", "page.html").exitCode == 0)
    let page = pair.workspace.text("page.html")
    let rows = ReportTests.rows(page)
    #expect(rows.contains(["payouts", "427", "424", "−3"]))
    #expect(rows.contains(["m1", "house_fee", "3", "6", "+3", "other fees"]))
    #expect(pair.diff("--html", "diff.html").exitCode == 1)
    #expect(
      ReportTests.rows(pair.workspace.text("diff.html")).contains(["m1", "house_fee", "3", "6", "+3", "other fees"]))
  }

  @Test func `the same run gives the same bytes`() {
    let night = SettledNight("05-several-winners")
    #expect(ReportTests.page(night) == ReportTests.page(night))
    #expect(night.ask("verify").exit == 0, "the page is no stranger in the run's directory")
  }

  // MARK: Where it goes

  @Test(
    arguments: [
      (["latest"], 0, "report.html"), (["--out", "-"], 0, nil), (["--out", "deep/in/nothing.html"], 2, nil),
      (["no-such-run"], 2, nil), (["latest", "--compare", "no-such-run"], 2, nil), (["latest", "latest"], 2, nil),
      (["--out", "-", "--json"], 2, nil), (["--json"], 0, "report.html"),
    ] as [([String], Int32, String?)])
  func `the page takes its place whole, or not at all`(words: [String], exit: Int32, file: String?) {
    let night = SettledNight("01-binary")
    let before = Set(night.workspace.names())
    let result = night.workspace.settle(["report"] + words)
    #expect(result.exitCode == exit, "\(result.errors)")
    #expect(Set(night.workspace.names()).subtracting(before) == Set(file.map { [$0] } ?? []))
    if words.contains("-"), exit == 0 { #expect(result.output.hasPrefix("<!doctype html>")) }
  }

  // MARK: Safety and looks

  @Test func `nothing from outside becomes a part of the page`() {
    let night = ReportTests.hostileNight()
    let page = ReportTests.page(night)
    for tag in ["<script", "<img", "<u>", "<i>", "<s>", "<b>win", "onload=alert(1)>"] {
      #expect(!page.contains(tag), "\(tag)")
    }
    #expect(page.contains("a&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("c&amp;lt;b&amp;gt;"))
    #expect(page.contains("default-src 'none'"))
  }

  @Test func `pages are sound, and look right where a browser is installed`() {
    let hostile = ReportTests.hostileNight()
    let other = SettledNight("replication-markets")
    let mixed = SettledNight("07-currencies")
    let pair = DiffTests.Pair([("m1,r1,yes,100", "m1,r1,yes,200"), ("m3,r3,b,200\n", "")])
    _ = pair.diff("--html", "diff.html")
    _ = ReportTests.page(hostile, "--compare", hostile.runID)
    _ = ReportTests.page(mixed)
    _ = ReportTests.page(other)
    let pages = [hostile, mixed, other].map { "\($0.workspace.path)/page.html" } + ["\(pair.workspace.path)/diff.html"]
    let result = hostile.workspace.run("\(Workspace.packagePath)/scripts/check-page", pages)
    // Says on its last line whether a browser looked at them, or that there is none here.
    print(result.output)
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
  }
}
