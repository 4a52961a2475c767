/// A whole answer. The server adds `X-Request-Id`, `Cache-Control` (when the handler set none), `Content-Length` and `Date`.
package struct HTTPResponse: Sendable {
  /// 200 to 599; anything else is answered as 500.
  package var status: Int
  /// A field whose name or value HTTP cannot carry (line breaks, control characters) is left out.
  package var headers: [(name: String, value: String)]
  /// Not sent for HEAD, 204 and 304.
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
