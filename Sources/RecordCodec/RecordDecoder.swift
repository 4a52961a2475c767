import CSimdJSON

/// Decodes batches of records to columns of chosen fields. One per lane: it owns scratch memory and the bytes of the batch's keys
/// and texts.
///
/// The whole record is checked, wanted parts or not: one object in valid UTF-8, JSON's grammar throughout, nesting of at most
/// `maxDepth`, at most `maxRecordBytes`; or one line of CSV with as many fields as columns. Raw records are not looked into, so
/// that a path finds nothing there, and an empty one is as good as any. Of several faults the first of document, timestamp, key, fields is reported, within
/// each the one that stands first in `DecodeFailure`. Of duplicate members the last counts. After warm-up a batch allocates
/// nothing, unless it holds a record, or keys and texts, of more than a MiB.
///
/// Numbers: a whole number without fraction and exponent that fits is an integer (`-0` is 0), any other finite one the nearest
/// double, what is too small for a double 0, what is too large `numberOutOfRange`. Timestamps are scaled in decimal, so that
/// `1.123` s is 1,123 ms, and floored. `rfc3339` texts are read as `RFC3339.milliseconds` says.
///
/// The bytes of keys and texts stay valid until the next `decode` or the decoder's end. A record with a failure has timestamp 0,
/// a nil key and missing cells. No record carries a watermark.
package final class RecordDecoder: RecordDecoding {
  package static let maxRecordBytes = Int(PSJ_MAX_RECORD_BYTES)
  package static let maxDepth = Int(PSJ_MAX_DEPTH)
  package static let maxKeyBytes = Int(PSJ_MAX_KEY_BYTES)

  private let handle: OpaquePointer
  package var events: UnsafeRawPointer? { nil }

  package init(_ configuration: RecordDecoderConfiguration) {
    handle = psj_decoder_create()
    setFormat(configuration.format)
    if case .field(let path, let unit) = configuration.timestamp {
      path.text.withBytes { psj_decoder_set_timestamp(handle, $0, $1, unit.code) }
    }
    if case .fields(let paths, let rendering) = configuration.key {
      psj_decoder_set_key(handle, rendering.code)
      for path in paths { path.text.withBytes { psj_decoder_add_key_field(handle, $0, $1) } }
    }
    if let filter = configuration.filter { psj_decoder_set_filter(handle, filter.compile(into: handle)) }
    for column in configuration.fields {
      let condition = column.condition?.compile(into: handle) ?? Int32(PSJ_HOLDS)
      column.path.text.withBytes { psj_decoder_add_column(handle, $0, $1, column.kind.code, condition) }
    }
  }

  private func setFormat(_ format: RecordFormat) {
    switch format {
    case .json: psj_decoder_set_format(handle, Int32(PSJ_FORMAT_JSON), 0)
    case .jsonLines: psj_decoder_set_format(handle, Int32(PSJ_FORMAT_BARE_JSON), 0)
    case .raw: psj_decoder_set_format(handle, Int32(PSJ_FORMAT_RAW), 0)
    case .csv(let columns, let delimiter):
      psj_decoder_set_format(handle, Int32(PSJ_FORMAT_CSV), delimiter)
      for name in columns { name.withBytes { psj_decoder_add_csv_column(handle, $0, $1) } }
    }
  }

  deinit { psj_decoder_destroy(handle) }

  /// Fills the out arrays of the batch. A record with an event time after `latestTimestamp` (ms) is `timestampInFuture`.
  package func decode(_ columns: RecordBatchColumns, latestTimestamp: Int64) {
    var batch = psj_batch(
      count: Int64(columns.count), values: columns.values, value_lengths: columns.valueLengths,
      record_keys: columns.recordKeys, record_key_lengths: columns.recordKeyLengths,
      record_timestamps: columns.recordTimestamps, timestamps: columns.timestamps, keys: columns.keys,
      key_lengths: columns.keyLengths, status: columns.status, cell_kinds: columns.cellKinds, cell_bits: columns.cellBits,
      stride: Int64(columns.stride), latest_timestamp: latestTimestamp)
    psj_decoder_decode(handle, &batch)
    columns.watermarks?.update(repeating: .min, count: columns.count)
  }
}

extension String {
  func withBytes<Result>(_ body: (UnsafePointer<UInt8>?, Int) -> Result) -> Result {
    Array(utf8).withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
  }
}

extension FieldColumn.Kind {
  fileprivate var code: Int32 {
    switch self {
    case .numeric: Int32(PSJ_COLUMN_NUMERIC)
    case .presence: Int32(PSJ_COLUMN_PRESENCE)
    case .scalar: Int32(PSJ_COLUMN_SCALAR)
    case .always: Int32(PSJ_COLUMN_ALWAYS)
    }
  }
}

extension TimestampUnit {
  fileprivate var code: Int32 {
    switch self {
    case .seconds: Int32(PSJ_TIME_SECONDS)
    case .milliseconds: Int32(PSJ_TIME_MILLISECONDS)
    case .microseconds: Int32(PSJ_TIME_MICROSECONDS)
    case .nanoseconds: Int32(PSJ_TIME_NANOSECONDS)
    case .rfc3339: Int32(PSJ_TIME_RFC3339)
    }
  }
}

extension KeyRendering {
  fileprivate var code: Int32 {
    switch self {
    case .plain: Int32(PSJ_KEY_PLAIN)
    case .session: Int32(PSJ_KEY_SESSION)
    case .model: Int32(PSJ_KEY_MODEL)
    case .user: Int32(PSJ_KEY_USER)
    case .composite: Int32(PSJ_KEY_COMPOSITE)
    }
  }
}
