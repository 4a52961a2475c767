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
  }

  static let format: Int64 = 1

  var storeID: String
  var signature: String
  var watermark: Int64?
  var allIdleSince: Int64?
  var allIdleWatermark: Int64?
  /// In the order of the executor's inputs.
  var inputs: [Input]
  var slices: [SliceState]

  func serialized() -> [UInt8] {
    func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    let inputs = inputs.map { input -> JSONValue in
      [
        "topic": .string(input.partition.topic), "partition": .integer(Int64(input.partition.partition)),
        "next_offset": .integer(input.next), "watermark": number(input.time.watermark), "idle": .bool(input.time.idle),
        "last_record_at": number(input.lastRecordAt),
      ]
    }
    let slices = slices.map { slice -> JSONValue in
      [
        "start": .integer(slice.start), "rows": .integer(Int64(slice.rowCount)), "key_bytes": .integer(Int64(slice.keyBytes)),
        "fired": .bool(slice.fired), "largest_revision": .integer(Int64(slice.largestRevision)),
        "first_offsets": .array(slice.firstOffsets.map { $0 == .max ? .null : .integer($0) }),
      ]
    }
    let document: JSONValue = [
      "format": .integer(Self.format), "store_id": .string(storeID), "signature": .string(signature),
      "watermark": number(watermark), "all_idle_since": number(allIdleSince), "all_idle_watermark": number(allIdleWatermark),
      "inputs": .array(inputs), "slices": .array(slices),
    ]
    return document.serialized()
  }

  init(
    storeID: String, signature: String, watermark: Int64?, allIdleSince: Int64?, allIdleWatermark: Int64?, inputs: [Input],
    slices: [SliceState]
  ) {
    self.storeID = storeID
    self.signature = signature
    self.watermark = watermark
    self.allIdleSince = allIdleSince
    self.allIdleWatermark = allIdleWatermark
    self.inputs = inputs
    self.slices = slices
  }

  /// nil: not a body that this version wrote.
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONValue.parse(bytes), document["format"]?.integerValue == Self.format,
      let storeID = document["store_id"]?.stringValue, let signature = document["signature"]?.stringValue,
      let inputValues = document["inputs"]?.arrayValue, let sliceValues = document["slices"]?.arrayValue
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
          lastRecordAt: value["last_record_at"]?.integerValue))
    }
    guard Set(inputs.map(\.partition)).count == inputs.count else { return nil }
    var slices: [SliceState] = []
    for value in sliceValues {
      guard let start = value["start"]?.integerValue, let rows = value["rows"]?.integerValue.flatMap({ Int(exactly: $0) }),
        let keyBytes = value["key_bytes"]?.integerValue.flatMap({ Int(exactly: $0) }), let fired = value["fired"]?.boolValue,
        let revision = value["largest_revision"]?.integerValue.flatMap({ Int(exactly: $0) }),
        let offsets = value["first_offsets"]?.arrayValue, offsets.count == inputs.count
      else { return nil }
      slices.append(
        SliceState(
          start: start, rowCount: rows, keyBytes: keyBytes, fired: fired, largestRevision: revision,
          firstOffsets: offsets.map { $0.integerValue ?? .max }))
    }
    self.init(
      storeID: storeID, signature: signature, watermark: document["watermark"]?.integerValue,
      allIdleSince: document["all_idle_since"]?.integerValue, allIdleWatermark: document["all_idle_watermark"]?.integerValue,
      inputs: inputs, slices: slices)
  }
}
