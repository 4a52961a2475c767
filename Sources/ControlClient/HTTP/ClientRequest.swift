package import RecordCodec

/// One request to the server.
package struct ClientRequest: Sendable {
  package var method: String
  /// Its parts are encoded one by one, so a name with a slash stays one part.
  package var path: [String]
  package var query: [(name: String, value: String)] = []
  package var headers: [(name: String, value: String)] = []
  package var body: JSONValue?
  /// From the first packet to the last.
  package var deadlineSeconds = ClientLimits.deadlineSeconds

  package init(
    _ method: String, _ path: [String], query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
    body: JSONValue? = nil, deadlineSeconds: Int = ClientLimits.deadlineSeconds
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.deadlineSeconds = deadlineSeconds
  }

  /// A request about one pipeline.
  package init(
    _ method: String, pipeline: String, _ part: String? = nil, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: JSONValue? = nil, deadlineSeconds: Int = ClientLimits.deadlineSeconds
  ) {
    self.init(
      method, ["v1", "pipelines", pipeline] + (part.map { [$0] } ?? []), query: query, headers: headers, body: body,
      deadlineSeconds: deadlineSeconds)
  }

  /// The path and query as they stand in the URL.
  package var target: String {
    let items = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    return "/" + path.map(Self.encoded).joined(separator: "/") + (items.isEmpty ? "" : "?\(items)")
  }

  /// Everything but the unreserved characters of RFC 3986 as `%41`. `.` and `..` as a whole would be taken for folders.
  static func encoded(_ text: String) -> String {
    if text == "." || text == ".." { return text.map { _ in "%2E" }.joined() }
    return text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
      default: "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
      }
    }.joined()
  }
}
