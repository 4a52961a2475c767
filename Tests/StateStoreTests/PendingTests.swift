import Foundation
@testable import StateStore
import Testing

@Suite struct PendingTests {
  @Test("a pending copy is not valid before it is promoted, and is then what a commit would have left")
  func promotion() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 5, [page(0, 0, [1]), page(0, 1, [2]), page(60, 0, [3])])])
    let before = try store.load(shard: 1)
    try store.storePending([ShardCheckpoint(shard: 1, n: 6, body: [6], pages: [page(0, 1, [9]), page(120, 0, [8])], removedSlices: [60], isFull: false)])
    #expect(try store.load(shard: 1) == before)
    #expect(try store.heads() == [1: 5])
    #expect(try store.outlines(shard: 1) == ShardOutlines(head: ShardOutline(n: 5, body: [1]), pending: ShardOutline(n: 6, body: [6])))
    try store.promote([1: 6])
    let after = StoredShard(n: 6, body: [6], pages: [page(0, 0, [1]), page(0, 1, [9]), page(120, 0, [8])])
    #expect(try store.load(shard: 1) == after)
    #expect(try store.outlines(shard: 1) == ShardOutlines(head: ShardOutline(n: 6, body: [6])))
    try store.promote([1: 6])
    #expect(try store.load(shard: 1) == after, "once more changes nothing")
  }

  @Test("random commits, pending copies, promotions and copies that are given up read back as a model does, also after opening again")
  func model() throws {
    let folder = try StoreFolder()
    var generator = SeededGenerator(state: 31)
    var model = StoreModel()
    var store = try CheckpointStore(directory: folder.state)
    var waiting: [Int32: ShardCheckpoint] = [:]
    for n in Int64(1)...300 {
      let checkpoints = [Int32(0), 4].map { randomCheckpoint($0, n: n, pageBytes: 30_000, &generator) }
      if n > 1, Bool.random(using: &generator) {
        try store.storePending(checkpoints)
        waiting = Dictionary(uniqueKeysWithValues: checkpoints.map { ($0.shard, $0) })
      } else {
        try store.commit(checkpoints)
        waiting = [:]
        for checkpoint in checkpoints { model.apply(checkpoint) }
      }
      if n % 11 == 0 {
        store.close()
        store = try CheckpointStore(directory: folder.state)
      }
      if !waiting.isEmpty, Int.random(in: 0..<3, using: &generator) > 0 {
        try store.promote(waiting.mapValues(\.n))
        for checkpoint in waiting.values { model.apply(checkpoint) }
        waiting = [:]
      }
      for (shard, state) in model.shards { #expect(try store.load(shard: shard) == state, "n \(n)") }
      for shard in [Int32(0), 4] {
        let pending = try store.outlines(shard: shard).pending
        #expect(pending == waiting[shard].map { ShardOutline(n: $0.n, body: $0.body) }, "n \(n)")
      }
    }
  }

  @Test("a number is never used twice, a change needs something to change, and only a stored copy can be promoted")
  func order() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    let change = ShardCheckpoint(shard: 2, n: 1, body: [1], pages: [page(0, 0, [1])], removedSlices: [], isFull: false)
    #expect(code { try store.commit([change]) } == .outOfOrder)
    #expect(code { try store.storePending([change]) } == .outOfOrder)
    try store.commit([full(1, 5)])
    try store.storePending([full(1, 7, body: [7])])
    for n in [Int64(5), 6, 7] {
      #expect(code { try store.storePending([full(1, n)]) } == .outOfOrder)
      #expect(code { try store.commit([full(1, n)]) } == .outOfOrder)
    }
    #expect(code { try store.promote([1: 6]) } == .outOfOrder)
    #expect(code { try store.promote([1: 7, 9: 1]) } == .outOfOrder)
    #expect(try store.heads() == [1: 5], "none of it was done")
    try store.storePending([full(1, 8, body: [8])])
    #expect(code { try store.promote([1: 7]) } == .outOfOrder, "the copy before was given up")
    try store.promote([1: 8])
    #expect(try store.load(shard: 1)?.body == [8])
  }

  @Test("who claimed a shard last may write it, and nobody else")
  func claim() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.claim([1, 2], by: 10)
    try store.commit([full(1, 1), full(2, 1)], by: 10)
    try store.claim([2], by: 11)
    #expect(code { try store.commit([full(1, 2), full(2, 2)], by: 10) } == .notOwner)
    #expect(code { try store.storePending([full(2, 2)], by: 10) } == .notOwner)
    try store.storePending([full(2, 2)], by: 11)
    #expect(code { try store.promote([2: 2], by: 10) } == .notOwner)
    try store.promote([2: 2], by: 11)
    try store.commit([full(1, 2)], by: 10)
    #expect(try store.heads() == [1: 2, 2: 2])
  }

  @Test("files killed between a pending copy and its promotion open with the valid copy, and the pending one whole or not there")
  func killed() throws {
    let folder = try StoreFolder()
    var generator = SeededGenerator(state: 33)
    var model = StoreModel()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(3, 1)])
    model.apply(full(3, 1))
    for n in Int64(2)...30 {
      let checkpoint = randomCheckpoint(3, n: n, &generator)
      try store.storePending([checkpoint])
      let copy = try StoreFolder()
      try folder.copy(to: copy)
      let found = try CheckpointStore(directory: copy.state)
      #expect(try found.load(shard: 3) == model.shards[3])
      if n % 3 == 0 { continue }
      try store.promote([3: n])
      model.apply(checkpoint)
      try found.promote([3: n])
      #expect(try found.load(shard: 3) == model.shards[3], "n \(n): promoted after a crash")
    }
  }

  @Test("a flipped bit in a pending copy is found when it is promoted and read, never passed on")
  func flipped() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    var generator = SeededGenerator(state: 34)
    let base = full(0, 1, [page(0, 0, bytes(9_000, &generator))])
    let next = ShardCheckpoint(
      shard: 0, n: 2, body: [2], pages: [page(0, 0, bytes(9_000, &generator)), page(0, 1, bytes(9_000, &generator))], removedSlices: [60], isFull: false)
    try store.commit([base])
    try store.storePending([next])
    store.close()
    var model = StoreModel()
    model.apply(base)
    let valid = model.shards[0]
    model.apply(next)
    let promoted = model.shards[0]
    let database = try Data(contentsOf: URL(fileURLWithPath: folder.file))
    var errors = 0
    for round in 0..<300 {
      let copy = try StoreFolder()
      try FileManager.default.createDirectory(atPath: copy.state, withIntermediateDirectories: true)
      var changed = database
      changed[Int.random(in: 0..<changed.count, using: &generator)] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
      try changed.write(to: URL(fileURLWithPath: copy.file))
      do throws(StateStoreError) {
        let store = try CheckpointStore(directory: copy.state)
        let found = try store.load(shard: 0)
        #expect(found == valid, "round \(round)")
        try store.promote([0: 2])
        let after = try store.load(shard: 0)
        #expect(after == promoted, "round \(round)")
      } catch {
        errors += 1
        #expect([.damaged, .newerFormat, .readOnly, .io].contains(error.code), "round \(round): \(error)")
      }
    }
    #expect(errors > 20)
  }

  @Test("a store that cannot be read is set aside with all its files, and a new one takes its place")
  func setAside() throws {
    let folder = try StoreFolder()
    var store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 1)])
    let copy = try StoreFolder()
    try folder.copy(to: copy)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: copy.file))
    #expect(CheckpointStore.setAsideFolders(directory: copy.state).isEmpty)
    for k in 1...2 {
      try Data("no database".utf8).write(to: URL(fileURLWithPath: copy.file))
      #expect(code { _ = try CheckpointStore(directory: copy.state) } == .damaged)
      #expect(try CheckpointStore.setAside(directory: copy.state) == "set-aside-\(k)")
      let kept = try Data(contentsOf: URL(fileURLWithPath: copy.state + "/set-aside-\(k)/state.sqlite"))
      #expect(kept == Data("no database".utf8) && kept != bytes)
      store = try CheckpointStore(directory: copy.state)
      #expect(try store.heads().isEmpty)
      store.close()
    }
    #expect(FileManager.default.fileExists(atPath: copy.state + "/set-aside-1/state.sqlite-wal"))
    #expect(CheckpointStore.setAsideFolders(directory: copy.state) == ["set-aside-1", "set-aside-2"])
  }

  @Test("a store of an earlier format cannot be read")
  func older() throws {
    let folder = try StoreFolder()
    try CheckpointStore(directory: folder.state).close()
    let other = try SQLiteConnection.open(path: folder.file, file: "x", create: false)
    try other.execute("PRAGMA user_version=1", "x")
    _ = consume other
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .damaged)
  }
}
