// Is a text the id of an operator?
internal import Markets

package enum OperatorID {
  /// The rules for ids of persons in the inputs hold for operators too: they stand in every ledger and its exports.
  /// - Throws: `invalid_operator`.
  package static func check(_ id: String) throws(BatchError) {
    let bytes = Array(id.utf8)
    guard (1...ID.lengthMax).contains(bytes.count), CellCheck.isUnicodeID(bytes) else {
      throw BatchError(
        "invalid_operator", .refused, "\(Terminal.quoted(id)) is no id",
        hint: "1 to \(ID.lengthMax) bytes; a letter, a digit or _ first; nothing invisible, no space at the end")
    }
    guard !CellCheck.isEmailShaped(bytes) else {
      throw BatchError(
        "invalid_operator", .refused, "the id of an operator looks like an e-mail address",
        hint: "ledgers and their exports hold no personal data: give a login name or a number")
    }
  }
}
