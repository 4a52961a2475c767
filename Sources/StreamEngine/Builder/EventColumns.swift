/// Fills columns from events, one event at a time, and keeps what the columns point to. One per lane.
///
/// This is the way of programs with their own types: a few calls and, for keys and texts, a copy for each event. The columns of a
/// spec are filled by a decoder without any of that.
package final class EventColumns<Event: StreamEvent> {
  /// Where the columns of a batch are; as in `RecordColumns`, with a watermark per record if anyone asks for them.
  package struct Places {
    var timestamps: UnsafeMutablePointer<Int64>
    var keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    var keyLengths: UnsafeMutablePointer<Int32>
    var status: UnsafeMutablePointer<UInt8>
    var cellKinds: UnsafeMutablePointer<UInt8>
    var cellBits: UnsafeMutablePointer<UInt64>
    var stride: Int
    var watermarks: UnsafeMutablePointer<Int64>?

    package init(
      timestamps: UnsafeMutablePointer<Int64>, keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>,
      keyLengths: UnsafeMutablePointer<Int32>, status: UnsafeMutablePointer<UInt8>, cellKinds: UnsafeMutablePointer<UInt8>,
      cellBits: UnsafeMutablePointer<UInt64>, stride: Int, watermarks: UnsafeMutablePointer<Int64>?
    ) {
      self.timestamps = timestamps
      self.keys = keys
      self.keyLengths = keyLengths
      self.status = status
      self.cellKinds = cellKinds
      self.cellBits = cellBits
      self.stride = stride
      self.watermarks = watermarks
    }
  }

  private let reader: EventReader<Event>
  private let bytes = EventBytes()
  private var held: UnsafeMutablePointer<Event?>
  private var capacity = 0

  package init(_ reader: EventReader<Event>) {
    self.reader = reader
    held = .allocate(capacity: 1)
  }

  deinit {
    held.deinitialize(count: capacity)
    held.deallocate()
  }

  /// The events of the batch, an `Event?` for each record: nil for those that are bad.
  package var events: UnsafeRawPointer { UnsafeRawPointer(held) }

  /// Forgets the batch before; the next has at most `count` records.
  package func begin(_ count: Int) {
    bytes.removeAll()
    if count > capacity {
      held.deinitialize(count: capacity)
      held.deallocate()
      held = .allocate(capacity: count)
      held.initialize(repeating: nil, count: count)
      capacity = count
    } else {
      held.update(repeating: nil, count: capacity)
    }
  }

  /// Record `index` of the batch. Of several faults the first in the order timestamp, key, fields is given back; nil: none.
  package func put(_ event: Event, at index: Int, in places: Places, latestTimestamp: Int64) -> EventFault? {
    clear(index, in: places)
    let time = event.eventTime.milliseconds
    if time > latestTimestamp { return .timestampInFuture }
    places.timestamps[index] = time
    // Before the filter: what it leaves out moves event time too.
    if let read = reader.watermark { places.watermarks?[index] = read(event)?.milliseconds ?? .min }
    if let filter = reader.filter, !filter(event) {
      places.status[index] = RecordStatus.filtered
      return nil
    }
    if let fault = putKey(event.key, at: index, in: places) ?? putFields(event, at: index, in: places) {
      clear(index, in: places)
      return fault
    }
    held[index] = event
    return nil
  }

  /// A record without an event: its status is the caller's.
  package func clear(_ index: Int, in places: Places) {
    places.timestamps[index] = 0
    places.keys[index] = nil
    places.keyLengths[index] = 0
    places.status[index] = RecordStatus.decoded
    places.watermarks?[index] = .min
    for column in reader.columns.indices {
      places.cellKinds[column * places.stride + index] = CellKind.missing
      places.cellBits[column * places.stride + index] = 0
    }
  }

  private func putKey(_ key: EventKey, at index: Int, in places: Places) -> EventFault? {
    var text = key.text
    return text.withUTF8 { utf8 in
      guard utf8.count <= EventKey.maxBytes else { return .badKey }
      places.keyLengths[index] = Int32(utf8.count)
      places.keys[index] = UnsafePointer(bytes.copy(UnsafeRawBufferPointer(utf8)))
      return nil
    }
  }

  private func putFields(_ event: Event, at index: Int, in places: Places) -> EventFault? {
    for (column, read) in reader.columns.enumerated() {
      let cell = column * places.stride + index
      switch read(event) {
      case .missing: break
      case .integer(let value):
        places.cellKinds[cell] = CellKind.integer
        places.cellBits[cell] = UInt64(bitPattern: value)
      case .double(let value):
        guard value.isFinite else { return .numberOutOfRange }
        places.cellKinds[cell] = CellKind.double
        places.cellBits[cell] = value.bitPattern
      case .boolean(let value):
        places.cellKinds[cell] = CellKind.boolean
        places.cellBits[cell] = value ? 1 : 0
      case .text(var value):
        let address = value.withUTF8 { utf8 -> UInt? in
          utf8.count <= CellKind.maxTextBytes ? UInt(bitPattern: bytes.copyWithLength(UnsafeRawBufferPointer(utf8))) : nil
        }
        guard let address else { return .badField }
        places.cellKinds[cell] = CellKind.text
        places.cellBits[cell] = UInt64(address)
      }
    }
    return nil
  }
}
