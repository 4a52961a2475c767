import PipelineSpec
import RecordCodec
import Testing

/// SplitMix64: the same documents in every run.
struct Generator {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }

  mutating func pick<T>(_ items: [T]) -> T { items[next(items.count)] }

  static let words = [
    "", "a", "count", "avg(x)", "p99(x)", "avg(", "kafka", "partition", "global", "tumbling", "sliding", "ms", "rfc3339", "a:1", "h",
    "[::1]:1", "\u{0}", "\u{301}", ".", "a..b", "é", "🙂", "${env:X}", "earliest", "latest", "json", "on_close", "ssl", "-1", "inf",
    "99999999999999999999", "(", ")", ")(", "x(y)z", ",", "composite", "~/", "true", "percentile(", "count()",
    "session", "jsonl", "csv", "raw", "early", "now", ";", "==", "!=", "<", ">=", "in", "exists", "contains", "starts_with", "rate", "first(x)",
    "percentile(99.9, x)", "stddev(x)", "percentile", "count / n", "n", "-(1 + `n`) * 2", "ascending", "manual",
  ]
  static let names = [
    "name", "desired", "labels", "kafka", "brokers", "input_topics", "consumer_config", "producer_config", "event", "timestamp", "key",
    "from", "field", "fields", "scope", "window", "size_ms", "offset_ms", "aggregations", "as", "function", "linger.ms", "buffer.memory",
    "receive.buffer.bytes", "sasl.password", "start_at", "timestamp_ms", "parallelism", "buffer_size", "x", "", "~", "stop_at",
    "security.protocol", "fetch.max.bytes", "labels", "limits", "max_keys",
    "type", "slide_ms", "gap_ms", "count", "max_age_ms", "max_drift_ms", "format", "columns", "delimiter", "filter", "where", "any", "all", "not",
    "op", "value", "p", "population", "expression", "when", "every_ms", "emit", "watermark", "strategy", "allowed_lateness_ms",
  ]
  static let numbers: [JSONValue] = [
    0, 1, -1, .integer(.max), .integer(.min), 60_000, 1.5, 1e300, -1e300, .double(9.223372036854775807e18), 100_000, 512, 99.9, 50,
  ]

  mutating func value(depth: Int) -> JSONValue {
    switch next(depth > 0 ? 8 : 5) {
    case 0: return .null
    case 1: return .bool(next(2) == 0)
    case 2: return pick(Self.numbers)
    case 3, 4: return .string(pick(Self.words))
    case 5: return .array((0..<next(4)).map { _ in value(depth: depth - 1) })
    default: return .object((0..<next(5)).map { _ in JSONValue.Member(pick(Self.names), value(depth: depth - 1)) })
    }
  }

  /// `value` with something in it changed, removed or added.
  mutating func mutate(_ value: JSONValue) -> JSONValue {
    if next(6) == 0 { return self.value(depth: 2) }
    switch value {
    case .object(var members):
      switch next(6) {
      case 0 where !members.isEmpty: members.remove(at: next(members.count))
      case 1: members.append(.init(pick(Self.names), self.value(depth: 2)))
      case _ where !members.isEmpty:
        let index = next(members.count)
        members[index].value = mutate(members[index].value)
      default: break
      }
      return .object(members)
    case .array(var items):
      if items.isEmpty || next(3) == 0 {
        items.append(self.value(depth: 1))
      } else {
        let index = next(items.count)
        items[index] = mutate(items[index])
      }
      return .array(items)
    default: return self.value(depth: 1)
    }
  }
}

@Suite("Random documents")
struct RandomDocumentTests {
  @Test("4,000 random valid documents mean the same in their long form, whatever members of the spec they use")
  func valid() throws {
    var generator = Generator(state: 5)
    var shapes = Set<String>()
    for round in 0..<4_000 {
      let document = generator.validDocument()
      let spec: PipelineSpec
      do throws(SpecFaults) { spec = try Fixtures.parse(document) } catch {
        Issue.record("round \(round): \(error.faults)")
        continue
      }
      let long = try Fixtures.parse(try JSONValue.parse(spec.normalized.serialized()))
      #expect(long.compiled == spec.compiled, "round \(round)")
      #expect(long.normalized == spec.normalized, "round \(round)")
      #expect(PipelineSpec.effect(from: spec, to: long) == .none, "round \(round)")
      shapes.insert("\(spec.normalized["window"]?["type"] ?? .null) \(spec.normalized["event"]?["format"] ?? .null)")
    }
    #expect(shapes.count == 16)
  }

  @Test("20,000 random documents end in a spec that reads itself back, or in faults that point somewhere")
  func random() throws {
    var generator = Generator(state: 4)
    var valid = 0
    var codes = Set<String>()
    for round in 0..<20_000 {
      var document = round % 4 == 0 ? generator.value(depth: 4) : generator.pick(Fixtures.all)
      if round % 4 != 0 { for _ in 0...generator.next(3) { document = generator.mutate(document) } }
      do throws(SpecFaults) {
        let name = generator.next(3) == 0 ? generator.pick(["latency", "x", ""]) : nil
        var spec = try Fixtures.parse(document, name: name)
        valid += 1
        spec.desired = nil
        let again = try Fixtures.parse(spec.document)
        let long = try Fixtures.parse(spec.normalized)
        #expect(again == spec, "round \(round)")
        #expect(long.compiled == spec.compiled, "round \(round)")
        #expect(PipelineSpec.effect(from: spec, to: long) == .none, "round \(round)")
      } catch {
        #expect(!error.faults.isEmpty, "round \(round)")
        for fault in error.faults {
          codes.insert(fault.code)
          #expect(fault.pointer.isEmpty || fault.pointer.hasPrefix("/"), "round \(round)")
          #expect(SpecFaultCode(rawValue: fault.code) != nil, "round \(round): \(fault.code)")
        }
      }
    }
    // Otherwise the documents test nothing.
    #expect(valid > 200)
    #expect(codes.count >= 10)
  }
}
