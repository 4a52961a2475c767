package import RecordCodec

/// A spec as YAML: 1.2, one document, without what makes YAML dangerous or surprising: anchors, aliases, tags, keys that are no
/// scalars, keys that are there twice.
///
/// The document is built from libfyaml's events, so an alias is refused when it is met and nothing is ever expanded.
package enum SpecYAML {
  /// What `PipelineSpec.parse` takes. A text that begins with `{` and is JSON is read as JSON.
  package static func document(from bytes: [UInt8]) throws(YAMLFault) -> JSONValue {
    guard bytes.count <= YAMLLimits.maxBytes else {
      throw YAMLFault(line: 0, column: 0, "has \(bytes.count) bytes; a spec has at most \(YAMLLimits.maxBytes)")
    }
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    try checkText(bytes)
    let start = bytes.first { !" \t\r\n".utf8.contains($0) }
    if start == UInt8(ascii: "{"), let json = try? JSONValue.parse(bytes, maxDepth: YAMLLimits.maxDepth) { return json }
    return try parse(bytes)
  }

  /// Valid UTF-8 without NUL, which libfyaml would take for an end, and without what costs it much memory.
  private static func checkText(_ bytes: [UInt8]) throws(YAMLFault) {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var line = 1
    var column = 1
    var flowMarks = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar):
        switch scalar.first {
        case 0x0A:
          line += 1
          column = 1
        case 0: throw YAMLFault(line: line, column: column, "a NUL character")
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","):
          column += 1
          flowMarks += 1
          if flowMarks > YAMLLimits.maxFlowMarks {
            throw YAMLFault(line: line, column: column, "more than \(YAMLLimits.maxFlowMarks) brackets and commas")
          }
        default: column += 1
        }
      case .emptyInput: return
      case .error: throw YAMLFault(line: line, column: column, "not valid UTF-8")
      }
    }
  }

  private static func parse(_ bytes: [UInt8]) throws(YAMLFault) -> JSONValue {
    var result: Result<JSONValue, YAMLFault> = .failure(YAMLFault(line: 0, column: 0, "is empty"))
    bytes.withUnsafeBytes { raw in
      let text = raw.assumingMemoryBound(to: CChar.self)
      guard text.baseAddress != nil else { return }
      do throws(YAMLFault) {
        let events = try YAMLEvents(text)
        var builder = YAMLBuilder()
        while let event = try events.next() { try builder.take(event) }
        result = .success(try builder.finish())
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }
}
