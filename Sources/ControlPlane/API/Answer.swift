import HTTPServer
import RecordCodec

/// Answers with a JSON document.
enum Answer {
  /// `compact`: for documents over many pipelines, which programs read.
  static func json(_ status: Int, _ body: JSONValue, compact: Bool = false, headers: [(name: String, value: String)] = []) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: headers + [(name: "Content-Type", value: "application/json")],
      body: body.serialized(pretty: !compact) + [0x0A])
  }
}
