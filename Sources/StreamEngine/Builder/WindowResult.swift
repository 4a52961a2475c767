/// One result: the figures of a key over a window.
public struct WindowResult: Sendable, Hashable {
  /// `EventKey.text`; for keys that are no UTF-8, with replacement characters.
  public var key: String
  public var windowStart: EventTime
  /// Exclusive, except of count windows: there start and end are the smallest and largest event time.
  public var windowEnd: EventTime
  /// 1 the first time; a later one of the same key and window replaces it.
  public var revision: Int64
  /// False: the window is still open (early results).
  public var isFinal: Bool
  /// True: another session swallowed this one, or it begins earlier now. There is no such window any more.
  public var isRetracted: Bool
  /// Of count windows, the number of the window of that key, from 1; else nil.
  public var sequence: Int64?
  public var values: [String: ResultValue]

  public init(
    key: String, windowStart: EventTime, windowEnd: EventTime, revision: Int64 = 1, isFinal: Bool = true, isRetracted: Bool = false,
    sequence: Int64? = nil, values: [String: ResultValue]
  ) {
    self.key = key
    self.windowStart = windowStart
    self.windowEnd = windowEnd
    self.revision = revision
    self.isFinal = isFinal
    self.isRetracted = isRetracted
    self.sequence = sequence
    self.values = values
  }

  /// `missing` also for a name that no aggregation has.
  public subscript(name: String) -> ResultValue { values[name] ?? .missing }
}

extension WindowResult {
  /// Result `index` of a batch whose members are called `names`.
  init(_ batch: ResultBatch, _ index: Int, names: [String]) {
    let key = UnsafeBufferPointer(start: batch.keys[index], count: batch.keys[index] == nil ? 0 : Int(batch.keyLengths[index]))
    let flags = batch.flags[index]
    var values: [String: ResultValue] = [:]
    for (member, name) in names.enumerated() {
      let cell = index * batch.aggregationCount + member
      values[name] = ResultValue(kind: batch.cellKinds[cell], bits: batch.cellBits[cell])
    }
    self.init(
      key: String(decoding: key, as: UTF8.self), windowStart: EventTime(milliseconds: batch.windowStarts[index]),
      windowEnd: EventTime(milliseconds: batch.windowEnds[index]), revision: batch.revisions[index],
      isFinal: flags & ResultBatch.early == 0, isRetracted: flags & ResultBatch.retracted != 0,
      sequence: batch.sequences[index] == 0 ? nil : batch.sequences[index], values: values)
  }
}

extension ResultValue {
  /// A cell, as `CellKind` says. NaN and infinities are missing, as in JSON.
  init(kind: UInt8, bits: UInt64) {
    switch kind {
    case CellKind.integer: self = .integer(Int64(bitPattern: bits))
    case CellKind.double:
      let value = Double(bitPattern: bits)
      self = value.isFinite ? .double(value) : .missing
    case CellKind.boolean: self = .boolean(bits != 0)
    case CellKind.text:
      guard let place = UnsafeRawPointer(bitPattern: UInt(bits)) else {
        self = .missing
        return
      }
      let text = UnsafeRawBufferPointer(start: place + 4, count: Int(place.loadUnaligned(as: UInt32.self)))
      self = .text(String(decoding: text, as: UTF8.self))
    default: self = .missing
    }
  }
}
