import Foundation
import RecordCodec
import Testing

@Suite struct RecordPropertyTests {
  @Test("5,000 generated records decode to what they were made of, one by one, in batches and in larger batches")
  func generated() {
    var generator = RecordGenerator(seed: 20_260_102)
    let records = (0..<5_000).map { _ in generator.next() }
    let expected = records.map(\.expected)
    // The generator must make both kinds, or this test says little.
    #expect(expected.count { $0.failure == nil } > 3_000)
    #expect(Set(expected.map(\.failure)).isSuperset(of: [nil, .missingKey, .badKey, .badField, .numberOutOfRange]))

    let harness = DecodeHarness(RecordGenerator.configuration)
    let inputs = records.map { Input(value: $0.text) }
    for size in [1, 7, 1_000, 5_000] {
      var decoded: [Decoded] = []
      for start in stride(from: 0, to: inputs.count, by: size) {
        decoded += harness.decode(Array(inputs[start..<min(start + size, inputs.count)]))
      }
      for (index, pair) in zip(decoded, expected).enumerated() where pair.0 != pair.1 {
        Issue.record("\(String(decoding: records[index].text, as: UTF8.self)) gave \(pair.0), not \(pair.1)")
        return
      }
      #expect(decoded.count == expected.count)
    }
  }

  @Test("a record cut short at any byte is never good")
  func truncated() {
    var generator = RecordGenerator(seed: 5)
    let harness = DecodeHarness(RecordGenerator.configuration)
    var records = (0..<40).map { _ in generator.next().text }
    records.append(Array(#"{"ts":5,"id":"x","tag":{"name":"é🎉"},"a":1,"list":[1,{"n":2.5e3}],"z":"\u00e9\\","y":[[],{}]}"#.utf8))
    for record in records {
      var end = record.count
      while [0x20, 0x0A, 0x0D, 0x09].contains(record[end - 1]) { end -= 1 }
      let decoded = harness.decode((0..<end).map { Input(value: Array(record[..<$0])) })
      let reasons = Set(decoded.map(\.failure))
      #expect(reasons.isSubset(of: [.empty, .notJSON, .notUTF8]), "\(String(decoding: record, as: UTF8.self)): \(reasons)")
    }
  }

  @Test("of 20,000 damaged records those pass the document check that a strict parser takes, and none does harm")
  func damaged() throws {
    var generator = RecordGenerator(seed: 77)
    var random = SeededGenerator(seed: 78)
    let harness = DecodeHarness(RecordGenerator.configuration)
    let documentFaults: Set<DecodeFailure> = [.tombstone, .empty, .notUTF8, .notJSON, .tooDeep]
    var passed = 0
    for _ in 0..<200 {
      let mutants = (0..<100).map { _ in mutate(generator.next().text, &random) }
      let decoded = harness.decode(mutants.map { Input(value: $0) })
      for (mutant, result) in zip(mutants, decoded) {
        let takes = !(result.failure.map(documentFaults.contains) ?? false)
        passed += takes ? 1 : 0
        let text = String(decoding: mutant, as: UTF8.self)
        #expect(takes == strictlyValid(mutant), "\(text): \(String(describing: result.failure))")
        #expect((result.failure == .notUTF8) == (String(validating: mutant, as: UTF8.self) == nil), "\(text)")
      }
    }
    #expect(passed > 1_000 && passed < 15_000)
  }

  /// Whether our other parser, which shares no code with the decoder, sees one object; what that one refuses beyond grammar
  /// (numbers beyond double, lone surrogates) is looked up in Foundation's.
  private func strictlyValid(_ bytes: [UInt8]) -> Bool {
    do {
      return try JSONValue.parse(bytes, maxDepth: 500).objectMembers != nil
    } catch {
      if error.message.contains("too large") {
        // Far-out exponents made small: the grammar stays.
        let text = String(decoding: bytes, as: UTF8.self).replacing(/([eE][+-]?)[0-9]+/) { "\($0.1)1" }
        return strictlyValid(Array(text.utf8))
      }
      if error.message.contains("surrogate") {
        let text = String(decoding: bytes, as: UTF8.self).replacing(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/, with: "x")
        return strictlyValid(Array(text.utf8))
      }
      return false
    }
  }

  private func mutate(_ record: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = record
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes.remove(at: at)
      case 2: bytes.insert(bytes[at], at: at)
      case 3: bytes[at] = Array("{}[]:,\"\\ 0-.eEtfnu".utf8).randomElement(using: &random)!
      case 4: bytes.insert(Array("{}[]:,\"\\ 0-.eEtfnu".utf8).randomElement(using: &random)!, at: at)
      case 5: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
      default:
        let end = min(bytes.count, at + Int.random(in: 1...8, using: &random))
        bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
      }
    }
    return bytes
  }

  @Test("speed: how long a record of about 130 bytes takes (printed, not judged)")
  func speed() {
    let configuration = RecordDecoderConfiguration(
      timestamp: .field(FieldPath("timestamp"), .milliseconds), key: .fields([FieldPath("model")], .model),
      fields: [FieldColumn(FieldPath("latency_ms"))])
    let count = 8_192
    let records = (0..<count).map {
      Array(
        "{\"timestamp\":\(1_700_000_000_000 + $0),\"model\":\"model-\($0 % 50)\",\"region\":\"eu-west-1\",\"latency_ms\":\($0 % 900).25,\"tokens\":\($0 % 4_000),\"status\":200,\"user\":\"u\"}".utf8)
    }
    let batch = BatchArrays(records.map { Input(value: $0, key: nil) }, fieldCount: 1)
    let decoder = RecordDecoder(configuration)
    let clock = ContinuousClock()
    let best = (0..<5).map { _ in clock.measure { decoder.decode(batch.columns, latestTimestamp: .max) } }.min()!
    #expect((0..<count).allSatisfy { batch.columns.status[$0] == 0 })
    let nanoseconds = Double(best.components.attoseconds) / 1e9 / Double(count)
    print("decode: \(Int(nanoseconds)) ns per record of \(records[0].count) bytes")
  }
}
