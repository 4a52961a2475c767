import CAllocationCounter
import RecordCodec
import Testing

/// What decoding, splitting and encoding allocate on the test's own thread once they are warm.
@Suite(.enabled(if: penstock_allocations_are_counted())) struct AllocationTests {
  /// Heap allocations of the second run of the body, its first being the warm-up.
  private func allocations(_ body: () -> Void) -> Int {
    body()
    let before = penstock_allocations_of_this_thread()
    body()
    return penstock_allocations_of_this_thread() - before
  }

  /// Filter, conditions, texts with escapes and a key of two fields.
  private func configuration(_ format: RecordFormat) -> RecordDecoderConfiguration {
    let slow = RecordFilter.any([
      .compare(FieldPath("n"), .greater, .double(99.5)), .isIn(FieldPath("s"), [.text("text 1"), .text("text 2")]),
    ])
    var configuration = RecordDecoderConfiguration(
      timestamp: .field(FieldPath("t"), .milliseconds), key: .fields([FieldPath("s"), FieldPath("n")], .plain),
      fields: [FieldColumn(FieldPath("n")), FieldColumn(FieldPath("s"), .scalar), FieldColumn(FieldPath("s"), .always, condition: slow)])
    configuration.format = format
    configuration.filter = .not(.compare(FieldPath("s"), .contains, .text("9")))
    return configuration
  }

  @Test("decoding allocates nothing: JSON and CSV, with filter, conditions and texts")
  func decoding() {
    let json = (0..<5_000).map { Input(#"{"t":\#($0),"n":\#($0 % 200).5,"s":"te\u0078t \#($0 % 50)","unused":[1,{"a":null}]}"#) }
    let csv = (0..<5_000).map { Input("\($0),\($0 % 200).5,\"text \"\"\($0 % 50)\"\"\",unused\r\n") }
    for (inputs, format) in [(json, RecordFormat.json), (csv, .csv(columns: ["t", "n", "s", "unused"], delimiter: UInt8(ascii: ",")))] {
      let decoder = RecordDecoder(configuration(format))
      let batch = BatchArrays(inputs, fieldCount: 3)
      #expect(allocations { decoder.decode(batch.columns, latestTimestamp: .max) } == 0)
      let filtered = (0..<inputs.count).count { batch.columns.status[$0] == RecordBatchColumns.filtered }
      #expect(filtered == 500 && (0..<inputs.count).allSatisfy { [0, RecordBatchColumns.filtered].contains(batch.columns.status[$0]) })
    }
  }

  @Test("splitting lines allocates nothing")
  func splitting() {
    let value = Array(String(repeating: "{\"a\":1}\n", count: 5_000).utf8)
    let splitter = LineSplitter(capacity: 512)
    var lines = 0
    let made = value.withUnsafeBufferPointer { bytes in
      withUnsafePointer(to: bytes.baseAddress) { values in
        withUnsafePointer(to: Int32(bytes.count)) { lengths in
          withUnsafePointer(to: Int64(7)) { number in
            let records = RecordPointers(
              count: 1, values: values, valueLengths: lengths, keys: values, keyLengths: lengths, timestamps: number, offsets: number,
              partitions: lengths)
            return allocations {
              splitter.begin()
              while splitter.next(records) { lines += splitter.count }
            }
          }
        }
      }
    }
    #expect(made == 0)
    #expect(lines == 2 * 5_000)
  }

  @Test("encoding results allocates nothing, texts and optional members with them")
  func encoding() {
    let encoder = ResultEncoder(memberNames: ["n", "d", "s", "b", "none"], writesFinal: true)
    let key = Array("key".utf8)
    let text = [7, 0, 0, 0] + Array("a\"b\\c\ne".utf8)
    let kinds: [UInt8] = [1, 2, 3, 4, 0]
    var length = 0
    let made = text.withUnsafeBytes { text in
      let bits: [UInt64] = [5, 2.5.bitPattern, UInt64(UInt(bitPattern: text.baseAddress)), 1, 0]
      return key.withUnsafeBufferPointer { key in
        kinds.withUnsafeBufferPointer { kinds in
          bits.withUnsafeBufferPointer { bits in
            allocations {
              for revision in 1...1_000 {
                length += encoder.encode(
                  key: key.baseAddress, keyLength: key.count, windowStart: 0, windowEnd: 1, revision: Int64(revision), final: false,
                  retracted: true, sequence: 9, cellKinds: kinds.baseAddress!, cellBits: bits.baseAddress!
                ).count
              }
            }
          }
        }
      }
    }
    #expect(made == 0)
    #expect(length > 100_000)
  }

  @Test("the counter counts")
  func counter() {
    #expect(allocations { _ = BatchArrays([Input("{}")], fieldCount: 1) } > 0)
  }
}
