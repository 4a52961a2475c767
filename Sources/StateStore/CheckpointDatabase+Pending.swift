/// Copies that are on the disk before they are valid.
extension CheckpointDatabase {
  /// Returns the bytes of all bodies and pages.
  mutating func storePending(_ checkpoints: [ShardCheckpoint]) throws(StateStoreError) -> Int {
    guard !checkpoints.isEmpty else { return 0 }
    try boundLog()
    var records = try verifiedRecords()
    var bytes = 0
    try transaction { (database: inout CheckpointDatabase) throws(StateStoreError) in
      for checkpoint in checkpoints {
        try database.checkOrder(checkpoint, records)
        try database.dropPending(of: checkpoint.shard, &records)
        records.pending[checkpoint.shard] = try database.writePending(checkpoint)
        bytes += checkpoint.pages.reduce(checkpoint.body.count) { $0 + $1.bytes.count }
      }
      try database.writeRoot(for: records)
    }
    known = records
    return bytes
  }

  private func writePending(_ checkpoint: ShardCheckpoint) throws(StateStoreError) -> PendingRecord {
    let shard = checkpoint.shard
    let removed = Self.bytes(of: checkpoint.removedSlices)
    var record = PendingRecord(
      n: checkpoint.n, isFull: checkpoint.isFull, bodyHash: CheckpointHash.bytes(checkpoint.body), removedHash: CheckpointHash.bytes(removed))
    for page in checkpoint.pages {
      record.pageSum &+= try insert(page, of: shard, n: checkpoint.n)
      record.pageCount += 1
    }
    sql.writePending.bind(shard, at: 1)
    sql.writePending.bind(record.n, at: 2)
    sql.writePending.bind(Int64(record.isFull ? 1 : 0), at: 3)
    sql.writePending.bind(record.pageCount, at: 4)
    sql.writePending.bind(record.pageSum, at: 5)
    sql.writePending.bind(record.bodyHash, at: 6)
    sql.writePending.bind(record.removedHash, at: 7)
    sql.writePending.bind(CheckpointHash.pending(shard: shard, record), at: 8)
    try sql.writePending.run(blobs: (checkpoint.body, 9), (removed, 10), "write a copy")
    return record
  }

  /// Drops a copy that never became valid.
  func dropPending(of shard: Int32, _ records: inout StoredRecords) throws(StateStoreError) {
    guard let old = records.pending.removeValue(forKey: shard) else { return }
    sql.deleteCopy.bind(shard, at: 1)
    sql.deleteCopy.bind(old.n, at: 2)
    try sql.deleteCopy.run("drop a copy")
    sql.deletePending.bind(shard, at: 1)
    try sql.deletePending.run("drop a copy")
  }

  /// Makes the copies with these numbers the valid ones. No page is written again: what they replace is deleted.
  mutating func promote(_ numbers: [Int32: Int64]) throws(StateStoreError) {
    var records = try verifiedRecords()
    let due = numbers.filter { records.heads[$0.key]?.n != $0.value }
    for (shard, n) in due where records.pending[shard]?.n != n {
      throw StateStoreError(
        code: .outOfOrder, message: "\(file): copy \(n) of shard \(shard) is not stored. Load the shard again.", sqliteCode: 0)
    }
    guard !due.isEmpty else { return }
    try transaction { (database: inout CheckpointDatabase) throws(StateStoreError) in
      for shard in due.keys { try database.promote(shard, &records) }
      try database.writeRoot(for: records)
    }
    known = records
  }

  private func promote(_ shard: Int32, _ records: inout StoredRecords) throws(StateStoreError) {
    guard let pending = records.pending[shard] else { return }
    let (body, removed) = try readPending(shard, pending)
    var head = HeadRecord(n: pending.n, bodyHash: pending.bodyHash)
    if let old = records.heads[shard], !pending.isFull {
      head.pageCount = old.pageCount
      head.pageSum = old.pageSum
      for slice in Self.slices(removed) { try remove(slice: slice, of: shard, before: pending.n, from: &head) }
      try removeReplaced(by: pending, of: shard, from: &head)
    } else {
      sql.deleteBefore.bind(shard, at: 1)
      sql.deleteBefore.bind(pending.n, at: 2)
      try sql.deleteBefore.run("drop old pages")
    }
    head.pageCount += pending.pageCount
    head.pageSum &+= pending.pageSum
    try write(head, of: shard, body: body)
    sql.deletePending.bind(shard, at: 1)
    try sql.deletePending.run("drop a copy")
    records.pending[shard] = nil
    records.heads[shard] = head
  }

  /// Pages of the valid copy in whose place the new one has its own.
  private func removeReplaced(by pending: PendingRecord, of shard: Int32, from head: inout HeadRecord) throws(StateStoreError) {
    sql.replaced.bind(shard, at: 1)
    sql.replaced.bind(pending.n, at: 2)
    var ids: [Int64] = []
    while try sql.replaced.step("find old pages") {
      ids.append(sql.replaced.integer(0))
      head.pageCount -= 1
      head.pageSum &-= sql.replaced.hash(1)
    }
    for id in ids {
      sql.deletePage.bind(id, at: 1)
      try sql.deletePage.run("drop an old page")
    }
  }

  /// Body and removed slices of a copy, checked.
  func readPending(_ shard: Int32, _ record: PendingRecord) throws(StateStoreError) -> (body: [UInt8], removed: [UInt8]) {
    sql.readPendingBlobs.bind(shard, at: 1)
    guard try sql.readPendingBlobs.step("read shard \(shard)") else { throw damaged("a copy of shard \(shard) is gone") }
    let body = sql.readPendingBlobs.blob(0)
    let removed = sql.readPendingBlobs.blob(1)
    sql.readPendingBlobs.reset()
    guard CheckpointHash.bytes(body) == record.bodyHash, CheckpointHash.bytes(removed) == record.removedHash else {
      throw damaged("copy \(record.n) of shard \(shard) does not have its checksum")
    }
    return (body, removed)
  }

  private static func bytes(of slices: [Int64]) -> [UInt8] {
    slices.flatMap { slice in withUnsafeBytes(of: slice.littleEndian) { Array($0) } }
  }

  private static func slices(_ bytes: [UInt8]) -> [Int64] {
    stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
      Int64(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Int64.self) })
    }
  }
}
