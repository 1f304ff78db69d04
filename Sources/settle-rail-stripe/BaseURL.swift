// Where is the API?
import Foundation

enum BaseURL {
  /// `SETTLE_STRIPE_BASE_URL`, or Stripe itself. Plain HTTP is for this machine alone: a key must not cross a network
  /// in clear.
  static func from(_ environment: [String: String]) throws(SecretError) -> URL {
    let text = environment["SETTLE_STRIPE_BASE_URL"] ?? "https://api.stripe.com"
    guard let url = URL(string: text), let scheme = url.scheme, let host = url.host, url.user == nil, url.query == nil
    else {
      throw SecretError(code: "base_url_invalid", message: "SETTLE_STRIPE_BASE_URL is no URL of a server")
    }
    let isLocal = ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host)
    guard scheme == "https" || scheme == "http" && isLocal else {
      throw SecretError(code: "base_url_unsafe", message: "SETTLE_STRIPE_BASE_URL has to be https")
    }
    return url
  }
}
