import RecordCodec

/// Reads `consumer_config` or `producer_config`: names through the catalogue, values to text. No fault quotes a value.
struct PropertyReader {
  /// librdkafka's names to values.
  private(set) var properties: [String: String] = [:]
  /// Where each of them was written.
  private var places: [String: String] = [:]
  private let reader: ObjectReader?
  private let faults: FaultCollector
  private let pointer: String

  init(_ kafka: ObjectReader, _ member: String, _ side: ClientSide) {
    faults = kafka.faults
    pointer = kafka.place(member)
    reader = kafka.object(member)
    for entry in reader?.all ?? [] {
      if faults.isFull { return }
      read(entry.name, entry.value, at: SpecText.pointer(pointer, entry.name), side)
    }
    if let reader, properties["security.protocol"]?.hasPrefix("sasl") == true { checkSASL(reader) }
  }

  private func checkSASL(_ reader: ObjectReader) {
    if reader["sasl.mechanism"] == nil, reader["sasl.mechanisms"] == nil {
      faults.add(
        reader.place("sasl.mechanism"), .missing, "required with SASL: without it librdkafka takes Kerberos, which runs a command",
        suggestion: "SCRAM-SHA-512")
    }
    // Every mechanism that is allowed needs both, so such a client could never start.
    for (name, suggestion) in [("sasl.username", "the user's name"), ("sasl.password", "${env:NAME} or ${file:NAME}")] where reader[name] == nil {
      faults.add(reader.place(name), .missing, "required with SASL", suggestion: suggestion)
    }
  }

  private mutating func read(_ name: String, _ value: JSONValue, at place: String, _ side: ClientSide) {
    let entries = ClientProperty.catalogue[name] ?? []
    guard let property = entries.first(where: { $0.side == side || $0.side == .both }) else {
      refuseUnknown(name, at: place, side, existsElsewhere: !entries.isEmpty)
      return
    }
    switch property.rule {
    case .refused(let why, let suggestion):
      faults.add(place, .propertyRefused, "cannot be set: \(why)", suggestion: suggestion)
    case .fixed(let values, let why):
      guard let text = text(value, at: place) else { return }
      if !values.contains(text.lowercased()) {
        faults.add(place, .propertyRefused, "cannot be changed: \(why)", suggestion: values[0])
      }
    case .secret:
      guard case .string(let text) = value, SecretReference.isMeant(text) else { return refuseLiteral(at: place) }
      take(reference: text, name, at: place)
    case .ignored(let why, let suggestion):
      faults.warn(place, "accepted without effect: \(why)", suggestion: suggestion)
    case .allowed(let librdkafkaName, let kind, let translate):
      guard let text = text(value, at: place) else { return }
      if SecretReference.isMeant(text) {
        switch kind {
        case .text, .pem: return take(reference: text, librdkafkaName, at: place)
        default:
          faults.add(place, .badFormat, "a reference may stand for texts and certificates only; write the value itself")
          return
        }
      }
      guard let checked = check(translate?(text) ?? text, kind, at: place) else { return }
      if let other = places[librdkafkaName] {
        // A duplicate member is a fault already.
        if other != place { faults.add(place, .conflict, "means the same property as \(other)", suggestion: "keep one") }
        return
      }
      properties[librdkafkaName] = checked
      places[librdkafkaName] = place
    }
  }

  private func refuseUnknown(_ name: String, at place: String, _ side: ClientSide, existsElsewhere: Bool) {
    if existsElsewhere {
      let (own, other) = side == .consumer ? ("consumer", "producer_config") : ("producer", "consumer_config")
      faults.add(place, .unknownMember, "is no property of a \(own)", suggestion: "move it to \(other), or remove it")
      return
    }
    let candidates = ClientProperty.catalogue.values.joined()
      .filter { ($0.side == side || $0.side == .both) && $0.canBeSuggested }.map(\.name).sorted()
    faults.add(
      place, .unknownMember, "unknown property \(SpecText.quoted(name)); librdkafka's names are known, and the Java client's",
      suggestion: NearestName.find(name, among: candidates))
  }

  private func refuseLiteral(at place: String) {
    faults.add(
      place, .secretLiteral, "a secret must not stand in a spec: specs are stored and shown to readers",
      suggestion: "${env:NAME} or ${file:NAME}")
  }

  /// The daemon puts the value in its place when the pipeline starts.
  private mutating func take(reference text: String, _ librdkafkaName: String, at place: String) {
    guard SecretReference(text) != nil else {
      faults.add(
        place, .badFormat, "is no reference: ${env:NAME} with letters, digits and '_', or ${file:NAME} with the name of a file in the folder of secrets",
        suggestion: "${env:NAME}")
      return
    }
    if let other = places[librdkafkaName] {
      if other != place { faults.add(place, .conflict, "means the same property as \(other)", suggestion: "keep one") }
      return
    }
    properties[librdkafkaName] = text
    places[librdkafkaName] = place
  }

  private func text(_ value: JSONValue, at place: String) -> String? {
    switch value {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .double(let number): return String(number)
    case .bool(let flag): return flag ? "true" : "false"
    case .null, .array, .object:
      faults.add(place, .wrongType, "must be a string, a number or a boolean, not \(SpecText.typeName(value))")
      return nil
    }
  }

