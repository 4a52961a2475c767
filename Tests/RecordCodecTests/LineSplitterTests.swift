import RecordCodec
import Testing

/// A record, and a line of one, by content.
private struct Line: Equatable {
  var value: [UInt8]?
  var key: [UInt8]?
  var timestamp: Int64
  var offset: Int64
  var partition: Int32
}

/// Parallel arrays of a batch in blocks of their exact size.
private final class SplitBatch {
  let records: RecordPointers
  private var blocks: [UnsafeMutableRawPointer] = []

  init(_ lines: [Line]) {
    var blocks: [UnsafeMutableRawPointer] = []
    func array<T>(_ elements: [T]) -> UnsafeMutablePointer<T> {
      let memory = UnsafeMutablePointer<T>.allocate(capacity: elements.count)
      memory.initialize(from: elements, count: elements.count)
      blocks.append(UnsafeMutableRawPointer(memory))
      return memory
    }
    records = RecordPointers(
      count: lines.count, values: array(lines.map { $0.value.map { UnsafePointer(array($0)) } }),
      valueLengths: array(lines.map { Int32($0.value?.count ?? 0) }), keys: array(lines.map { $0.key.map { UnsafePointer(array($0)) } }),
      keyLengths: array(lines.map { Int32($0.key?.count ?? 0) }), timestamps: array(lines.map(\.timestamp)),
      offsets: array(lines.map(\.offset)), partitions: array(lines.map(\.partition)))
    self.blocks = blocks
  }

  deinit {
    for block in blocks { block.deallocate() }
  }
}

@Suite struct LineSplitterTests {
  private func bytes(_ pointer: UnsafePointer<UInt8>?, _ count: Int32) -> [UInt8]? {
    pointer.map { Array(UnsafeBufferPointer(start: $0, count: Int(count))) }
  }

  /// All lines, chunk by chunk; every chunk but the last must be full.
  private func split(_ records: [Line], _ splitter: LineSplitter) -> [Line] {
    let batch = SplitBatch(records)
    var lines: [Line] = []
    var wasFull = true
    splitter.begin()
    while splitter.next(batch.records) {
      #expect(wasFull && splitter.count <= splitter.capacity)
      wasFull = splitter.count == splitter.capacity
      for index in 0..<splitter.count {
        lines.append(
          Line(
            value: bytes(splitter.values[index], splitter.valueLengths[index]), key: bytes(splitter.keys[index], splitter.keyLengths[index]),
            timestamp: splitter.timestamps[index], offset: splitter.offsets[index], partition: splitter.partitions[index]))
      }
    }
    #expect(!splitter.next(batch.records) && splitter.count == 0)
    return withExtendedLifetime(batch) { lines }
  }

  private func record(_ value: [UInt8]?, offset: Int64 = 7) -> Line {
    Line(value: value, key: Array("key".utf8), timestamp: 1_000 + offset, offset: offset, partition: 3)
  }

  private func texts(_ value: String) -> [String] {
    split([record(Array(value.utf8))], LineSplitter(capacity: 4)).map { String(decoding: $0.value!, as: UTF8.self) }
  }

  @Test(
    "a line ends at LF, CRLF or the value's end; blank ones are passed over",
    arguments: [
      ("a", ["a"]), ("a\n", ["a"]), ("a\r\n", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("a\n\n\nb\n\n", ["a", "b"]),
      ("\n\r\n \t\na", ["a"]), (" a \n\tb", [" a ", "\tb"]), ("a\rb", ["a\rb"]), ("a\r\r\nb", ["a\r", "b"]), ("a\u{B}\n\u{B}", ["a\u{B}", "\u{B}"]),
      ("é\n🎉", ["é", "🎉"]), ("a\n\0", ["a", "\0"]), ("1\n2\n3\n4\n5\n6\n7\n8\n9", (1...9).map { "\($0)" }),
    ])
  func lines(value: String, expected: [String]) {
    #expect(texts(value) == expected)
  }

  @Test("a record without a line gives one that decodes as what it is, and its neighbours lose nothing")
  func noLines() {
    var configuration = RecordDecoderConfiguration.columns([])
    configuration.format = .jsonLines
    let records = [nil, "", "\n", " \r\n\t\n ", "{}\n{}", nil, ""].enumerated().map { record($1.map { Array($0.utf8) }, offset: Int64($0)) }
    for capacity in 1...9 {
      let lines = split(records, LineSplitter(capacity: capacity))
      #expect(lines.map(\.offset) == [0, 1, 2, 3, 4, 4, 5, 6])
      #expect(
        DecodeHarness(configuration).decode(lines.map { Input(value: $0.value) }).map(\.failure)
          == [.tombstone, .empty, .empty, .empty, nil, nil, .tombstone, .empty])
    }
  }

