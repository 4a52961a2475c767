import StreamEngine
import Testing

@Suite("Snapshots and restored state")
struct StateTests {
  static let configuration = ExecutorConfiguration.small(
    lateness: 50, aggregations: ExecutorConfiguration.allFunctions, fields: 1)

  /// A shard with fired and open windows, short, empty and long keys, revisions, and pages that are full.
  static func busyExecutor() throws -> ShardExecutor {
    let executor = ShardExecutor(configuration: configuration, inputs: 2)
    var records = (0..<300).map { TestRecord(2, "key-\($0)", .int(Int64($0)), input: $0 % 2, offset: Int64($0)) }
    records.append(TestRecord(3, "", .double(0.5), input: 0, offset: 300))
    records.append(TestRecord(3, String(repeating: "long", count: 10_000), .double(1.5), input: 1, offset: 301))
    records.append(TestRecord(15, "later", .missing, input: 1, offset: 302))
    records.append(TestRecord(16, "later", .int(4), input: 0, offset: 303))
    _ = try executor.runBatch(records, now: 1_000)
    _ = try executor.runBatch([TestRecord(4, "key-7", .int(1), input: 0, offset: 304), TestRecord(4, "new", .int(1), input: 0, offset: 305)], now: 1_000)
    return executor
  }

  @Test("a restored executor goes on as the one that was copied")
  func roundTrip() throws {
    let executor = try StateTests.busyExecutor()
    let state = executor.snapshot(full: true)
    let restored = try ShardExecutor(configuration: StateTests.configuration, restoring: state)
    #expect(restored.snapshot(full: true) == state)
    #expect(restored.watermark == executor.watermark)
    #expect(restored.replayFrom(0) == 0)
    #expect(restored.replayFrom(1) == 1)
    #expect(restored.largestRevision == 2)
    #expect(restored.keyCount == 304)
    let more = [TestRecord(5, "key-7", .int(9), input: 1, offset: 400), TestRecord(200, "key-7", .int(9), input: 0, offset: 401)]
      + [TestRecord(200, "key-7", .int(9), input: 1, offset: 402)]
    let wanted = try executor.runBatch(more, now: 1_000)
    #expect(try restored.runBatch(more, now: 1_000) == wanted)
    #expect(wanted.joined().count > 1)
  }

  @Test("a delta holds the changed pages only, and firing changes none")
  func deltas() throws {
    let executor = try StateTests.busyExecutor()
    let full = executor.snapshot(full: true)
    #expect(full.isFull)
    #expect(full.pages.count > 4)
    #expect(executor.snapshot(full: false).pages.isEmpty)
    // A known key changes the page of its row and no page of keys.
    _ = try executor.runBatch([TestRecord(17, "later", .int(1), input: 0, offset: 500)], now: 1_000)
    let delta = executor.snapshot(full: false)
    #expect(!delta.isFull)
    #expect(delta.pages.map(\.tableStart) == [10])
    #expect(delta.pages.map(\.kind) == [.rows])
    #expect(delta.tables.count == full.tables.count)
    executor.markIdle(0, now: 0)
    executor.markIdle(1, now: 0)
    executor.advance(now: 20)
    #expect(try !executor.drainAll().isEmpty)
    let fired = executor.snapshot(full: false)
    #expect(fired.pages.isEmpty)
    #expect(fired.tables.count == full.tables.count)
    #expect(fired.removedTables.isEmpty)
    executor.advance(now: 50)
    #expect(executor.snapshot(full: false).removedTables == [0])
    #expect(executor.snapshot(full: false).removedTables.isEmpty)
  }

  @Test("state over the limits of a changed configuration is restored, and the next new key is refused")
  func overLimit() throws {
    let state = try StateTests.busyExecutor().snapshot(full: true)
    var tight = StateTests.configuration
    tight.maxStateBytes = 1_000
    tight.maxKeysPerSlice = 2
    let restored = try ShardExecutor(configuration: tight, restoring: state)
    #expect(restored.keyCount == 304)
    _ = try restored.runBatch([TestRecord(4, "key-7", .int(1))], now: 1_000)
    #expect(throws: StateLimitExceeded.self) { try restored.runBatch([TestRecord(4, "unknown", .int(1))], now: 1_000) }
  }

  @Test("a state with a part that does not fit is refused", arguments: Damage.all)
  func damaged(_ damage: Damage) throws {
    var state = try StateTests.busyExecutor().snapshot(full: true)
    damage.change(&state)
    #expect(throws: StateDamaged.self) { try ShardExecutor(configuration: StateTests.configuration, restoring: state) }
  }

  @Test("whatever stands in a state, it is refused or gives an executor that works")
  func anyDamage() throws {
    let good = try StateTests.busyExecutor().snapshot(full: true)
    var refused = 0
    for seed in 0..<600 {
      var random = SeededGenerator(state: UInt64(seed))
      var state = good
      for _ in 0...Int.random(in: 0...2, using: &random) { StateTests.spoil(&state, &random) }
      let restored: ShardExecutor
      do {
        restored = try ShardExecutor(configuration: StateTests.configuration, restoring: state)
      } catch {
        #expect(!error.message.isEmpty)
        refused += 1
        continue
      }
      #expect(throws: Never.self, "seed \(seed)") { try StateTests.use(restored) }
    }
    #expect(refused > 100)
    #expect(refused < 600)
  }

