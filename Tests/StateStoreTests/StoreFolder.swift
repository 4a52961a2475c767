import Foundation
import StateStore
import Testing

/// A folder of one test, gone at its end.
final class StoreFolder {
  let path: String
  var state: String { path + "/state" }
  var file: String { state + "/state.sqlite" }

  init() throws {
    path = NSTemporaryDirectory() + "penstock-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Copies database and log as a crash would leave them.
  func copy(to other: StoreFolder) throws {
    try FileManager.default.createDirectory(atPath: other.state, withIntermediateDirectories: true)
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: file + suffix) {
      try? FileManager.default.removeItem(atPath: other.file + suffix)
      try FileManager.default.copyItem(atPath: file + suffix, toPath: other.file + suffix)
    }
  }
}

/// splitmix64: the same figures on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What the store should hold, kept in memory.
struct StoreModel {
  var shards: [Int32: StoredShard] = [:]

  mutating func apply(_ checkpoint: ShardCheckpoint) {
    var pages = checkpoint.isFull ? [] : shards[checkpoint.shard]?.pages ?? []
    pages.removeAll { checkpoint.removedSlices.contains($0.slice) }
    for page in checkpoint.pages {
      pages.removeAll { $0.slice == page.slice && $0.kind == page.kind && $0.number == page.number }
      pages.append(page)
    }
    pages.sort { ($0.slice, $0.kind, $0.number) < ($1.slice, $1.kind, $1.number) }
    shards[checkpoint.shard] = StoredShard(n: checkpoint.n, body: checkpoint.body, pages: pages)
  }
}

func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
  (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// Some commit that changes, adds and removes pages of `shard`.
func randomCheckpoint(_ shard: Int32, n: Int64, pageBytes: Int = 2_000, _ generator: inout SeededGenerator) -> ShardCheckpoint {
  let isFull = n == 1 || Int.random(in: 0..<8, using: &generator) == 0
  let drawn = (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
    StoredPage(
      slice: Int64.random(in: -2...3, using: &generator) * 60_000, kind: Int.random(in: 0...1, using: &generator),
      number: Int.random(in: 0..<3, using: &generator), bytes: bytes(Int.random(in: 0...pageBytes, using: &generator), &generator))
  }
  // Each place once.
  let pages = drawn.enumerated().filter { index, page in
    !drawn[..<index].contains { $0.slice == page.slice && $0.kind == page.kind && $0.number == page.number }
  }.map(\.element)
  let removed = isFull ? [] : (0..<Int.random(in: 0..<2, using: &generator)).map { _ in Int64.random(in: -2...3, using: &generator) * 60_000 }
  return ShardCheckpoint(
    shard: shard, n: n, body: bytes(Int.random(in: 0...300, using: &generator), &generator), pages: pages, removedSlices: removed,
    isFull: isFull)
}

func page(_ slice: Int64, _ number: Int, _ bytes: [UInt8]) -> StoredPage { StoredPage(slice: slice, kind: 0, number: number, bytes: bytes) }

func full(_ shard: Int32, _ n: Int64, body: [UInt8] = [1], _ pages: [StoredPage] = []) -> ShardCheckpoint {
  ShardCheckpoint(shard: shard, n: n, body: body, pages: pages, removedSlices: [], isFull: true)
}

/// The code of the error that `body` must throw; its message names no path.
func code(_ body: () throws -> Void) -> StateStoreError.Code? {
  let error = #expect(throws: StateStoreError.self) { try body() }
  #expect(error?.message.contains("/") == false)
  return error?.code
}

extension CheckpointStore {
  /// A checkpoint that is valid at once. Returns the bytes written.
  @discardableResult
  func commit(_ checkpoints: [ShardCheckpoint], by owner: Int64 = 0) throws -> Int {
    let bytes = try storePending(checkpoints, by: owner)
    try promote(Dictionary(uniqueKeysWithValues: checkpoints.map { ($0.shard, $0.n) }), by: owner)
    return bytes
  }
}
