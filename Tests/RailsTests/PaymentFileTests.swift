// Does a bank get what it needs, to the unit and to the character?
import Foundation
import Money
import Rails
import TestSupport
import Testing

@Suite struct PaymentFileTests {
  static func call(_ id: String, _ amount: Int64, _ currency: String, _ account: String) -> RailCall {
    RailCall(
      .transfer, transferID: id, key: "payout:\(id)", amount: amount, currency: currency, destination: account,
      group: "run-1")
  }

  static let orders = [
    call("t1", 1_250, "EUR", "DE89370400440532013000"), call("t2", 5, "EUR", "GB82WEST12345698765432"),
    call("t3", 700, "JPY", "0012345-67"), call("t4", 1_234, "BHD", "BH67BMAG00001299123456"),
    call("t5", Int64.max, "JPY", "acct_9"),
  ]

  static func file(_ format: PaymentFile.Format) throws -> PaymentFile {
    PaymentFile(
      messageID: "S0123456789abcdef01234567", orders: try orders.map { try PaymentOrder($0, format, exponents: [:]) })
  }

  @Test func `CSV holds exact amounts in units and in minor units`() throws {
    #expect(
      try PaymentFileTests.file(.csv).csv == """
        message_id,number,transfer_id,idempotency_key,account,currency,amount,amount_minor
        S0123456789abcdef01234567,1,t1,payout:t1,DE89370400440532013000,EUR,12.50,1250
        S0123456789abcdef01234567,2,t2,payout:t2,GB82WEST12345698765432,EUR,0.05,5
        S0123456789abcdef01234567,3,t3,payout:t3,0012345-67,JPY,700,700
        S0123456789abcdef01234567,4,t4,payout:t4,BH67BMAG00001299123456,BHD,1.234,1234
        S0123456789abcdef01234567,5,t5,payout:t5,acct_9,JPY,9223372036854775807,9223372036854775807

        """)
  }

  @Test func `control sums are exact across currencies`() throws {
    let file = try PaymentFileTests.file(.csv)
    #expect(file.controlSum(file.orders) == "9223372036854776520.784")
    #expect(
      file.byCurrency.map { "\($0.currency) \(file.controlSum($0.orders))" } == [
        "BHD 1.234", "EUR 12.55", "JPY 9223372036854776507",
      ])
  }

  @Test func `a control sum that was changed is found`() throws {
    let file = PaymentFile(
      messageID: "S1",
      orders: try PaymentFileTests.orders.prefix(4).map { try PaymentOrder($0, .pain001, exponents: [:]) })
    let xml = file.pain001(
      debtor: Debtor(name: "House & Söhne", account: "DE89370400440532013000"), createdAt: "2026-01-31T18:00:00Z",
      executionDate: "2026-02-01")
    let totals = try #require(PaymentFileCheck.totals(pain001: xml))
    #expect(totals.count == 4)
    #expect(totals.sum == 71_378_400)
    for (old, new) in [
      ("<CtrlSum>713.784</CtrlSum>", "<CtrlSum>713.785</CtrlSum>"), ("<NbOfTxs>4</NbOfTxs>", "<NbOfTxs>5</NbOfTxs>"),
      ("EUR\">12.50", "EUR\">12.51"), ("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>1</NbOfTxs>"),
    ] {
      #expect(xml.contains(old))
      #expect(PaymentFileCheck.totals(pain001: xml.replacing(old, with: new, maxReplacements: 1)) == nil, "\(new)")
    }
  }

  /// An independent reader with the rules of the schema: Python's standard library alone.
  @Test func `a pain_001 is what its schema asks for`() throws {
    let workspace = Workspace()
    let file = PaymentFile(
      messageID: "S0123456789abcdef01234567",
      orders: try PaymentFileTests.orders.prefix(4).map { try PaymentOrder($0, .pain001, exponents: [:]) })
    let xml = file.pain001(
      debtor: Debtor(name: "House & <Söhne>/", account: "DE89370400440532013000", bic: "COBADEFFXXX"),
      createdAt: "2026-01-31T18:00:00Z", executionDate: "2026-02-01")
    workspace.write("file.xml", xml)
    let checker = "\(Workspace.packagePath)/scripts/rails/check_pain001.py"
    let good = workspace.run("/usr/bin/env", ["python3", checker, "file.xml"])
    #expect(good.exitCode == 0, "\(good.output)\(good.errors)")
    #expect(good.output == "4 transactions, control sum 713.784\n")
    // The checker itself: each broken file is refused.
    for (old, new) in [
      ("<NbOfTxs>4<", "<NbOfTxs>3<"), ("<CtrlSum>713.784<", "<CtrlSum>713.78<"), ("<EndToEndId>t1<", "<EndToEndId>//<"),
      ("<EndToEndId>t2<", "<EndToEndId>t1<"), ("<PmtMtd>TRF</PmtMtd>", ""),
      ("DE89370400440532013000", "DE88370400440532013000"),
      ("Ccy=\"JPY\"", "Ccy=\"jpy\""), ("<Dt>2026-02-01<", "<Dt>2026-02-31<"), ("<Nm>House", "<Nm>Häuse"),
      ("<MsgId>S", "<MsgId>0123456789012345678901234567890123456789S"),
    ] {
      #expect(xml.contains(old), "\(old)")
      workspace.write("file.xml", xml.replacing(old, with: new, maxReplacements: 1))
      #expect(workspace.run("/usr/bin/env", ["python3", checker, "file.xml"]).exitCode == 1, "\(new)")
    }
  }

  static let refusals: [(RailCall, PaymentFile.Format, String)] = [
    (call("t1", 1, "EUR", "DE88370400440532013000"), .pain001, "account_invalid"),
    (call("t1", 1, "EUR", "DE88370400440532013000"), .csv, "account_invalid"),
    (call("t1", 1, "TOKEN", "x1"), .pain001, "currency_unsupported"),
    (call("t1", 1, "EUR", String(repeating: "1", count: 35)), .csv, "account_invalid"),
    (call("t1", 1, "EUR", "a,b"), .csv, "account_invalid"),
    (call(String(repeating: "t", count: 36), 1, "EUR", "x1"), .csv, "transfer_id_invalid"),
  ]

  @Test(arguments: refusals.indices)
  func `what no bank takes is refused before it is written`(row: Int) {
    let (call, format, code) = PaymentFileTests.refusals[row]
    #expect(throws: RailProtocolError(code)) { try PaymentOrder(call, format, exponents: [:]) }
  }

  @Test func `a token is written in minor units where its decimals are not known`() throws {
    let order = try PaymentOrder(PaymentFileTests.call("t1", 125, "TOKEN", "x1"), .csv, exponents: [:])
    #expect(PaymentFile(messageID: "S", orders: [order]).csv.hasSuffix(",x1,TOKEN,125,125\n"))
    #expect(PaymentFile(messageID: "S", orders: [order], exponents: ["TOKEN": 2]).csv.hasSuffix(",x1,TOKEN,1.25,125\n"))
  }
}
