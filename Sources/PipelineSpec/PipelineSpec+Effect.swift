import RecordCodec

extension PipelineSpec {
  /// What replacing `old` by `new` does. Both are compared in their long form, so another way to write the same is no change.
  ///
  /// | Changed | Effect |
  /// |---|---|
  /// | description, labels, the order of input topics | none |
  /// | `kafka.brokers`, with a broker in both lists | restart: taken for the same cluster (its id is compared at start) |
  /// | `kafka.brokers`, with no broker in both | state incompatible: another cluster |
  /// | the set of input topics | state incompatible |
  /// | window size or offset, event timestamp, event key or its scope | state incompatible |
  /// | aggregations: a function, a field, their number or order | state incompatible: the layout of a checkpoint is not converted yet |
  /// | aggregations: only names | restart |
  /// | group_id | restart: kept windows and their offsets come from the checkpoint |
  /// | anything else (lateness, watermark, intervals, output topic, properties, limits, lanes, ...) | restart |
  ///
  /// A different default of the daemon (`--brokers`) counts like a change of the member. `name` is not compared.
  package static func effect(from old: PipelineSpec, to new: PipelineSpec) -> SpecEffect {
    var incompatible: [String] = []
    var restart: [String] = []
    if !sameMember(["kafka", "brokers"], old, new) {
      let kept = Set(hosts(old)).intersection(hosts(new))
      if kept.isEmpty { incompatible.append("/kafka/brokers") } else { restart.append("/kafka/brokers") }
    }
    if Set(old.compiled.inputTopics) != Set(new.compiled.inputTopics) { incompatible.append("/kafka/input_topics") }
    for path in [["event", "timestamp"], ["event", "key"], ["window", "size_ms"], ["window", "offset_ms"]] where !sameMember(path, old, new) {
      incompatible.append(pointer(path))
    }
    if !sameMember(["aggregations"], old, new) {
      if layout(old) == layout(new) { restart.append("/aggregations") } else { incompatible.append("/aggregations") }
    }
    if !incompatible.isEmpty { return .stateIncompatible(changed: incompatible) }
    for path in restarting where !sameMember(path, old, new) { restart.append(pointer(path)) }
    return restart.isEmpty ? .none : .restart(changed: restart)
  }

  private static let restarting: [[String]] =
    KafkaSection.known.filter { !["brokers", "input_topics"].contains($0) }.map { ["kafka", $0] } + [
      ["window", "allowed_lateness_ms"], ["watermark", "strategy"], ["watermark", "max_delay_ms"], ["watermark", "idle_timeout_ms"],
      ["watermark", "max_future_skew_ms"], ["event", "format"], ["emit"], ["delivery"], ["errors"], ["start_at"],
      ["limits", "max_keys"], ["limits", "max_state_bytes"], ["parallelism"], ["buffer_size"],
    ]

  private static func pointer(_ path: [String]) -> String { path.reduce("") { SpecText.pointer($0, $1) } }

  /// Bytes decide, as they do in records and in Kafka.
  private static func sameMember(_ path: [String], _ a: PipelineSpec, _ b: PipelineSpec) -> Bool {
    let member = { (spec: PipelineSpec) in path.reduce(spec.normalized) { $0[$1] ?? .null }.serialized() }
    return member(a) == member(b)
  }

  private static func hosts(_ spec: PipelineSpec) -> [String] { spec.compiled.brokers.lowercased().split(separator: ",").map(String.init) }

  /// Functions and fields without names.
  private static func layout(_ spec: PipelineSpec) -> [UInt8] {
    let items = spec.normalized["aggregations"]?.arrayValue ?? []
    return JSONValue.array(items.map { [$0["function"] ?? .null, $0["field"] ?? .null] }).serialized()
  }
}
