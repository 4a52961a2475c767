package import RecordCodec
package import StreamEngine

/// Decodes records to events of a program's own type, and those to columns. One per lane.
///
/// The program's way, not the data path of a spec: each record is decoded by a closure. What it throws is a reason: a `DecodingError`
/// of corrupted data is `not_json`, any other error `bad_field`.
package final class TypedDecoder<Event: StreamEvent>: RecordDecoding {
  private let decodeEvent: @Sendable (UnsafeRawBufferPointer) throws -> Event
  private let eventColumns: EventColumns<Event>

  package init(_ pipeline: StreamPipeline<Event>, decode: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Event) {
    decodeEvent = decode
    eventColumns = EventColumns(pipeline.reader)
  }

  package var events: UnsafeRawPointer? { eventColumns.events }

  package func decode(_ columns: RecordBatchColumns, latestTimestamp: Int64) {
    let places = EventColumns<Event>.Places(
      timestamps: columns.timestamps, keys: columns.keys, keyLengths: columns.keyLengths, status: columns.status,
      cellKinds: columns.cellKinds, cellBits: columns.cellBits, stride: columns.stride, watermarks: columns.watermarks)
    eventColumns.begin(columns.count)
    for index in 0..<columns.count {
      if let failure = decode(columns, index, places, latestTimestamp) {
        eventColumns.clear(index, in: places)
        columns.status[index] = failure.rawValue
      }
    }
  }

  private func decode(
    _ columns: RecordBatchColumns, _ index: Int, _ places: EventColumns<Event>.Places, _ latestTimestamp: Int64
  ) -> DecodeFailure? {
    guard let value = columns.values[index] else { return .tombstone }
    let length = Int(columns.valueLengths[index])
    guard length > 0 else { return .empty }
    do {
      let event = try decodeEvent(UnsafeRawBufferPointer(start: value, count: length))
      return eventColumns.put(event, at: index, in: places, latestTimestamp: latestTimestamp).map(DecodeFailure.init)
    } catch DecodingError.dataCorrupted {
      return .notJSON
    } catch {
      return .badField
    }
  }
}

extension DecodeFailure {
  fileprivate init(_ fault: EventFault) {
    switch fault {
    case .timestampInFuture: self = .timestampInFuture
    case .badKey: self = .badKey
    case .badField: self = .badField
    case .numberOutOfRange: self = .numberOutOfRange
    }
  }
}
