import Synchronization

/// The checkpoints of one running pipeline in one SQLite file, shared by the threads of its lanes.
///
/// Every call blocks on the disk and on other callers. What a call that threw was to change is unchanged, and the store can be
/// used again, except after `.damaged`: then the files are no longer written to by `close` and should be set aside.
package final class CheckpointStore: Sendable {
  private let database: Mutex<CheckpointDatabase?>

  /// Opens `state.sqlite` in `directory`, making both if they are missing, and checks every head.
  package init(directory: String) throws(StateStoreError) {
    database = Mutex(try CheckpointDatabase.open(directory: directory))
  }

  deinit { close() }

  /// The n of every shard that has a checkpoint.
  package func heads() throws(StateStoreError) -> [Int32: Int64] {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.verifiedHeads().mapValues(\.n) }
  }

  /// The shard as of its last commit, every byte checked; nil if it has none.
  package func load(shard: Int32) throws(StateStoreError) -> StoredShard? {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.load(shard: shard) }
  }

  /// All of it or nothing, on the disk when this returns. Returns the bytes of the bodies and pages.
  @discardableResult
  package func commit(_ checkpoints: [ShardCheckpoint]) throws(StateStoreError) -> Int {
    try use { (database: inout CheckpointDatabase) throws(StateStoreError) in try database.commit(checkpoints) }
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
