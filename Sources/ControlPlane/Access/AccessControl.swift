import HTTPServer
import Synchronization

/// Who may do what. Without tokens everybody who can reach the API may do all of it.
package final class AccessControl: Sendable {
  /// nil: no token is needed.
  private let tokens: Mutex<AccessTokens?>

  package init(_ tokens: AccessTokens? = nil) { self.tokens = Mutex(tokens) }

  /// From the next request on.
  package func replace(_ tokens: AccessTokens) { self.tokens.withLock { $0 = tokens } }

  /// Who asks. Throws unless that may do what `needed` stands for.
  func check(_ request: HTTPRequest, needed: AccessRole) throws(Problem) -> Requester {
    guard let tokens = tokens.withLock({ $0 }) else { return Requester(role: nil, request) }
    guard let header = request.header("Authorization") else {
      throw Problem(
        .tokenMissing, "send Authorization: Bearer TOKEN with a token of this daemon's token file", headers: [Self.challenge(nil)])
    }
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer", let role = tokens.role(of: Array(parts[1].utf8)) else {
      throw Problem(
        .tokenInvalid, "the token is not one of this daemon's token file", headers: [Self.challenge("invalid_token")])
    }
    guard role >= needed else {
      throw Problem(
        .tokenForbidden, "this token has the role \(role.rawValue), and this request needs \(needed.rawValue)",
        headers: [Self.challenge("insufficient_scope")])
    }
    return Requester(role: role, request)
  }

  /// RFC 6750.
  private static func challenge(_ error: String?) -> (name: String, value: String) {
    (name: "WWW-Authenticate", value: "Bearer realm=\"penstock\"" + (error.map { ", error=\"\($0)\"" } ?? ""))
  }
}
