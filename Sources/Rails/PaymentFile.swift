// Which bytes does a bank get: CSV or ISO 20022 pain.001.001.09, with its control sums?
package import Money

/// Who pays, as a pain.001 names it.
package struct Debtor: Sendable, Equatable {
  package var name: String
  package var account: String
  /// The bank's BIC; nil writes NOTPROVIDED.
  package var bic: String?

  package init(name: String, account: String, bic: String? = nil) {
    self.name = name
    self.account = account
    self.bic = bic
  }
}

/// A file of payments. Pure: values in, bytes out.
package struct PaymentFile: Sendable {
  package enum Format: String, CaseIterable, Sendable {
    case csv
    case pain001 = "pain.001"

    package var suffix: String { self == .csv ? "csv" : "xml" }
  }

  /// At most 35 characters; the file is named after it.
  package let messageID: String
  package let orders: [PaymentOrder]
  package let exponents: [String: Int]

  package init(messageID: String, orders: [PaymentOrder], exponents: [String: Int] = [:]) {
    precondition(messageID.utf8.count <= 35 && !orders.isEmpty, "a message has an id and payments")
    self.messageID = messageID
    self.orders = orders
    self.exponents = exponents
  }

  func exponent(_ currency: Currency) -> Int { exponents[currency.code] ?? currency.isoExponent ?? 0 }

  /// What the rail calls the payment at this place.
  package func externalID(_ index: Int) -> String { "\(messageID)#\(index + 1)" }

  /// Σ of the amounts as ISO 20022 wants it: across currencies, as written.
  package func controlSum(_ orders: [PaymentOrder]) -> String {
    let scale = orders.map { exponent($0.currency) }.max() ?? 0
    let sum = orders.reduce(Int128(0)) { total, order in
      var amount = Int128(order.amount)
      for _ in exponent(order.currency)..<scale { amount *= 10 }
      return total + amount
    }
    return DecimalText.of(sum, exponent: scale)
  }

  /// Currencies in their order, each with its payments.
  package var byCurrency: [(currency: Currency, orders: [PaymentOrder])] {
    Set(orders.map(\.currency)).sorted().map { currency in (currency, orders.filter { $0.currency == currency }) }
  }

  // MARK: CSV

  package static let csvHeader = "message_id,number,transfer_id,idempotency_key,account,currency,amount,amount_minor\n"

  /// One row for each payment; amounts in units of their currency.
  package var csv: String {
    var text = PaymentFile.csvHeader
    for (index, order) in orders.enumerated() {
      let amount = DecimalText.of(Int128(order.amount), exponent: exponent(order.currency))
      text += "\(messageID),\(index + 1),\(order.transferID),\(order.key),\(order.account),"
      text += "\(order.currency.code),\(amount),\(order.amount)\n"
    }
    return text
  }

  // MARK: pain.001.001.09

  package static let namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

  /// - Parameters:
  ///   - createdAt: `2026-01-31T18:00:00Z`.
  ///   - executionDate: `2026-02-01`.
  package func pain001(debtor: Debtor, createdAt: String, executionDate: String) -> String {
    var xml = XMLText()
    xml.open("Document", attributes: " xmlns=\"\(PaymentFile.namespace)\"")
    xml.open("CstmrCdtTrfInitn")
    xml.open("GrpHdr")
    xml.leaf("MsgId", messageID)
    xml.leaf("CreDtTm", createdAt)
    xml.leaf("NbOfTxs", "\(orders.count)")
    xml.leaf("CtrlSum", controlSum(orders))
    xml.open("InitgPty")
    xml.leaf("Nm", XMLText.latin(debtor.name, countMax: 70))
    xml.close("InitgPty")
    xml.close("GrpHdr")
    for (index, group) in byCurrency.enumerated() {
      paymentInformation(&xml, index + 1, group.currency, group.orders, debtor, executionDate)
    }
    xml.close("CstmrCdtTrfInitn")
    xml.close("Document")
    return xml.text
  }

  private func paymentInformation(
    _ xml: inout XMLText, _ number: Int, _ currency: Currency, _ orders: [PaymentOrder], _ debtor: Debtor,
    _ executionDate: String
  ) {
    xml.open("PmtInf")
    xml.leaf("PmtInfId", "\(messageID)-\(number)")
    xml.leaf("PmtMtd", "TRF")
    xml.leaf("NbOfTxs", "\(orders.count)")
    xml.leaf("CtrlSum", controlSum(orders))
    xml.open("ReqdExctnDt")
    xml.leaf("Dt", executionDate)
    xml.close("ReqdExctnDt")
    xml.open("Dbtr")
    xml.leaf("Nm", XMLText.latin(debtor.name, countMax: 70))
    xml.close("Dbtr")
    account(&xml, "DbtrAcct", debtor.account)
    xml.open("DbtrAgt")
    xml.open("FinInstnId")
    if let bic = debtor.bic {
      xml.leaf("BICFI", bic)
    } else {
      xml.open("Othr")
      xml.leaf("Id", "NOTPROVIDED")
      xml.close("Othr")
    }
    xml.close("FinInstnId")
    xml.close("DbtrAgt")
    for order in orders { transaction(&xml, order, currency) }
    xml.close("PmtInf")
  }

  private func transaction(_ xml: inout XMLText, _ order: PaymentOrder, _ currency: Currency) {
    xml.open("CdtTrfTxInf")
    xml.open("PmtId")
    xml.leaf("EndToEndId", order.transferID)
    xml.close("PmtId")
    xml.open("Amt")
    let amount = DecimalText.of(Int128(order.amount), exponent: exponent(currency))
    xml.leaf("InstdAmt", amount, attributes: " Ccy=\"\(currency.code)\"")
    xml.close("Amt")
    // No name of a person: the transfer's id stands for the creditor, as users know no other.
    xml.open("Cdtr")
    xml.leaf("Nm", order.transferID)
    xml.close("Cdtr")
    account(&xml, "CdtrAcct", order.account)
    xml.close("CdtTrfTxInf")
  }

  private func account(_ xml: inout XMLText, _ name: String, _ account: String) {
    xml.open(name)
    xml.open("Id")
    if PaymentOrder.isIBAN(account) {
      xml.leaf("IBAN", account)
    } else {
      xml.open("Othr")
      xml.leaf("Id", account)
      xml.close("Othr")
    }
    xml.close("Id")
    xml.close(name)
  }
}