  /// Everything that touches state must end without a trap.
  private static func use(_ executor: ShardExecutor) throws {
    _ = try executor.drainAll(capacity: 100)
    if executor.inputTime(0) != executor.inputTime(1) { _ = executor.replayFrom(0) }
    let records = (0..<20).map { TestRecord(Int64($0), "key-\($0)", .int(.max), input: 0, offset: 1_000) }
    _ = try executor.runBatch(records + [TestRecord(.max, "z", .double(1), input: 0)], now: .max)
    let state = executor.snapshot(full: true)
    executor.markIdle(0, now: .min)
    executor.markIdle(1, now: 0)
    executor.advance(now: .max)
    _ = try executor.drainAll(capacity: 100)
    _ = try ShardExecutor(configuration: configuration, restoring: state)
  }

  private static func spoil(_ state: inout ShardState, _ random: inout SeededGenerator) {
    let odd: [Int64] = [.min, -1, 0, 1, 10, 1 << 31, 1 << 32, .max]
    func number() -> Int64 { odd.randomElement(using: &random) ?? 0 }
    let slice = Int.random(in: 0..<max(1, state.tables.count), using: &random)
    let page = Int.random(in: 0..<max(1, state.pages.count), using: &random)
    switch Int.random(in: 0..<18, using: &random) {
    case 0: state.watermark = random.chance(50) ? nil : number()
    case 1: state.allIdleSince = number()
    case 2: state.allIdleWatermark = number()
    case 3: state.inputs[0] = InputTime(watermark: number(), idle: random.chance(50))
    case 4: state.inputs.append(InputTime())
    case 5: state.inputs.removeLast(state.inputs.count > 2 ? 1 : 0)
    case 6 where !state.tables.isEmpty: state.tables[slice].start = number()
    case 7 where !state.tables.isEmpty: state.tables[slice].rowCount = Int(number())
    case 8 where !state.tables.isEmpty: state.tables[slice].kind = TableState.Kind.allCases.randomElement(using: &random) ?? .slice
    case 9 where !state.tables.isEmpty: state.tables[slice].largestRevision = Int(number())
    case 10 where !state.tables.isEmpty: state.tables[slice].firstOffsets = [number(), number()]
    case 11 where !state.tables.isEmpty: state.tables.remove(at: slice)
    case 12 where !state.pages.isEmpty: state.pages.remove(at: page)
    case 13 where !state.pages.isEmpty: state.pages[page].number = Int(number())
    case 14 where !state.pages.isEmpty: state.pages[page].bytes.removeLast(min(state.pages[page].bytes.count, 7))
    case 15 where !state.pages.isEmpty: state.pages[page].bytes += [1, 2, 3]
    default:
      // A flipped bit, most often in the header or the kinds of a row.
      guard page < state.pages.count, !state.pages[page].bytes.isEmpty else { return }
      let place = Int.random(in: 0..<min(state.pages[page].bytes.count, random.chance(70) ? 48 : .max), using: &random)
      state.pages[page].bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
  }
}

/// One way to damage the state of `StateTests.busyExecutor`, whose slices start at 0 (fired) and 10.
struct Damage: CustomTestStringConvertible, Sendable {
  var name: String
  var change: @Sendable (inout ShardState) -> Void
  var testDescription: String { name }

  init(_ name: String, _ change: @escaping @Sendable (inout ShardState) -> Void) {
    self.name = name
    self.change = change
  }

  static func rows(_ state: ShardState) -> Int { state.pages.firstIndex { $0.kind == .rows && $0.tableStart == 0 } ?? 0 }
  static func keys(_ state: ShardState) -> Int { state.pages.firstIndex { $0.kind == .keys && $0.tableStart == 0 } ?? 0 }

  static let all: [Damage] = [
    Damage("a delta") { $0.isFull = false },
    Damage("slices out of order") { $0.tables.reverse() },
    Damage("the same slice twice") { $0.tables.append($0.tables[1]) },
    Damage("a start between two windows") { $0.tables[0].start = -5 },
    Damage("too few first offsets") { $0.tables[0].firstOffsets.removeLast() },
    Damage("a negative first offset") { $0.tables[0].firstOffsets[0] = -1 },
    Damage("an input more") { $0.inputs.append(InputTime()) },
    Damage("a row too many") { $0.tables[0].rowCount += 1 },
    Damage("a negative number of rows") { $0.tables[0].rowCount = -1 },
    Damage("rows beyond all bounds") { $0.tables[0].rowCount = .max },
    Damage("a missing page of rows") { $0.pages.remove(at: rows($0)) },
    Damage("a missing page of keys") { $0.pages.remove(at: keys($0)) },
    Damage("a page twice") { $0.pages.append($0.pages[rows($0)]) },
    Damage("a page of no slice") { $0.pages[rows($0)].tableStart = 990 },
    Damage("a page number out of range") { $0.pages[rows($0)].number = 1_000 },
    Damage("a cut page of rows") { $0.pages[rows($0)].bytes.removeLast() },
    Damage("an empty page of rows") { $0.pages[rows($0)].bytes = [] },
    Damage("a cut page of keys") { $0.pages[keys($0)].bytes.removeLast() },
    Damage("a page of keys that is too long") { $0.pages[keys($0)].bytes += [UInt8](repeating: 0, count: 20_000) },
    Damage("a key on a page that is not there") { $0.pages[rows($0)].bytes[1] = 1 },
    Damage("a key behind the end of its page") { $0.pages[rows($0)].bytes[5] = 0xff },
    Damage("a key longer than its page") { $0.pages[rows($0)].bytes[9] = 0x30 },
    Damage("an enormous key") { $0.pages[rows($0)].bytes[11] = 0xff },
    Damage("unknown flags") { $0.pages[rows($0)].bytes[6] = 8 },
    Damage("an unknown kind of number") { $0.pages[rows($0)].bytes[24] = 3 },
    Damage("a key that stands there twice") { $0.pages[keys($0)].bytes[4] = UInt8(ascii: "1") },
  ]
}
