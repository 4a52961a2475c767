package import RecordCodec

/// Something that happened to a pipeline, as `history.jsonl` and the events resource show it.
package struct HistoryEvent: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case created, deleting
    /// The phase changed.
    case phase
    /// A spec was stored.
    case spec
    /// Somebody asked for something.
    case request
    /// Somebody moved its offsets.
    case offsets
    /// State was discarded, set aside or given up.
    case state
  }

  /// Counts from 1, over restarts of the daemon.
  package var sequence: Int64
  /// Unix ms.
  package var at: Int64
  package var kind: Kind
  package var phase: LifecyclePhase
  /// The phase before, where it changed.
  package var from: LifecyclePhase?
  /// For people.
  package var message: String
  /// Of the failure that it is about.
  package var code: String?

  package var document: JSONValue {
    [
      "seq": .integer(sequence), "at": PipelineDocument.time(at), "type": .string(kind.rawValue), "phase": .string(phase.rawValue),
      "from": from.map { .string($0.rawValue) } ?? .null, "message": .string(message), "code": code.map { .string($0) } ?? .null,
    ]
  }

  /// nil: not a line that `document` wrote.
  init?(_ document: JSONValue) {
    guard let sequence = document["seq"]?.integerValue, let time = document["at"]?.stringValue,
      let at = RFC3339.milliseconds(time), let kind = document["type"]?.stringValue.flatMap(Kind.init(rawValue:)),
      let phase = document["phase"]?.stringValue.flatMap(LifecyclePhase.init(rawValue:)), let message = document["message"]?.stringValue
    else { return nil }
    self.init(
      sequence: sequence, at: at, kind: kind, phase: phase, from: document["from"]?.stringValue.flatMap(LifecyclePhase.init(rawValue:)),
      message: message, code: document["code"]?.stringValue)
  }

  package init(
    sequence: Int64, at: Int64, kind: Kind, phase: LifecyclePhase, from: LifecyclePhase? = nil, message: String, code: String? = nil
  ) {
    self.sequence = sequence
    self.at = at
    self.kind = kind
    self.phase = phase
    self.from = from
    self.message = message
    self.code = code
  }
}
