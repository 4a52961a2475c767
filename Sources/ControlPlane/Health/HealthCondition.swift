/// One thing that is looked at, and what was found.
package struct HealthCondition: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case brokersReachable = "BrokersReachable"
    case partitionsAssigned = "PartitionsAssigned"
    /// False: results would be made from a part of the input, so none are.
    case inputComplete = "InputComplete"
    /// False: windows that are still kept lack records that are gone.
    case stateComplete = "StateComplete"
    case progressing = "Progressing"
    case sinkDelivering = "SinkDelivering"
    case checkpointFresh = "CheckpointFresh"
    case waitingForWorker = "WaitingForWorker"
    /// An input topic has more partitions than the lanes know of.
    case partitionsChanged = "PartitionsChanged"

    /// Of most, `false` is.
    var badStatus: Bool { self == .waitingForWorker || self == .partitionsChanged }
  }

  package var kind: Kind
  /// nil: not known.
  package var status: Bool?
  /// One CamelCase word, stable.
  package var reason: String
  /// For people.
  package var message: String
  /// Unix ms since when `status` is what it is; the supervisor keeps it.
  package var since: Int64

  package init(_ kind: Kind, _ status: Bool?, _ reason: String, _ message: String, since: Int64 = 0) {
    self.kind = kind
    self.status = status
    self.reason = reason
    self.message = message
    self.since = since
  }

  package var isBad: Bool { status == kind.badStatus }
}
