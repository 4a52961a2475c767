import HTTPServer

/// Who asked for something, for the audit and the history. Never the token itself.
package struct Requester: Sendable, Equatable {
  /// nil: no token was needed.
  package var role: AccessRole?
  /// Without the port.
  package var address: String
  package var requestID: String

  init(role: AccessRole?, _ request: HTTPRequest) {
    self.role = role
    let whole = request.remoteAddress
    address = whole.lastIndex(of: ":").map { String(whole[..<$0]) } ?? whole
    requestID = request.id
  }

  /// `admin at 127.0.0.1`.
  package var text: String { "\(role?.rawValue ?? "anyone") at \(address.isEmpty ? "an unknown address" : address)" }

  /// The daemon itself.
  package static let daemon = Requester(role: nil, HTTPRequest(method: "", path: ""))
}