  /// The text as librdkafka wants it, or nil with a fault.
  private func check(_ text: String, _ kind: ClientProperty.Value, at place: String) -> String? {
    var isPEM = false
    if case .pem = kind { isPEM = true }
    let limit = isPEM ? SpecLimits.maxPEMBytes : SpecLimits.maxPropertyBytes
    if text.isEmpty {
      faults.add(place, .empty, "must not be empty", suggestion: "remove it to get the default")
      return nil
    }
    if text.utf8.count > limit {
      faults.add(place, .tooLong, "has more than \(limit) bytes")
      return nil
    }
    let isLineBreak = { (scalar: Unicode.Scalar) in isPEM && (scalar == "\n" || scalar == "\r") }
    if text.unicodeScalars.contains(where: { SpecText.isControl($0) && !isLineBreak($0) }) {
      faults.add(place, .badFormat, "must not hold control characters")
      return nil
    }
    switch kind {
    case .text, .pem:
      return text
    case .integer(let range):
      guard let number = Int64(text) else {
        faults.add(place, .wrongType, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        return nil
      }
      if range.contains(number) { return String(number) }
      faults.add(place, .outOfRange, "must be from \(range.lowerBound) to \(range.upperBound)")
    case .number(let range):
      // librdkafka reads plain decimals; Swift also takes "0x1p3" and "inf".
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }),
        let number = Double(text)
      else {
        faults.add(place, .wrongType, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
      }
      if range.contains(number) { return text }
      faults.add(place, .outOfRange, "must be from \(range.lowerBound) to \(range.upperBound)")
    case .flag:
      let lower = text.lowercased()
      if lower == "true" || lower == "false" { return lower }
      faults.add(place, .unknownValue, "must be true or false")
    case .word(let words):
      let lower = text.lowercased()
      if words.contains(lower) { return lower }
      faults.add(place, .unknownValue, "must be one of \(SpecText.list(words))", suggestion: NearestName.find(text, among: words))
    case .mechanism(let words, let refused):
      let upper = text.uppercased()
      if words.contains(upper) { return upper }
      if let why = refused[upper] {
        faults.add(place, .propertyRefused, "cannot be set: \(why)")
      } else {
        faults.add(place, .unknownValue, "must be one of \(SpecText.list(words))", suggestion: NearestName.find(text, among: words))
      }
    }
    return nil
  }
}

extension ClientProperty {
  /// Worth naming to someone who mistyped: what is accepted.
  fileprivate var canBeSuggested: Bool { if case .allowed = rule { true } else { false } }
}

extension PropertyReader {
  /// Pairs that librdkafka refuses only when a client is made, where the fault would be far from its cause. Where one of a pair is
  /// absent, the value in use counts: Penstock's own (KafkaPipeline's `ClientProperties`) or librdkafka's. Sizes that librdkafka
  /// adjusts by itself while they are absent have no such value. `deliveryTimeoutMs` is given for producers only.
  func checkRelations(deliveryTimeoutMs: Int64? = nil) {
    require("max.poll.interval.ms", 300_000, atLeast: "session.timeout.ms", 45_000)
    require("session.timeout.ms", 45_000, atLeast: "heartbeat.interval.ms", 3_000)
    require("reconnect.backoff.max.ms", 1_000, atLeast: "reconnect.backoff.ms", 100)
    require("fetch.max.bytes", nil, atLeast: "message.max.bytes", 1_000_000)
    if deliveryTimeoutMs == nil {
      // librdkafka's own rule for an absent fetch.max.bytes.
      let queued = (integer("queued.max.messages.kbytes") ?? 4_096) * 1_024
      let fetch = max(min(52_428_800, queued), integer("message.max.bytes") ?? 1_000_000)
      require("receive.message.max.bytes", nil, atLeast: "fetch.max.bytes", fetch, plus: 512)
    }
    if let deliveryTimeoutMs, let linger = properties["linger.ms"].flatMap(Double.init), linger >= Double(deliveryTimeoutMs),
      let place = places["linger.ms"]
    {
      faults.add(
        place, .conflict, "must be less than kafka.delivery_timeout_ms (\(deliveryTimeoutMs)), or every result would expire unsent")
    }
  }

  private func integer(_ name: String) -> Int64? { properties[name].flatMap { Int64($0) } }

  private func require(_ large: String, _ largeDefault: Int64?, atLeast small: String, _ smallDefault: Int64?, plus: Int64 = 0) {
    guard let place = places[large] ?? places[small],
      let largeValue = integer(large) ?? largeDefault,
      let smallValue = integer(small) ?? smallDefault
    else { return }
    if largeValue < smallValue + plus {
      let more = plus == 0 ? "" : " + \(plus)"
      faults.add(place, .conflict, "\(large) (\(largeValue)) must be at least \(small)\(more) (\(smallValue + plus))")
    }
  }

  /// A broker's port speaks one protocol, and both clients use the same ports.
  static func checkOneProtocol(_ consumer: PropertyReader, _ producer: PropertyReader) {
    let name = "security.protocol"
    guard let a = consumer.valueUnlessFaulty(name), let b = producer.valueUnlessFaulty(name) else { return }
    if (a.isEmpty ? "plaintext" : a) != (b.isEmpty ? "plaintext" : b) {
      consumer.faults.add(
        SpecText.pointer(producer.pointer, name), .conflict,
        "consumer and producer reach the same brokers, so they need the same security.protocol",
        suggestion: "the same connection properties in both")
    }
  }

  /// The value, `""` where it is absent, nil where what stands there is a fault already.
  private func valueUnlessFaulty(_ name: String) -> String? {
    properties[name] ?? (reader?[name] == nil ? "" : nil)
  }
}
