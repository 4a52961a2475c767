package import RecordCodec

/// What the server answered.
package struct ClientAnswer: Sendable {
  package var status: Int
  /// Without parameters.
  package var contentType: String
  package var body: [UInt8]

  package init(status: Int, contentType: String, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  package var isSuccess: Bool { (200..<300).contains(status) }

  /// nil if the body is no JSON.
  package var document: JSONValue? { try? JSONValue.parse(body, maxDepth: 512) }
}
