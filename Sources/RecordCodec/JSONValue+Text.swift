/// Why a text is not a JSON document.
package struct JSONParseError: Error, Sendable, Equatable {
  package var message: String
  package init(message: String) { self.message = message }
}

extension JSONValue {
  /// Parses one document: UTF-8, at most `maxDepth` levels deep, nothing but white space around it.
  package static func parse(_ bytes: [UInt8], maxDepth: Int = 64) throws(JSONParseError) -> JSONValue {
    throw JSONParseError(message: "not built yet")
  }

  /// The document as UTF-8 text; `pretty` indents by two blanks.
  package func serialized(pretty: Bool = false) -> [UInt8] { [] }
}
