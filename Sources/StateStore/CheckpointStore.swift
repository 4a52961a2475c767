import Glibc
import Synchronization

/// The checkpoints of one running pipeline in one SQLite file, shared by the threads of its lanes.
///
/// Every call blocks on the disk and on other callers. What a call that threw was to change is unchanged, and the store can be
/// used again, except after `.damaged`: then the files are no longer written to by `close` and should be set aside.
package final class CheckpointStore: Sendable {
  private let database: Mutex<CheckpointDatabase?>
  /// Who may write a shard. Read and written under the lock of `database` only.
  private let owners = Mutex<[Int32: Int64]>([:])

  /// Opens `state.sqlite` in `directory`, making both if they are missing, and checks every head.
  package init(directory: String) throws(StateStoreError) {
    database = Mutex(try CheckpointDatabase.open(directory: directory))
  }

  /// Whether there is one in that directory.
  package static func exists(directory: String) -> Bool { access(directory + "/" + StoreFormat.fileName, F_OK) == 0 }

  deinit { close() }

  /// The n of every shard that has a checkpoint.
  package func heads() throws(StateStoreError) -> [Int32: Int64] {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.verifiedRecords().heads.mapValues(\.n) }
  }

  /// The shard as of its last commit, every byte checked; nil if it has none.
  package func load(shard: Int32) throws(StateStoreError) -> StoredShard? {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.load(shard: shard) }
  }

  /// What is stored of the shard, without pages.
  package func outlines(shard: Int32) throws(StateStoreError) -> ShardOutlines {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.outlines(shard: shard) }
  }

  /// From now on only `owner` may write these shards: whoever had them before gets `.notOwner`. Waits for a write under way.
  package func claim(_ shards: [Int32], by owner: Int64) throws(StateStoreError) {
    try use { (_: inout CheckpointDatabase) throws(StateStoreError) in
      owners.withLock { for shard in shards { $0[shard] = owner } }
    }
  }

  /// All of it or nothing, on the disk when this returns, but not valid: `load` goes on to give the copy before, until `promote`. An
  /// older pending copy of these shards is dropped.
  @discardableResult
  package func storePending(_ checkpoints: [ShardCheckpoint], by owner: Int64 = 0) throws(StateStoreError) -> Int {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in
      try checkOwner(checkpoints.map(\.shard), owner)
      return try database.storePending(checkpoints)
    }
  }

  /// Makes pending copies valid: of each shard the one with that n. Where it is valid already nothing happens.
  package func promote(_ numbers: [Int32: Int64], by owner: Int64 = 0) throws(StateStoreError) {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in
      try checkOwner(Array(numbers.keys), owner)
      try database.promote(numbers)
    }
  }

  private func checkOwner(_ shards: [Int32], _ owner: Int64) throws(StateStoreError) {
    let foreign = owners.withLock { owners in shards.first { owners[$0] ?? owner != owner } }
    guard let foreign else { return }
    throw StateStoreError(
      code: .notOwner, message: "\(StoreFormat.fileName): shard \(foreign) belongs to another lane now. Load it again.", sqliteCode: 0)
  }

  /// Drops the state of all shards at once.
  package func erase() throws(StateStoreError) {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.erase() }
  }

  /// Folds the log into the file and closes. Later calls throw `.closed`.
  package func close() {
    database.withLock { database in
      guard let open = database.take() else { return }
      // If it cannot be folded in now, the next open finds the log and goes on with it.
      if !open.sawDamage { try? open.foldLog() }
    }
  }

  /// For tests: the file may not grow beyond so many pages, as on a full disk.
  func limitPages(to count: Int64) throws(StateStoreError) {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in
      _ = try database.connection.integer("PRAGMA max_page_count=\(count)", "limit the store")
    }
  }

  private func use<Result: Sendable>(
    _ body: @Sendable (inout CheckpointDatabase) throws(StateStoreError) -> Result
  ) throws(StateStoreError) -> Result {
    try database.withLock { (database: inout sending CheckpointDatabase?) throws(StateStoreError) -> Result in
      guard var open = database.take() else {
        throw StateStoreError(code: .closed, message: "\(StoreFormat.fileName): the store is closed. Open it again.", sqliteCode: 0)
      }
      do throws(StateStoreError) {
        let result = try body(&open)
        database = consume open
        return result
      } catch {
        if error.code == .damaged { open.sawDamage = true }
        database = consume open
        throw error
      }
    }
  }
}
