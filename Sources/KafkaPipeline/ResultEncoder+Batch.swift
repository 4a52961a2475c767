import RecordCodec
import StreamEngine

extension ResultEncoder {
  /// Result `index`, valid until the next call.
  func encode(_ results: ResultBatch, _ index: Int) -> UnsafeRawBufferPointer {
    let cell = index * results.aggregationCount
    return encode(
      key: results.keys[index], keyLength: Int(results.keyLengths[index]), windowStart: results.windowStarts[index],
      windowEnd: results.windowEnds[index], revision: results.revisions[index], final: results.flags[index] & ResultBatch.early == 0,
      retracted: results.flags[index] & ResultBatch.retracted != 0, sequence: results.sequences[index],
      cellKinds: UnsafePointer(results.cellKinds + cell), cellBits: UnsafePointer(results.cellBits + cell))
  }
}
