// How does a comparison look as a page of its own?
package import Batch

/// `settle diff --html`: one self-contained page.
package enum DiffPage {
  package static let rowsMax = 200

  package static func page(_ diff: RunDiff) throws(BatchError) -> String {
    var body = Markup()
    body.add("<header><h1>Who is paid differently, and why?</h1></header>")
    try ComparisonSection(diff: diff, limit: rowsMax, heading: "A against B").add(to: &body)
    return Page.document(title: "Difference of \(diff.a.title) and \(diff.b.title)", body)
  }
}
