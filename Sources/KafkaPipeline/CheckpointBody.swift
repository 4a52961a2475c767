import KafkaClient
import RecordCodec
import StreamEngine

/// The part of a shard's checkpoint that is not pages: where it stands, as a JSON document that a person can read in the store.
struct CheckpointBody: Equatable {
  struct Input: Equatable {
    var partition: TopicPartition
    /// Next offset to read.
    var next: Int64
    var time: InputTime
    /// Wall clock (Unix ms) of the last record; nil before the first.
    var lastRecordAt: Int64?
    /// The last record read.
    var mark: RecordMark?
  }

  static let format: Int64 = 4

  var storeID: String
  var signature: String
  var watermark: Int64?
  var allIdleSince: Int64?
  var allIdleWatermark: Int64?
  /// `ShardState.letGo`.
  var letGo = Int64.min
  /// In the order of the executor's inputs.
  var inputs: [Input]
  var tables: [TableState]
  /// Of the rows in the pages.
  var layout: StoredLayout?
  var gaps: [StateGap] = []
  var revisionFloor: RevisionFloor?

  func serialized() -> [UInt8] {
    func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    let inputs = inputs.map { input -> JSONValue in
      [
        "topic": .string(input.partition.topic), "partition": .integer(Int64(input.partition.partition)),
        "next_offset": .integer(input.next), "watermark": number(input.time.watermark), "idle": .bool(input.time.idle),
        "last_record_at": number(input.lastRecordAt), "last_record": Self.document(input.mark),
      ]
    }
    let tables = tables.map(Self.document)
    let document: JSONValue = [
      "format": .integer(Self.format), "store_id": .string(storeID), "signature": .string(signature),
      "watermark": number(watermark), "all_idle_since": number(allIdleSince), "all_idle_watermark": number(allIdleWatermark),
      "let_go": .integer(letGo), "inputs": .array(inputs), "layout": Self.document(layout),
      "tables": .array(tables), "gaps": .array(gaps.map(Self.document)),
      "revision_floor": Self.document(revisionFloor),
    ]
    return document.serialized()
  }

  init(
    storeID: String, signature: String, watermark: Int64?, allIdleSince: Int64?, allIdleWatermark: Int64?, inputs: [Input],
    tables: [TableState]
  ) {
    self.storeID = storeID
    self.signature = signature
    self.watermark = watermark
    self.allIdleSince = allIdleSince
    self.allIdleWatermark = allIdleWatermark
    self.inputs = inputs
    self.tables = tables
  }

