import PipelineSpec
package import RecordCodec

/// A fault of a spec: `/window/size_ms: must be larger (60000)`.
package enum FaultView {
  package static func text(_ fault: JSONValue, _ layout: Layout, indent: Int = 0) -> String {
    Paragraph.text(line(fault), layout, indent: indent + 2, first: indent)
  }

  package static func line(_ fault: JSONValue) -> String {
    let pointer = fault.text("pointer") ?? ""
    let suggestion = fault.text("suggestion").map { " (\($0))" } ?? ""
    return SafeText.line("\(pointer.isEmpty ? "the document" : pointer): \(fault.text("detail") ?? "")\(suggestion)")
  }

  /// As the server writes it.
  static func document(_ fault: SpecFault) -> JSONValue {
    [
      "pointer": .string(fault.pointer), "code": .string(fault.code), "detail": .string(fault.detail),
      "suggestion": fault.suggestion.map { .string($0) } ?? .null,
    ]
  }
}
