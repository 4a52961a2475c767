import RecordCodec

/// Makes a document of events, without recursion.
struct YAMLBuilder {
  /// A list or mapping that is not closed yet.
  private struct Open {
    var isMapping: Bool
    var items: [JSONValue] = []
    var members: [JSONValue.Member] = []
    /// The key whose value comes next.
    var key: String?
    /// Bytes, since Swift's strings take different spellings of one accented letter for the same.
    var keys: Set<[UInt8]> = []
  }

  private var open: [Open] = []
  private var root: JSONValue?
  private var documents = 0
  private var nodes = 0

  mutating func take(_ event: YAMLEvents.Event) throws(YAMLFault) {
    func fault(_ message: String) -> YAMLFault { YAMLFault(line: event.line, column: event.column, message) }
    if let place = event.anchor {
      throw YAMLFault(line: place.line, column: place.column, "anchors (&name) are not supported; write the value out")
    }
    if let place = event.tag {
      throw YAMLFault(line: place.line, column: place.column, "tags (!name) are not supported; quotes make a string of a value")
    }
    switch event.kind {
    case .streamStart, .documentEnd: return
    case .documentStart:
      documents += 1
      if documents > 1 { throw fault("a second document begins here; a file holds one spec") }
      return
    case .alias: throw fault("aliases (*name) are not supported; write the value out")
    case .mappingStart, .sequenceStart, .scalar:
      nodes += 1
      if nodes > YAMLLimits.maxNodes { throw fault("more than \(YAMLLimits.maxNodes) values") }
    case .mappingEnd, .sequenceEnd: break
    }
    if let last = open.indices.last, open[last].isMapping, open[last].key == nil, !event.kind.isEnd {
      open[last].key = try key(event, in: &open[last])
      return
    }
    switch event.kind {
    case .mappingStart, .sequenceStart:
      if open.count >= YAMLLimits.maxDepth { throw fault("nested deeper than \(YAMLLimits.maxDepth) levels") }
      open.append(Open(isMapping: event.kind.isMappingStart))
    case .mappingEnd, .sequenceEnd:
      guard let closed = open.popLast() else { throw fault("closes what is not open") }
      add(closed.isMapping ? .object(closed.members) : .array(closed.items))
    case .scalar(let isPlain):
      let text = String(decoding: event.text, as: UTF8.self)
      guard isPlain else { return add(.string(text)) }
      do throws(YAMLFault) { add(try YAMLScalar.value(text)) } catch { throw fault(error.message) }
    case .streamStart, .documentStart, .documentEnd, .alias: return
    }
  }

  /// An empty document is null, as in YAML.
  consuming func finish() throws(YAMLFault) -> JSONValue {
    guard let root else { throw YAMLFault(line: 0, column: 0, "is empty") }
    return root
  }

  private func key(_ event: YAMLEvents.Event, in mapping: inout Open) throws(YAMLFault) -> String {
    func fault(_ message: String) -> YAMLFault { YAMLFault(line: event.line, column: event.column, message) }
    guard case .scalar(let isPlain) = event.kind else { throw fault("a key has to be a single word or text, not a list or mapping") }
    if isPlain, event.text.isEmpty { throw fault("a key is missing before ':'") }
    if event.text.count > YAMLLimits.maxKeyBytes { throw fault("a key with more than \(YAMLLimits.maxKeyBytes) bytes") }
    if mapping.keys.count >= YAMLLimits.maxKeysOfOneMapping { throw fault("more than \(YAMLLimits.maxKeysOfOneMapping) keys in one mapping") }
    let text = String(decoding: event.text, as: UTF8.self)
    guard mapping.keys.insert(event.text).inserted else { throw fault("the key \(SpecText.quoted(text)) is there twice") }
    return text
  }

  private mutating func add(_ value: JSONValue) {
    guard let last = open.indices.last else {
      root = value
      return
    }
    if open[last].isMapping {
      open[last].members.append(.init(open[last].key ?? "", value))
      open[last].key = nil
    } else {
      open[last].items.append(value)
    }
  }
}

extension YAMLEvents.Kind {
  fileprivate var isEnd: Bool {
    switch self {
    case .mappingEnd, .sequenceEnd: true
    default: false
    }
  }

  fileprivate var isMappingStart: Bool { if case .mappingStart = self { true } else { false } }
}
