package import RecordCodec
import StreamEngine

/// One pipeline as a document: what the user wrote, the same with every default, and what runs.
package struct PipelineSpec: Sendable, Equatable {
  /// `[a-z0-9][a-z0-9._-]{0,62}`
  package var name: String
  /// `running` or `stopped` if the body says so; not part of the spec.
  package var desired: String?
  /// What the user wrote, with the name, without `desired`: `parse` takes it back and gives an equal spec.
  package var document: JSONValue
  /// The long form with every default filled in; `parse` gives an equal `compiled` for it.
  package var normalized: JSONValue
  /// What was accepted and does nothing: properties of the Java client.
  package var warnings: [SpecFault]
  package var compiled: CompiledSpec

  private static let known = [
    "name", "desired", "description", "labels", "kafka", "event", "window", "watermark", "aggregations", "emit", "delivery",
    "errors", "start_at", "stop_at", "limits", "parallelism", "buffer_size",
  ]
  private static let later: [String: String] = {
    var words: [String: String] = [:]
    for name in ["join", "joins"] { words[name] = "joins come later and are not supported yet; a pipeline reads topics with records of one form" }
    for name in ["sql", "query"] { words[name] = "SQL comes later and is not supported yet; there is window and aggregations" }
    for name in ["repartition", "rekey"] {
      words[name] = "repartitioning by a payload key comes later and is not supported yet; there is event.key with scope global"
    }
    for name in ["project", "select", "transform"] {
      words[name] = "pipelines that only change records come later and are not supported yet; there is window and aggregations"
    }
    return words
  }()

  /// Reads a document.
  ///
  /// - Parameters:
  ///   - name: From the URL. A name in the body that differs is a fault at `/name`; in the body it may then be absent.
  ///   - defaults: What the daemon fills in.
  /// - Throws: every fault at once, up to `SpecLimits.maxFaults`.
  package static func parse(_ document: JSONValue, name: String?, defaults: SpecDefaults) throws(SpecFaults) -> PipelineSpec {
    let faults = FaultCollector()
    guard let root = ObjectReader(document, at: "", faults) else { throw SpecFaults(faults: faults.faults) }
    root.refuseOthers(known: known, later: later, elsewhere: ["filter": "event.filter", "where": "event.filter"])
    let name = readName(root, fromURL: name)
    let desired = root.word("desired", WordList(built: ["running", "paused", "stopped"]), default: "stopped")
    let (description, labels) = readNotes(root)
    let kafka = KafkaSection(root, pipeline: name, defaults: defaults)
    let event = EventSection(root)
    let window = WindowSection(root)
    let watermark = WatermarkSection(root)
    let aggregations = AggregationSection(root, event)
    let policy = PolicySection(root, topics: kafka.inputTopics + [kafka.outputTopic])
    let (columns, columnNames, plans) = aggregations.columns()
    checkLanes(root, event, policy, columns: columns.count)
    checkEarly(root, window, policy)
    if !faults.faults.isEmpty { throw SpecFaults(faults: faults.faults) }

    var decoder = RecordDecoderConfiguration(timestamp: event.timestamp, key: event.key, fields: columns)
    decoder.format = event.format.format
    decoder.filter = event.filter?.filter
    var executor = ExecutorConfiguration(window: window.plan, aggregations: plans, fieldCount: columns.count)
    executor.columnNames = columnNames
    executor.allowedLateness = window.allowedLatenessMs
    executor.maxDelay = watermark.maxDelayMs
    executor.maxFutureSkew = watermark.maxFutureSkewMs
    executor.earlyInterval = policy.earlyIntervalMs
    executor.maxKeysPerSlice = Int(policy.maxKeys)
    executor.maxStateBytes = Int(policy.maxStateBytes)
    let normalized: JSONValue = .object(
      [
        .init("name", .string(name)), .init("description", .string(description)), .init("labels", KafkaSection.sorted(labels)),
        .init("kafka", kafka.normalized), .init("event", event.normalized), .init("window", window.normalized),
        .init("watermark", watermark.normalized), .init("aggregations", aggregations.normalized),
      ] + policy.normalized)
    let compiled = CompiledSpec(
      brokers: kafka.brokers, groupID: kafka.groupID, inputTopics: kafka.inputTopics, outputTopic: kafka.outputTopic,
      autoCommitIntervalMs: kafka.autoCommitIntervalMs, pollTimeoutMs: kafka.pollTimeoutMs,
      deliveryTimeoutMs: kafka.deliveryTimeoutMs, maxProduceRetries: Int(kafka.maxProduceRetries),
      consumerProperties: kafka.consumerProperties, producerProperties: kafka.producerProperties,
      connectionProperties: kafka.consumerProperties.filter { isConnectionProperty($0.key) },
      decoder: decoder, executor: executor,
      memberNames: aggregations.items.map(\.name), scope: event.scope, parallelism: Int(policy.parallelism),
      bufferSize: Int(policy.bufferSize), startAt: policy.startAt, stopAt: policy.stopAt, idleTimeoutMs: watermark.idleTimeoutMs,
      maxDriftMs: watermark.maxDriftMs, resultTimestampNow: policy.resultTimestampNow, exactlyOnce: policy.exactlyOnce,
      errors: SpecErrorPolicy(
        onDecodeError: policy.errors.onDecodeError, onLate: policy.errors.onLate, onProduceError: policy.errors.onProduceError,
        deadLetterTopic: policy.errors.deadLetterTopic),
      stateIdentity: stateIdentity(normalized), labels: labels, description: description)
    return PipelineSpec(
      name: name, desired: root["desired"] == nil ? nil : desired, document: stored(root, name),
      normalized: normalized, warnings: faults.warnings, compiled: compiled)
  }

  private static func readName(_ root: ObjectReader, fromURL: String?) -> String {
    let place = root.place("name")
    let rule = "a name has 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"
    if let fromURL, !SpecText.isPipelineName(fromURL) {
      root.faults.add(place, .badFormat, "the name in the path is not valid: \(rule)", suggestion: suggestedName(fromURL))
      return "unnamed"
    }
    guard root["name"] != nil else {
      if fromURL == nil { root.faults.add(place, .missing, "required: \(rule)") }
      return fromURL ?? "unnamed"
    }
    guard let text = root.text("name") else { return fromURL ?? "unnamed" }
    if !SpecText.isPipelineName(text) {
      root.faults.add(place, .badFormat, rule, suggestion: fromURL ?? suggestedName(text))
    } else if let fromURL, fromURL != text {
      root.faults.add(place, .conflict, "differs from the name in the path", suggestion: fromURL)
    } else {
      return text
    }
    return fromURL ?? "unnamed"
  }

  /// The name in lower case, if that is all that is wrong with it.
  private static func suggestedName(_ text: String) -> String? {
    guard text.utf8.count <= SpecLimits.nameCharacters.upperBound else { return nil }
    let lower = text.lowercased()
    return SpecText.isPipelineName(lower) ? lower : nil
  }

  private static func readNotes(_ root: ObjectReader) -> (description: String, labels: [String: String]) {
    var description = ""
    if root["description"] != nil, let text = root.text("description") {
      description = text
      if text.utf8.count > SpecLimits.maxDescriptionBytes {
        root.faults.add(root.place("description"), .tooLong, "has more than \(SpecLimits.maxDescriptionBytes) bytes")
      }
    }
    var labels: [String: String] = [:]
    guard let reader = root.object("labels") else { return (description, labels) }
    if reader.all.count > SpecLimits.maxLabels {
      root.faults.add(reader.pointer, .outOfRange, "holds \(reader.all.count) labels, more than \(SpecLimits.maxLabels)")
      return (description, labels)
    }
    for label in reader.all {
      let place = reader.place(label.name)
      let name = label.name.utf8
      if name.isEmpty || name.count > SpecLimits.maxLabelNameBytes
        || !name.allSatisfy({ SpecText.isLetterOrDigit($0) || "._-/".utf8.contains($0) })
      {
        root.faults.add(place, .badFormat, "a label's name has 1 to \(SpecLimits.maxLabelNameBytes) letters, digits, '.', '_', '-' and '/'")
      }
      guard let text = ObjectReader.text(label.value, at: place, root.faults) else { continue }
      if text.utf8.count > SpecLimits.maxLabelValueBytes {
        root.faults.add(place, .tooLong, "a label's value has at most \(SpecLimits.maxLabelValueBytes) bytes")
      } else if SpecText.hasControl(text) {
        root.faults.add(place, .badFormat, "a label's value holds no control characters")
      }
      labels[label.name] = text
    }
    return (description, labels)
  }

  /// What only several members together can get wrong.
  private static func checkLanes(_ root: ObjectReader, _ event: EventSection, _ policy: PolicySection, columns: Int) {
    if event.scope == .global, policy.parallelism > 1 {
      root.faults.add(
        root.place("parallelism"), .conflict,
        "must be 1 with keys of scope global: such a key can sit in any partition, so one lane has to read them all",
        suggestion: "1, or \"scope\": \"partition\" in event.key if the producer partitions by that very key")
    }
    let most = SpecLimits.maxBatchCells / max(1, columns)
    if policy.bufferSize > most {
      root.faults.add(
        root.place("buffer_size"), .conflict, "with \(columns) columns a batch holds at most \(most) records", suggestion: String(most))
    }
  }

  private static func checkEarly(_ root: ObjectReader, _ window: WindowSection, _ policy: PolicySection) {
    guard case .sliding(let size, let slide, _) = window.plan, policy.earlyIntervalMs != nil else { return }
    let windows = size / max(1, slide)
    if windows > SpecLimits.maxEarlyWindowsPerRecord, windows <= SpecLimits.maxWindowsPerRecord {
      root.faults.add(
        SpecText.pointer(root.place("emit"), "when"), .conflict,
        "\(windows) open windows would come out each time; with early results size_ms is at most \(SpecLimits.maxEarlyWindowsPerRecord) times slide_ms",
        suggestion: "on_close")
    }
  }

  private static func isConnectionProperty(_ name: String) -> Bool {
    ["security.", "sasl.", "ssl.", "enable.ssl."].contains { name.hasPrefix($0) }
  }

  private static func stored(_ root: ObjectReader, _ name: String) -> JSONValue {
    var members = root.all.filter { $0.name != "desired" }
    if root["name"] == nil { members.insert(.init("name", .string(name)), at: 0) }
    return .object(members)
  }
}
