import Foundation
import StateStore
import Testing

@Suite struct CheckpointStoreTests {
  @Test("a new store is empty, and its folder is for its owner alone")
  func empty() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    #expect(try store.heads().isEmpty)
    #expect(try store.load(shard: 0) == nil)
    let folderMode = try FileManager.default.attributesOfItem(atPath: folder.state)[.posixPermissions] as? Int
    let fileMode = try FileManager.default.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int
    #expect(folderMode == 0o700)
    #expect(fileMode == 0o600)
  }

  @Test("what was committed in full, in part and by removal is read back byte for byte, before and after opening again")
  func roundTrip() throws {
    let folder = try StoreFolder()
    var generator = SeededGenerator(state: 7)
    var model = StoreModel()
    var store = try CheckpointStore(directory: folder.state)
    for n in Int64(1)...120 {
      let checkpoints = [Int32(0), 5, .max].map { randomCheckpoint($0, n: n, pageBytes: 40_000, &generator) }
      let written = try store.commit(checkpoints)
      #expect(written == checkpoints.reduce(0) { $0 + $1.body.count + $1.pages.reduce(0) { $0 + $1.bytes.count } })
      for checkpoint in checkpoints { model.apply(checkpoint) }
      if n % 10 == 0 {
        store.close()
        store = try CheckpointStore(directory: folder.state)
      }
      if n % 7 == 0 {
        for (shard, state) in model.shards { #expect(try store.load(shard: shard) == state) }
      }
    }
    #expect(try store.heads() == [0: 120, 5: 120, .max: 120])
    for (shard, state) in model.shards { #expect(try store.load(shard: shard) == state) }
  }

  @Test("a slice that ended and began again within one commit has only its new pages")
  func removedThenBegunAgain() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 1, [page(0, 0, [1]), page(0, 1, [2]), page(60, 0, [3])])])
    try store.commit([ShardCheckpoint(shard: 1, n: 2, body: [2], pages: [page(0, 0, [9])], removedSlices: [0], isFull: false)])
    #expect(try store.load(shard: 1) == StoredShard(n: 2, body: [2], pages: [page(0, 0, [9]), page(60, 0, [3])]))
  }

  @Test("an n that is not above the shard's last one is refused, and none of that commit stays")
  func order() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 5)])
    for n in [Int64(5), 4, 0, -1, .min] {
      let error = #expect(throws: StateStoreError.self) { try store.commit([full(2, 9), full(1, n, body: [7])]) }
      #expect(error?.code == .outOfOrder)
    }
    #expect(try store.heads() == [1: 5])
    #expect(try store.load(shard: 1)?.body == [1])
    try store.commit([full(1, 6)])
    #expect(try store.heads() == [1: 6])
  }

  @Test("erase drops every shard, and n may begin anew")
  func erase() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 5, [page(0, 0, [1])]), full(2, 5)])
    try store.erase()
    #expect(try store.heads().isEmpty)
    #expect(try store.load(shard: 1) == nil)
    try store.commit([full(1, 1)])
    store.close()
    let again = try CheckpointStore(directory: folder.state)
    #expect(try again.load(shard: 1) == StoredShard(n: 1, body: [1], pages: []))
  }

  @Test("a closed store says so, and closing twice does nothing")
  func closed() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    store.close()
    store.close()
    for call in [{ _ = try store.heads() }, { _ = try store.load(shard: 0) }, { try store.commit([full(0, 1)]) }, { try store.erase() }] {
      let error = #expect(throws: StateStoreError.self) { try call() }
      #expect(error?.code == .closed)
    }
  }

  @Test("two threads commit their own shards at once and each finds its own last state")
  func twoThreads() async throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for shard in Int32(0)..<2 {
        group.addTask {
          for n in Int64(1)...40 {
            try store.commit([full(shard, n, body: [UInt8(n)], [page(n, 0, [UInt8](repeating: UInt8(shard), count: 5_000))])])
            guard try store.load(shard: shard)?.n == n else { throw StateStoreError(code: .io, message: "lost", sqliteCode: 0) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.heads() == [0: 40, 1: 40])
    #expect(try store.load(shard: 1)?.pages == [page(40, 0, [UInt8](repeating: 1, count: 5_000))])
  }

  @Test("the log is bounded and short after a close, whatever was written")
  func boundedLog() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    let log = folder.file + "-wal"
    func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0 }
    let pages = (0..<64).map { page(0, $0, [UInt8](repeating: 1, count: 16_384)) }
    var largest = 0
    for n in Int64(1)...60 {
      try store.commit([ShardCheckpoint(shard: 0, n: n, body: [], pages: pages, removedSlices: [], isFull: n == 1)])
      largest = max(largest, size())
    }
    #expect(largest > 0)
    #expect(largest < 24 << 20)
    store.close()
    #expect(size() == 0)
  }
}