  @Test("a Schema Registry's prefix is passed over, also one whose number holds a line feed; only in front of the first line")
  func prefix() {
    #expect(split([record([0, 0, 0, 0, 10] + Array("a\nb".utf8))], LineSplitter(capacity: 8)).map(\.value) == [Array("a".utf8), Array("b".utf8)])
    #expect(split([record([0, 10, 10, 10, 10] + Array("\n\na".utf8))], LineSplitter(capacity: 8)).map(\.value) == [Array("a".utf8)])
    #expect(split([record([0, 10, 10, 10, 10])], LineSplitter(capacity: 8)).map(\.value) == [[]])
    #expect(split([record([0, 0, 0, 0])], LineSplitter(capacity: 8)).map(\.value) == [[0, 0, 0, 0]])
    #expect(split([record(Array("a\n".utf8) + [0, 1, 2, 3, 4, 5])], LineSplitter(capacity: 8)).map(\.value) == [Array("a".utf8), [0, 1, 2, 3, 4, 5]])
  }

  @Test("an empty batch has no lines, and a splitter of no capacity takes one line at a time")
  func nothing() {
    #expect(split([], LineSplitter(capacity: 4)).isEmpty)
    #expect(LineSplitter(capacity: 0).capacity == 1)
    #expect(texts("a\nb").count == 2)
  }

  private func plainLines(_ value: [UInt8]) -> [[UInt8]] {
    var parts = value.split(separator: 0x0A, omittingEmptySubsequences: false)
    // The last part is not ended by a line feed, so a carriage return is no part of one.
    let last = parts.removeLast()
    return (parts.map { $0.last == 0x0D ? $0.dropLast() : $0 } + [last]).map { Array($0) }
      .filter { line in !line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
  }

  @Test("300 random batches split into the same lines at every chunk size, each with what its record has")
  func chunks() {
    var random = SeededGenerator(seed: 31)
    let pieces = ["\n", "\n", "\r\n", "\r", " ", "{}", "{\"a\":1}", "x", "é", "\t"]
    for _ in 0..<300 {
      let records = (0..<Int.random(in: 0...5, using: &random)).map { index -> Line in
        let value: [UInt8]? =
          Int.random(in: 0..<8, using: &random) == 0
          ? nil : Array((0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined().utf8)
        let key: [UInt8]? = Bool.random(using: &random) ? nil : Array("key\(index)".utf8.prefix(Int.random(in: 0...4, using: &random)))
        return Line(
          value: value, key: key, timestamp: Int64.random(in: -1...5_000, using: &random), offset: Int64(100 + index),
          partition: Int32.random(in: 0...3, using: &random))
      }
      let expected = records.flatMap { record -> [Line] in
        let lines = plainLines(record.value ?? [])
        let values: [[UInt8]?] = lines.isEmpty ? [record.value == nil ? nil : []] : lines
        return values.map { value in
          var line = record
          line.value = value
          return line
        }
      }
      for capacity in 1...(expected.count + 2) { #expect(split(records, LineSplitter(capacity: capacity)) == expected) }
    }
  }

  @Test("a batch may be left in the middle and the next one begun")
  func abandoned() {
    let splitter = LineSplitter(capacity: 1)
    let batch = SplitBatch([record(Array("a\nb\nc".utf8))])
    splitter.begin()
    #expect(splitter.next(batch.records) && splitter.next(batch.records))
    #expect(split([record(Array("d\ne".utf8))], splitter).map(\.value) == [Array("d".utf8), Array("e".utf8)])
    withExtendedLifetime(batch) {}
  }

  @Test("a MiB of blank lines and one of short lines are split in a time that grows with their length")
  func large() {
    let blanks = [UInt8](repeating: 0x0A, count: 1 << 20)
    #expect(split([record(blanks)], LineSplitter(capacity: 16)).map(\.value) == [[]])
    #expect(split([record(blanks + [0x61])], LineSplitter(capacity: 16)).map(\.value) == [[0x61]])
    let short = [UInt8]((0..<(1 << 17)).flatMap { _ in [0x61, 0x0A] })
    #expect(split([record(short)], LineSplitter(capacity: 10_000)).count == 1 << 17)
  }
}
