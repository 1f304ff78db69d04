// How does a call of settle become requests to Stripe, and their answers an answer?
import Foundation
import Rails

struct StripeRail: Sendable {
  let client: StripeClient

  func answer(_ call: RailCall) -> RailReply {
    guard !call.key.isEmpty, call.key.utf8.count <= 255 else {
      // Without a key nobody could ever tell whether this was sent before.
      return RailReply(call.transferID, .permanent, code: "idempotency_key_missing")
    }
    switch call.operation {
    case .transfer: return transfer(call)
    case .lookup: return lookUp(call)
    case .reverse: return reverse(call)
    }
  }

  private func transfer(_ call: RailCall) -> RailReply {
    let money: StripeMoney.Amount
    do {
      money = try StripeMoney.amount(call)
    } catch {
      return RailReply(call.transferID, .permanent, code: error.message)
    }
    let form = [
      ("amount", String(money.value)), ("currency", money.currency), ("destination", call.destination),
      ("metadata[transfer_id]", call.transferID), ("transfer_group", call.group),
    ]
    return reply(call, client.post("v1/transfers", form, key: call.key))
  }

  /// The id of the object, where the answer is a success.
  private func reply(_ call: RailCall, _ answer: StripeAnswer) -> RailReply {
    switch answer {
    case .unreachable(let code): return RailReply(call.transferID, .transient, code: code)
    case .lost(let code): return RailReply(call.transferID, .unknown, code: code)
    case .reply(let outcome, let body, let wait):
      guard outcome.result == .ok else {
        return RailReply(
          call.transferID, outcome.result, code: outcome.recordedCode, retryAfterSeconds: wait,
          isReplayed: outcome.isReplayed)
      }
      guard let object = StripeRail.object(body), let id = object["id"] as? String else {
        return RailReply(call.transferID, .unknown, code: "answer_unreadable")
      }
      return RailReply(call.transferID, .ok, externalID: id, isReplayed: outcome.isReplayed)
    }
  }

  private static func object(_ body: Data) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
  }

  // MARK: Look-up

  /// Pages that are read at most; a group of one destination has few transfers.
  private static let pagesMax = 50

  private func lookUp(_ call: RailCall) -> RailReply {
    var after: String?
    for _ in 0..<StripeRail.pagesMax {
      var query = [("destination", call.destination), ("limit", "100"), ("transfer_group", call.group)]
      if let after { query.append(("starting_after", after)) }
      switch client.get("v1/transfers", query) {
      case .unreachable(let code): return RailReply(call.transferID, .transient, code: code)
      case .lost(let code): return RailReply(call.transferID, .unknown, code: code)
      case .reply(let outcome, let body, let wait):
        guard outcome.result == .ok else {
          // A refused question says nothing about the transfer.
          let result: RailReply.Result = outcome.result == .permanent ? .unknown : outcome.result
          return RailReply(call.transferID, result, code: outcome.recordedCode, retryAfterSeconds: wait)
        }
        guard let page = StripeRail.object(body), let list = page["data"] as? [[String: Any]] else {
          return RailReply(call.transferID, .unknown, code: "answer_unreadable")
        }
        if let found = list.first(where: { isSame($0, call) }) { return match(found, call) }
        guard page["has_more"] as? Bool == true, let last = list.last?["id"] as? String else {
          return RailReply(call.transferID, .permanent, code: "not_found")
        }
        after = last
      }
    }
    return RailReply(call.transferID, .unknown, code: "too_many_pages")
  }

  private func isSame(_ object: [String: Any], _ call: RailCall) -> Bool {
    (object["metadata"] as? [String: Any])?["transfer_id"] as? String == call.transferID
  }

  /// Found under its name: is it the same money?
  private func match(_ object: [String: Any], _ call: RailCall) -> RailReply {
    guard let money = try? StripeMoney.amount(call), let id = object["id"] as? String,
      (object["amount"] as? NSNumber)?.int64Value == money.value, object["currency"] as? String == money.currency
    else { return RailReply(call.transferID, .unknown, code: "lookup_mismatch") }
    return RailReply(call.transferID, .ok, externalID: id)
  }

  // MARK: Reversal

  private func reverse(_ call: RailCall) -> RailReply {
    guard let id = call.externalID,
      id.utf8.allSatisfy({ $0 == 0x5F || ($0 | 0x20) >= 0x61 || $0 <= 0x39 && $0 >= 0x30 })
    else { return RailReply(call.transferID, .permanent, code: "external_id_missing") }
    // Asked first: what came back already is not asked for again, however old the key is.
    switch client.get("v1/transfers/\(id)") {
    case .unreachable(let code): return RailReply(call.transferID, .transient, code: code)
    case .lost(let code): return RailReply(call.transferID, .unknown, code: code)
    case .reply(let outcome, let body, let wait):
      guard outcome.result == .ok else {
        return RailReply(call.transferID, outcome.result, code: outcome.recordedCode, retryAfterSeconds: wait)
      }
      if StripeRail.object(body)?["reversed"] as? Bool == true {
        return RailReply(call.transferID, .ok, code: "already_reversed", externalID: id)
      }
    }
    return reply(
      call, client.post("v1/transfers/\(id)/reversals", [("metadata[transfer_id]", call.transferID)], key: call.key))
  }
}
