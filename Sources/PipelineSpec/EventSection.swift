import RecordCodec

/// The member `event`: the records' format, time and key, and which of them count.
struct EventSection {
  static let known = ["format", "columns", "delimiter", "timestamp", "key", "filter"]
  static let timestampKnown = ["from", "field", "unit"]
  static let keyKnown = ["from", "field", "fields", "type", "scope"]

  var timestamp = TimestampSource.kafka
  var key = KeySource.kafka
  var scope = SpecKeyScope.partition
  private(set) var format = FormatSection()
  private(set) var filter: Condition?
  /// For the conditions of aggregations.
  private(set) var conditions: ConditionReader

  init(_ root: ObjectReader) {
    guard let reader = root.object("event") else {
      conditions = ConditionReader(.any, root.faults)
      return
    }
    reader.refuseOthers(known: Self.known, elsewhere: ["where": "filter"])
    format = FormatSection(reader)
    conditions = ConditionReader(format.fields, root.faults)
    if let object = reader.object("timestamp") { readTimestamp(object) }
    readKey(reader)
    filter = conditions.read("filter", of: reader)
  }

  private func path(_ text: String, at place: String, _ faults: FaultCollector) -> FieldPath? {
    format.fields.path(text, at: place, faults, instead: "{\"from\": \"kafka\"}")
  }

  private mutating func readTimestamp(_ reader: ObjectReader) {
    reader.refuseOthers(known: Self.timestampKnown)
    if reader["from"] != nil {
      _ = reader.word("from", WordList(built: ["kafka"]), default: nil)
      reader.refuse(["field", "unit"], "contradicts \"from\": the time is the Kafka record's own", suggestion: "remove one of the two")
      return
    }
    let units = TimestampUnit.allCases.map(\.rawValue)
    let unit = reader.word("unit", WordList(built: units), default: "ms").flatMap(TimestampUnit.init(rawValue:))
    guard reader.required("field", "required: the field that holds the event time", suggestion: "{\"from\": \"kafka\"} for the record's own") != nil,
      let text = reader.text("field"), let path = path(text, at: reader.place("field"), reader.faults)
    else { return }
    timestamp = .field(path, unit ?? .milliseconds)
  }

  private mutating func readKey(_ event: ObjectReader) {
    guard let value = event["key"] else { return }
    if case .string = value {
      event.faults.add(
        event.place("key"), .wrongType, "must be an object, not a string", suggestion: "{\"field\": ...} for one field")
      return
    }
    guard let reader = ObjectReader(value, at: event.place("key"), event.faults) else { return }
    reader.refuseOthers(known: Self.keyKnown)
    let fromKafka = reader["from"] != nil
    let scopes = WordList(built: SpecKeyScope.allCases.map(\.rawValue))
    let standard: SpecKeyScope = fromKafka ? .partition : .global
    scope = reader.word("scope", scopes, default: standard.rawValue).flatMap(SpecKeyScope.init(rawValue:)) ?? standard
    if fromKafka {
      _ = reader.word("from", WordList(built: ["kafka"]), default: nil)
      reader.refuse(
        ["field", "fields", "type"], "contradicts \"from\": the key is the Kafka record's own, as it is",
        suggestion: "remove one of the two")
      return
    }
    let types = WordList(built: KeyRendering.allCases.map(\.rawValue))
    let rendering = reader.word("type", types, default: "plain").flatMap(KeyRendering.init(rawValue:)) ?? .plain
    let paths = readKeyFields(reader)
    if !paths.isEmpty { key = .fields(paths, rendering) }
  }

  private func readKeyFields(_ reader: ObjectReader) -> [FieldPath] {
    if reader["field"] != nil {
      reader.refuse(["fields"], "contradicts \"field\": write one of the two", suggestion: "remove one of the two")
      guard let text = reader.text("field") else { return [] }
      return path(text, at: reader.place("field"), reader.faults).map { [$0] } ?? []
    }
    _ = reader.required("fields", "required: a list of the fields that make up the key", suggestion: "{\"from\": \"kafka\"} for the record's own key")
    var paths: [FieldPath] = []
    for (index, item) in (reader.list("fields", atMost: SpecLimits.maxKeyFields, of: "field names") ?? []).enumerated() {
      let place = SpecText.pointer(reader.place("fields"), String(index))
      guard let text = ObjectReader.text(item, at: place, reader.faults),
        let path = path(text, at: place, reader.faults)
      else { continue }
      if paths.contains(where: { SpecText.sameBytes($0.text, text) }) {
        reader.faults.add(place, .duplicate, "this field stands in the key already", suggestion: "keep one")
      } else {
        paths.append(path)
      }
    }
    return paths
  }

  var normalizedTimestamp: JSONValue {
    switch timestamp {
    case .kafka: ["from": "kafka"]
    case .field(let path, let unit): ["field": .string(path.text), "unit": .string(unit.rawValue)]
    }
  }

  var normalizedKey: JSONValue {
    switch key {
    case .kafka: ["from": "kafka", "scope": .string(scope.rawValue)]
    case .fields(let paths, let rendering):
      [
        "fields": .array(paths.map { .string($0.text) }), "type": .string(rendering.rawValue), "scope": .string(scope.rawValue),
      ]
    }
  }

  var normalized: JSONValue {
    .object(
      format.normalized + [.init("timestamp", normalizedTimestamp), .init("key", normalizedKey)]
        + (filter.map { [.init("filter", $0.normalized)] } ?? []))
  }
}
