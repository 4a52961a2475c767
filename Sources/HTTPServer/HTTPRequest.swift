/// A request whose body has arrived whole.
package struct HTTPRequest: Sendable {
  /// Upper case, as sent: `GET`.
  package var method: String
  /// The path as sent, still percent-encoded, without the query.
  package var path: String
  /// Decoded query items in order of appearance.
  package var query: [(name: String, value: String)]
  /// Header fields in order of appearance, names as sent.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  /// `127.0.0.1:51234`.
  package var remoteAddress: String
  /// Unique within this process; answered as `X-Request-Id`.
  package var id: String
  /// It came over TLS.
  package var isSecure: Bool

  package init(
    method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], remoteAddress: String = "", id: String = "", isSecure: Bool = false
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.id = id
    self.isSecure = isSecure
  }

  /// The first value of that header, compared without case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  package func queryValue(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }
}
