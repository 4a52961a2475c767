import StreamEngine

/// The windows of one kind, as the oracle keeps them: from every record of each.
protocol OracleWindows: AnyObject {
  /// Results that came out since they were last taken, in any order.
  var results: [WantedResult] { get set }
  var fired: Int64 { get }

  /// Puts in a record that comes when the watermark is there. Returns a `RecordOutcome`.
  func add(_ record: TestRecord, watermark: Int64?, now: Int64) -> UInt8
  /// Fires and lets go of what the watermark has reached.
  func move(_ watermark: Int64)
  /// Revisions.
  func endBatch()
  func emitEarly()
  /// Every open window, changed or not.
  func emitOpen()
  /// The wall clock is there.
  func age(now: Int64)

  /// Whether that window is there, or could be, and has not fired.
  func isOpen(_ name: ResultName) -> Bool
  /// Whether a window of that name was let go and began anew, so that its revisions did too.
  func isReused(_ name: ResultName) -> Bool
  /// Of any window still kept; 0 for none.
  var largestRevision: Int64 { get }

  /// Calls with the records of each window still kept.
  func eachKept(_ body: ([TestRecord]) -> Void)
}

extension OracleWindows {
  /// Per input the smallest offset of any record of a window still kept.
  func replayFrom(inputs: Int) -> [Int64?] {
    var offsets = [Int64?](repeating: nil, count: inputs)
    eachKept { records in
      for record in records { offsets[record.input] = min(record.offset, offsets[record.input] ?? .max) }
    }
    return offsets
  }

  func age(now: Int64) {}
  func isReused(_ name: ResultName) -> Bool { false }
}
