import RecordCodec
import StreamEngine

extension PipelineSpec {
  /// What replacing `old` by `new` does. Both are compared in their long form, so another way to write the same is no change.
  ///
  /// | Changed | Effect |
  /// |---|---|
  /// | description, labels, the order of input topics | none |
  /// | `kafka.brokers`, with a broker in both lists | restart: taken for the same cluster (its id is compared at start) |
  /// | `kafka.brokers`, with no broker in both | state incompatible: another cluster |
  /// | the set of input topics | state incompatible |
  /// | the window (but its lateness), event timestamp, event key or its scope, the format with its columns and delimiter | state incompatible |
  /// | aggregations | restart: what windows hold of a function, field and condition goes on; what is new is null in windows that are open (`newAggregations`) |
  /// | event filter | restart: windows that are open hold records by the old one until now, and by the new one from then on |
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
    incompatible += changedState(old, new)
    if !incompatible.isEmpty { return .stateIncompatible(changed: incompatible) }
    for path in restarting where !sameMember(path, old, new) { restart.append(pointer(path)) }
    return restart.isEmpty ? .none : .restart(changed: restart)
  }

  /// Names of the aggregations that are null in the results of windows that are open when `old` is replaced by `new`, since they have not
  /// seen all records of those.
  package static func newAggregations(from old: PipelineSpec, to new: PipelineSpec) -> [String] {
    new.compiled.executor.aggregationsMissing(after: old.compiled.executor).map { new.compiled.memberNames[$0] }
  }

  private static let restarting: [[String]] =
    KafkaSection.known.filter { !["brokers", "input_topics"].contains($0) }.map { ["kafka", $0] } + [["window", "allowed_lateness_ms"]]
    + WatermarkSection.known.map { ["watermark", $0] } + [
      ["event", "filter"], ["aggregations"], ["emit"], ["delivery"], ["errors"], ["start_at"], ["stop_at"], ["limits", "max_keys"],
      ["limits", "max_state_bytes"], ["parallelism"], ["buffer_size"],
    ]

  private static func changedState(_ old: PipelineSpec, _ new: PipelineSpec) -> [String] {
    let changed = zip(stateParts(old.normalized), stateParts(new.normalized))
      .filter { $0.value.serialized() != $1.value.serialized() }.map { pointer($0.0.path) }
    // With another type or format the members that only one of the two has say nothing more.
    return changed.filter { place in
      if place.hasPrefix("/window/"), changed.contains("/window/type") { return place == "/window/type" }
      let isOfFormat = place == "/event/columns" || place == "/event/delimiter"
      return !(isOfFormat && changed.contains("/event/format"))
    }
  }

  private static func pointer(_ path: [String]) -> String { path.reduce("") { SpecText.pointer($0, $1) } }

  /// Bytes decide, as they do in records and in Kafka.
  private static func sameMember(_ path: [String], _ a: PipelineSpec, _ b: PipelineSpec) -> Bool {
    let member = { (spec: PipelineSpec) in path.reduce(spec.normalized) { $0[$1] ?? .null }.serialized() }
    return member(a) == member(b)
  }

  private static func hosts(_ spec: PipelineSpec) -> [String] { spec.compiled.brokers.lowercased().split(separator: ",").map(String.init) }
}
