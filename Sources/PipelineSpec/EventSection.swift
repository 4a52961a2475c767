import RecordCodec

/// The member `event`: the records' format, time and key.
struct EventSection {
  static let known = ["format", "timestamp", "key"]
  static let timestampKnown = ["from", "field", "unit"]
  static let keyKnown = ["from", "field", "fields", "type", "scope"]

  var timestamp = TimestampSource.kafka
  var key = KeySource.kafka
  var scope = SpecKeyScope.partition

  init(_ root: ObjectReader) {
    guard let reader = root.object("event") else { return }
    reader.refuseOthers(
      known: Self.known, later: ["filter": "filters are not supported yet; drop the records before they reach the input topic"])
    _ = reader.word(
      "format",
      WordList(built: ["json"], notYet: ["jsonl", "csv", "raw"], later: ["avro", "protobuf"]), default: "json")
    if let object = reader.object("timestamp") { readTimestamp(object) }
    readKey(reader)
  }

  private mutating func readTimestamp(_ reader: ObjectReader) {
    reader.refuseOthers(known: Self.timestampKnown)
    if reader["from"] != nil {
      _ = reader.word("from", WordList(built: ["kafka"]), default: nil)
      Self.refuse(["field", "unit"], of: reader, "contradicts \"from\": the time is the Kafka record's own")
      return
    }
    let units = TimestampUnit.allCases.map(\.rawValue)
    let unit = reader.word("unit", WordList(built: units), default: "ms").flatMap(TimestampUnit.init(rawValue:))
    guard reader.required("field", "required: the field that holds the event time", suggestion: "{\"from\": \"kafka\"} for the record's own") != nil,
      let text = reader.text("field"), let path = FieldPathCheck.check(text, at: reader.place("field"), reader.faults)
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
      Self.refuse(["field", "fields", "type"], of: reader, "contradicts \"from\": the key is the Kafka record's own, as it is")
      return
    }
    let types = WordList(built: KeyRendering.allCases.map(\.rawValue))
    let rendering = reader.word("type", types, default: "plain").flatMap(KeyRendering.init(rawValue:)) ?? .plain
    let paths = readKeyFields(reader)
    if !paths.isEmpty { key = .fields(paths, rendering) }
  }

  private func readKeyFields(_ reader: ObjectReader) -> [FieldPath] {
    if reader["field"] != nil {
      Self.refuse(["fields"], of: reader, "contradicts \"field\": write one of the two")
      guard let text = reader.text("field") else { return [] }
      return FieldPathCheck.check(text, at: reader.place("field"), reader.faults).map { [$0] } ?? []
    }
    _ = reader.required("fields", "required: a list of the fields that make up the key", suggestion: "{\"from\": \"kafka\"} for the record's own key")
    var paths: [FieldPath] = []
    for (index, item) in (reader.list("fields", atMost: SpecLimits.maxKeyFields, of: "field names") ?? []).enumerated() {
      let place = SpecText.pointer(reader.place("fields"), String(index))
      guard let text = ObjectReader.text(item, at: place, reader.faults),
        let path = FieldPathCheck.check(text, at: place, reader.faults)
      else { continue }
      if paths.contains(where: { SpecText.sameBytes($0.text, text) }) {
        reader.faults.add(place, .duplicate, "this field stands in the key already", suggestion: "keep one")
      } else {
        paths.append(path)
      }
    }
    return paths
  }

  private static func refuse(_ names: [String], of reader: ObjectReader, _ why: String) {
    for name in names where reader[name] != nil {
      reader.faults.add(reader.place(name), .conflict, why, suggestion: "remove one of the two")
    }
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

  var normalized: JSONValue { ["format": "json", "timestamp": normalizedTimestamp, "key": normalizedKey] }
}
