import Foundation
@testable import StateStore
import Testing

@Suite struct StoreCrashTests {
  @Test("files copied at any commit, as a kill would leave them, open with that commit's state")
  func killed() throws {
    let folder = try StoreFolder()
    var generator = SeededGenerator(state: 11)
    var model = StoreModel()
    let store = try CheckpointStore(directory: folder.state)
    for n in Int64(1)...30 {
      let checkpoint = randomCheckpoint(3, n: n, &generator)
      try store.commit([checkpoint])
      model.apply(checkpoint)
      let copy = try StoreFolder()
      try folder.copy(to: copy)
      let found = try CheckpointStore(directory: copy.state)
      #expect(try found.load(shard: 3) == model.shards[3])
    }
  }

  @Test("database or log cut at any length gives the state of some commit or an error, never wrong bytes")
  func truncated() throws {
    try damage(seed: 21, rounds: 150) { data, generator in
      data.prefix(Int.random(in: 0...data.count, using: &generator))
    }
  }

  @Test("a flipped bit anywhere gives the state of some commit or an error, never wrong bytes")
  func flipped() throws {
    let errors = try damage(seed: 22, rounds: 400) { data, generator in
      var changed = data
      guard !changed.isEmpty else { return changed }
      changed[Int.random(in: 0..<changed.count, using: &generator)] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
      return changed
    }
    // A quarter of the rounds hits a file whose log cannot mend it, a good part of that in free pages: with fewer, nothing would be checked.
    #expect(errors > 20)
  }

  @Test("bytes overwritten at random give the state of some commit or an error, never wrong bytes")
  func overwritten() throws {
    try damage(seed: 23, rounds: 150) { data, generator in
      var changed = data
      guard !changed.isEmpty else { return changed }
      let start = Int.random(in: 0..<changed.count, using: &generator)
      for index in start..<min(changed.count, start + Int.random(in: 1...20_000, using: &generator)) {
        changed[index] = UInt8.random(in: 0...255, using: &generator)
      }
      return changed
    }
  }

  /// The rounds take turns: a database beside its log, that log, a log that is folded in already and still there (cut, it would
  /// put old pages over new ones), and a closed database. Returns how many rounds ended in an error.
  @discardableResult
  private func damage(
    seed: UInt64, rounds: Int, _ change: (Data, inout SeededGenerator) -> Data
  ) throws -> Int {
    let folder = try StoreFolder()
    var generator = SeededGenerator(state: seed)
    var model = StoreModel()
    var history: [[Int32: StoredShard]] = [[:]]
    var store = try CheckpointStore(directory: folder.state)
    for n in Int64(1)...24 {
      let checkpoints = [Int32(0), 1].map { randomCheckpoint($0, n: n, pageBytes: 9_000, &generator) }
      try store.commit(checkpoints)
      for checkpoint in checkpoints { model.apply(checkpoint) }
      history.append(model.shards)
      if n == 12 {
        store.close()
        store = try CheckpointStore(directory: folder.state)
      }
    }
    let database = try Data(contentsOf: URL(fileURLWithPath: folder.file))
    let log = try Data(contentsOf: URL(fileURLWithPath: folder.file + "-wal"))
    #expect(database.count > 50_000 && log.count > 50_000)
    let folding = try StoreFolder()
    try folder.copy(to: folding)
    let connection = try SQLiteConnection.open(path: folding.file, file: "x", create: false)
    try connection.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA wal_checkpoint(PASSIVE)", "x")
    _ = consume connection
    let folded = try Data(contentsOf: URL(fileURLWithPath: folding.file))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folding.file + "-wal")) == log)
    store.close()
    let closed = try Data(contentsOf: URL(fileURLWithPath: folder.file))

    var errors = 0
    for round in 0..<rounds {
      let copy = try StoreFolder()
      try FileManager.default.createDirectory(atPath: copy.state, withIntermediateDirectories: true)
      let (newDatabase, newLog) =
        switch round % 4 {
        case 0: (change(database, &generator), log)
        case 1: (database, change(log, &generator))
        case 2: (folded, change(log, &generator))
        default: (change(closed, &generator), Data())
        }
      try newDatabase.write(to: URL(fileURLWithPath: copy.file))
      try newLog.write(to: URL(fileURLWithPath: copy.file + "-wal"))
      do {
        let store = try CheckpointStore(directory: copy.state)
        var found: [Int32: StoredShard] = [:]
        let heads = try store.heads()
        for shard in heads.keys { found[shard] = try store.load(shard: shard) }
        #expect(heads == found.mapValues(\.n))
        #expect(history.contains(found), "round \(round) passed a state that was never committed")
        // It also has to be able to go on.
        let next = full(0, 1_000, body: [1, 2, 3], [page(0, 0, [4])])
        if (try? store.commit([next])) != nil {
          if let shard = try? store.load(shard: 0) { #expect(shard == StoredShard(n: 1_000, body: [1, 2, 3], pages: next.pages)) }
        }
      } catch {
        errors += 1
        #expect([.damaged, .newerFormat, .readOnly, .io].contains(error.code), "round \(round): \(error)")
        #expect(error.message.hasPrefix("state.sqlite") && !error.message.contains(copy.path), "\(error.message)")
        #expect(FileManager.default.fileExists(atPath: copy.file))
      }
    }
    return errors
  }
}
