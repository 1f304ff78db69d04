// How is one request made, and what came back?
import Dispatch
import Foundation
import FoundationNetworking
import Rails

/// What a request ended with.
enum StripeAnswer {
  case reply(HTTPOutcome, body: Data, retryAfterSeconds: Int64?)
  /// Nothing reached the API.
  case unreachable(code: String)
  /// It may have arrived.
  case lost(code: String)
}

/// Requests to the API, one at a time for each caller, any number of callers.
final class StripeClient: NSObject, URLSessionTaskDelegate, @unchecked Sendable {
  static let version = "2026-06-24.dahlia"

  private let base: URL
  private let secret: Secret
  private lazy var session: URLSession = {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeoutSeconds
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.httpMaximumConnectionsPerHost = 16
    return URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
  }()
  private let timeoutSeconds: Double

  init(base: URL, secret: Secret, timeoutSeconds: Double) {
    self.base = base
    self.secret = secret
    self.timeoutSeconds = timeoutSeconds
    super.init()
    _ = session
  }

  /// A redirection would carry the key elsewhere.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func post(_ path: String, _ form: [(String, String)], key: String) -> StripeAnswer {
    var request = URLRequest(url: base.appendingPathComponent(path))
    request.httpMethod = "POST"
    request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    request.setValue(key, forHTTPHeaderField: "Idempotency-Key")
    request.httpBody = Data(StripeClient.encoded(form).utf8)
    return perform(request)
  }

  func get(_ path: String, _ query: [(String, String)] = []) -> StripeAnswer {
    var text = base.appendingPathComponent(path).absoluteString
    if !query.isEmpty { text += "?" + StripeClient.encoded(query) }
    guard let url = URL(string: text) else { return .unreachable(code: "url_invalid") }
    return perform(URLRequest(url: url))
  }

  private func perform(_ plain: URLRequest) -> StripeAnswer {
    var request = plain
    request.timeoutInterval = timeoutSeconds
    request.setValue(secret.authorization, forHTTPHeaderField: "Authorization")
    request.setValue(StripeClient.version, forHTTPHeaderField: "Stripe-Version")
    request.setValue("settle-rail-stripe", forHTTPHeaderField: "User-Agent")
    let done = DispatchSemaphore(value: 0)
    let box = AnswerBox()
    session.dataTask(with: request) { data, response, error in
      box.answer = StripeClient.answer(data, response, error)
      done.signal()
    }.resume()
    done.wait()
    return box.answer
  }

  private final class AnswerBox: @unchecked Sendable {
    var answer = StripeAnswer.lost(code: "no_answer")
  }

  private static func answer(_ data: Data?, _ response: URLResponse?, _ error: Error?) -> StripeAnswer {
    if let error {
      switch (error as? URLError)?.code {
      case .cannotConnectToHost: return .unreachable(code: "connection_refused")
      case .cannotFindHost, .dnsLookupFailed: return .unreachable(code: "dns")
      case .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateNotYetValid,
        .serverCertificateHasUnknownRoot:
        return .unreachable(code: "certificate")
      case .timedOut: return .lost(code: "timeout")
      // Whatever else: nobody knows what arrived.
      default: return .lost(code: "connection_lost")
      }
    }
    guard let response = response as? HTTPURLResponse else { return .lost(code: "no_answer") }
    let fault = (try? JSONSerialization.jsonObject(with: data ?? Data())) as? [String: Any]
    let details = fault?["error"] as? [String: Any]
    let outcome = HTTPOutcome(
      status: response.statusCode, type: details?["type"] as? String ?? "", code: details?["code"] as? String ?? "",
      shouldRetry: response.value(forHTTPHeaderField: "Stripe-Should-Retry").map { $0 == "true" },
      isReplayed: response.value(forHTTPHeaderField: "Idempotent-Replayed") == "true")
    let wait = response.value(forHTTPHeaderField: "Retry-After").flatMap { Int64($0) }
    return .reply(outcome, body: data ?? Data(), retryAfterSeconds: wait)
  }

  /// application/x-www-form-urlencoded: everything but letters, digits, `-`, `.` and `_` is escaped.
  static func encoded(_ form: [(String, String)]) -> String {
    func escaped(_ text: String) -> String {
      var result = ""
      for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: result.append(Character(UnicodeScalar(byte)))
        default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
      }
      return result
    }
    return form.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
  }
}
