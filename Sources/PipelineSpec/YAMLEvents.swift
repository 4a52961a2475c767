import CFYAML

/// The events of a YAML text, one after another: libfyaml reads ahead a few tokens only, so what is refused early costs little.
struct YAMLEvents: ~Copyable {
  enum Kind {
    case documentStart, documentEnd, mappingStart, mappingEnd, sequenceStart, sequenceEnd, alias, streamStart
    /// `isPlain`: neither quoted nor a block.
    case scalar(isPlain: Bool)
  }

  struct Place {
    /// From 1.
    var line: Int
    var column: Int
  }

  struct Event {
    var kind: Kind
    /// From 1.
    var line = 1
    var column = 1
    /// Of scalars.
    var text: [UInt8] = []
    var anchor: Place?
    var tag: Place?
  }

  private let parser: OpaquePointer

  /// The text must outlive it: libfyaml reads from it.
  init(_ text: UnsafeBufferPointer<CChar>) throws(YAMLFault) {
    guard let base = text.baseAddress, let parser = penstock_yaml_open(base, text.count) else {
      throw YAMLFault(line: 0, column: 0, "there is no memory to read it")
    }
    self.parser = parser
  }

  deinit { penstock_yaml_close(parser) }

  /// nil at the end.
  func next() throws(YAMLFault) -> Event? {
    guard let found = fy_parser_parse(parser) else {
      guard fy_parser_get_stream_error(parser) else { return nil }
      throw error()
    }
    defer { fy_parser_event_free(parser, found) }
    var event = Event(kind: .streamStart)
    if let mark = fy_event_start_mark(found) {
      event.line = Int(mark.pointee.line) + 1
      event.column = Int(mark.pointee.column) + 1
    }
    // libfyaml's mark of an anchor or alias is behind its & or *.
    if found.pointee.type == FYET_ALIAS {
      event.column = max(1, event.column - 1)
    } else if let anchor = fy_event_get_anchor_token(found) {
      event.anchor = place(of: anchor)
      event.anchor?.column -= 1
    }
    if let tag = fy_event_get_tag_token(found) { event.tag = place(of: tag) }
    switch found.pointee.type {
    case FYET_STREAM_START: event.kind = .streamStart
    case FYET_STREAM_END: return nil
    case FYET_DOCUMENT_START: event.kind = .documentStart
    case FYET_DOCUMENT_END: event.kind = .documentEnd
    case FYET_MAPPING_START: event.kind = .mappingStart
    case FYET_MAPPING_END: event.kind = .mappingEnd
    case FYET_SEQUENCE_START: event.kind = .sequenceStart
    case FYET_SEQUENCE_END: event.kind = .sequenceEnd
    case FYET_ALIAS: event.kind = .alias
    case FYET_SCALAR:
      // Without a token it is an empty value, as behind `name:`.
      guard let token = fy_event_get_token(found) else {
        event.kind = .scalar(isPlain: true)
        break
      }
      event.kind = .scalar(isPlain: fy_token_scalar_style(token) == FYSS_PLAIN)
      var count = 0
      guard let text = fy_token_get_text(token, &count) else { throw error() }
      event.text = Array(UnsafeRawBufferPointer(start: text, count: count))
    default: throw error()
    }
    return event
  }

  private func place(of token: OpaquePointer) -> Place {
    guard let mark = fy_token_start_mark(token) else { return Place(line: 1, column: 1) }
    return Place(line: Int(mark.pointee.line) + 1, column: Int(mark.pointee.column) + 1)
  }

  /// What libfyaml found wrong.
  private func error() -> YAMLFault {
    var line: Int32 = 0
    var column: Int32 = 0
    guard let message = penstock_yaml_first_error(parser, &line, &column) else {
      return YAMLFault(line: 0, column: 0, "not YAML, or there is no memory to read it")
    }
    return YAMLFault(line: max(1, Int(line)), column: max(1, Int(column)), "not YAML: \(SpecText.printable(String(cString: message)))")
  }
}
