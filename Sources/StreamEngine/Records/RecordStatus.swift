/// The status column of a batch: what the decoder says of a record.
package enum RecordStatus {
  /// To be aggregated.
  package static let decoded: UInt8 = 0
  /// A filter left it out: it moves event time and no figure.
  package static let filtered: UInt8 = 255
  // Anything else: counted as bad already, passed over.
}

/// What the executor did with a record, if `RecordColumns.outcomes` asks for it: the best that happened to it in any window.
package enum RecordOutcome {
  /// Passed over.
  package static let none: UInt8 = 0
  package static let onTime: UInt8 = 1
  package static let lateAccepted: UInt8 = 2
  package static let lateDropped: UInt8 = 3
  package static let filtered: UInt8 = 4
}