  /// nil: not a body that this version wrote.
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONValue.parse(bytes), document["format"]?.integerValue == Self.format,
      let storeID = document["store_id"]?.stringValue, let signature = document["signature"]?.stringValue,
      let inputValues = document["inputs"]?.arrayValue, let tableValues = document["tables"]?.arrayValue
    else { return nil }
    var inputs: [Input] = []
    for value in inputValues {
      guard let topic = value["topic"]?.stringValue, let number = value["partition"]?.integerValue,
        let partition = Int32(exactly: number), partition >= 0, let next = value["next_offset"]?.integerValue, next >= 0,
        let idle = value["idle"]?.boolValue
      else { return nil }
      inputs.append(
        Input(
          partition: TopicPartition(topic, partition), next: next,
          time: InputTime(watermark: value["watermark"]?.integerValue, idle: idle),
          lastRecordAt: value["last_record_at"]?.integerValue, mark: Self.mark(value["last_record"])))
    }
    guard Set(inputs.map(\.partition)).count == inputs.count else { return nil }
    var tables: [TableState] = []
    for value in tableValues {
      guard let table = Self.table(value) else { return nil }
      tables.append(table)
    }
    self.init(
      storeID: storeID, signature: signature, watermark: document["watermark"]?.integerValue,
      allIdleSince: document["all_idle_since"]?.integerValue, allIdleWatermark: document["all_idle_watermark"]?.integerValue,
      inputs: inputs, tables: tables)
    letGo = document["let_go"]?.integerValue ?? Int64.min
    layout = Self.layout(document["layout"])
    gaps = (document["gaps"]?.arrayValue ?? []).compactMap(Self.gap)
    revisionFloor = Self.floor(document["revision_floor"])
  }

  // MARK: Marks and gaps

  private static func document(_ mark: RecordMark?) -> JSONValue {
    guard let mark else { return .null }
    return [.integer(mark.offset), .integer(mark.timestamp), .integer(Int64(bitPattern: mark.hash))]
  }

  private static func mark(_ value: JSONValue?) -> RecordMark? {
    guard let parts = value?.arrayValue, parts.count == 3, let offset = parts[0].integerValue, let timestamp = parts[1].integerValue,
      let hash = parts[2].integerValue
    else { return nil }
    return RecordMark(offset: offset, timestamp: timestamp, hash: UInt64(bitPattern: hash))
  }

  private static func document(_ floor: RevisionFloor?) -> JSONValue {
    guard let floor else { return .null }
    return [.integer(Int64(floor.revision)), .integer(floor.firedThrough), .integer(floor.earlyThrough)]
  }

  private static func floor(_ value: JSONValue?) -> RevisionFloor? {
    guard let parts = value?.arrayValue, parts.count == 3, let revision = parts[0].integerValue, let fired = parts[1].integerValue,
      let early = parts[2].integerValue
    else { return nil }
    return RevisionFloor(revision: Int(clamping: revision), firedThrough: fired, earlyThrough: early)
  }

  private static func document(_ gap: StateGap) -> JSONValue {
    [
      "topic": .string(gap.partition.topic), "partition": .integer(Int64(gap.partition.partition)),
      "from": gap.from.map { .integer($0) } ?? .null, "to": .integer(gap.to), "until": gap.until.map { .integer($0) } ?? .null,
    ]
  }

  private static func gap(_ value: JSONValue) -> StateGap? {
    guard let topic = value["topic"]?.stringValue, let number = value["partition"]?.integerValue, let partition = Int32(exactly: number),
      let to = value["to"]?.integerValue
    else { return nil }
    return StateGap(
      partition: TopicPartition(topic, partition), from: value["from"]?.integerValue, to: to, until: value["until"]?.integerValue)
  }

  // MARK: Rows

  private static func document(_ layout: StoredLayout?) -> JSONValue {
    guard let layout else { return .null }
    let accumulators = layout.accumulators.map { accumulator -> JSONValue in
      [
        "kind": .string(accumulator.kind), "column": .string(accumulator.column), "offset": .integer(Int64(accumulator.offset)),
        "kinds": .integer(Int64(accumulator.kinds)), "age": .integer(Int64(accumulator.age)),
      ]
    }
    return ["row_bytes": .integer(Int64(layout.width)), "accumulators": .array(accumulators)]
  }

  /// The executor checks what it takes from it.
  private static func layout(_ value: JSONValue?) -> StoredLayout? {
    func integer(_ value: JSONValue?) -> Int? { value?.integerValue.flatMap { Int(exactly: $0) } }
    guard let width = integer(value?["row_bytes"]), let values = value?["accumulators"]?.arrayValue else { return nil }
    var accumulators: [StoredLayout.Accumulator] = []
    for value in values {
      guard let kind = value["kind"]?.stringValue, let column = value["column"]?.stringValue, let offset = integer(value["offset"]),
        let kinds = integer(value["kinds"]), let age = integer(value["age"])
      else { return nil }
      accumulators.append(StoredLayout.Accumulator(kind: kind, column: column, offset: offset, kinds: kinds, age: age))
    }
    return StoredLayout(width: width, accumulators: accumulators)
  }

  // MARK: Tables

  private static func document(_ table: TableState) -> JSONValue {
    func blocks(_ blocks: [PageBlock]) -> JSONValue {
      .array(blocks.map { [.integer(Int64($0.first)), .integer(Int64($0.count))] })
    }
    return [
      "kind": .integer(Int64(table.kind.rawValue)), "start": .integer(table.start), "span": .integer(table.span),
      "rows": .integer(Int64(table.rowCount)), "largest_revision": .integer(Int64(table.largestRevision)),
      "first_offsets": .array(table.firstOffsets.map { $0 == .max ? .null : .integer($0) }),
      "key_blocks": blocks(table.keyBlocks), "blob_blocks": blocks(table.blobBlocks),
    ]
  }

  private static func table(_ value: JSONValue) -> TableState? {
    func integer(_ value: JSONValue?) -> Int? { value?.integerValue.flatMap { Int(exactly: $0) } }
    func blocks(_ value: JSONValue?) -> [PageBlock]? {
      var blocks: [PageBlock] = []
      for entry in value?.arrayValue ?? [] {
        guard let pair = entry.arrayValue, pair.count == 2, let first = integer(pair[0]), let count = integer(pair[1]) else { return nil }
        blocks.append(PageBlock(first: first, count: count))
      }
      return blocks
    }
    guard let kind = integer(value["kind"]).flatMap(TableState.Kind.init(rawValue:)), let start = value["start"]?.integerValue,
      let span = value["span"]?.integerValue, let rows = integer(value["rows"]), let revision = integer(value["largest_revision"]),
      let offsets = value["first_offsets"]?.arrayValue, let keyBlocks = blocks(value["key_blocks"]),
      let blobBlocks = blocks(value["blob_blocks"])
    else { return nil }
    var table = TableState(
      kind: kind, start: start, rowCount: rows, largestRevision: revision,
      firstOffsets: offsets.map { $0.integerValue ?? .max })
    table.span = span
    table.keyBlocks = keyBlocks
    table.blobBlocks = blobBlocks
    return table
  }
}
