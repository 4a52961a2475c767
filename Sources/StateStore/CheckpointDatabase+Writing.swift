extension CheckpointDatabase {
  mutating func erase() throws(StateStoreError) {
    try transaction { (database: inout CheckpointDatabase) throws(StateStoreError) in
      try database.connection.execute("DELETE FROM page; DELETE FROM head; DELETE FROM pending", "erase the state")
      try database.writeRoot(for: StoredRecords())
    }
    known = StoredRecords()
  }

  func writeRoot(for records: StoredRecords) throws(StateStoreError) {
    sql.writeRoot.bind(Int64(records.count), at: 1)
    sql.writeRoot.bind(records.sum, at: 2)
    sql.writeRoot.bind(CheckpointHash.root(records), at: 3)
    try sql.writeRoot.run("write the heads")
  }

  /// A number is used once, and changes are changes of something.
  func checkOrder(_ checkpoint: ShardCheckpoint, _ records: StoredRecords) throws(StateStoreError) {
    let last = records.lastN(checkpoint.shard)
    guard checkpoint.n > last, checkpoint.isFull || records.heads[checkpoint.shard] != nil else {
      throw StateStoreError(
        code: .outOfOrder,
        message: """
          \(file): checkpoint \(checkpoint.n) of shard \(checkpoint.shard) does not follow \(last). Load the shard and go on above its n.
          """,
        sqliteCode: 0)
    }
  }

  func write(_ head: HeadRecord, of shard: Int32, body: [UInt8]) throws(StateStoreError) {
    sql.writeHead.bind(shard, at: 1)
    sql.writeHead.bind(head.n, at: 2)
    sql.writeHead.bind(head.pageCount, at: 3)
    sql.writeHead.bind(head.pageSum, at: 4)
    sql.writeHead.bind(head.bodyHash, at: 5)
    sql.writeHead.bind(CheckpointHash.head(shard: shard, head), at: 6)
    try sql.writeHead.run(blob: body, at: 7, "write a head")
  }

  func remove(slice: Int64, of shard: Int32, before n: Int64, from head: inout HeadRecord) throws(StateStoreError) {
    sql.sliceHashes.bind(shard, at: 1)
    sql.sliceHashes.bind(slice, at: 2)
    sql.sliceHashes.bind(n, at: 3)
    while try sql.sliceHashes.step("drop a slice") {
      head.pageCount -= 1
      head.pageSum &-= sql.sliceHashes.hash(0)
    }
    sql.deleteSlice.bind(shard, at: 1)
    sql.deleteSlice.bind(slice, at: 2)
    sql.deleteSlice.bind(n, at: 3)
    try sql.deleteSlice.run("drop a slice")
  }

  /// Returns its hash.
  func insert(_ page: StoredPage, of shard: Int32, n: Int64) throws(StateStoreError) -> UInt64 {
    let hash = Self.hash(page, of: shard, n: n)
    sql.insertPage.bind(shard, at: 1)
    sql.insertPage.bind(page.slice, at: 2)
    sql.insertPage.bind(Int64(page.kind), at: 3)
    sql.insertPage.bind(Int64(page.number), at: 4)
    sql.insertPage.bind(n, at: 5)
    sql.insertPage.bind(hash, at: 6)
    try sql.insertPage.run(blob: page.bytes, at: 7, "write a page")
    return hash
  }

  private static func hash(_ page: StoredPage, of shard: Int32, n: Int64) -> UInt64 {
    CheckpointHash.page(
      shard: shard, slice: page.slice, kind: Int64(page.kind), number: Int64(page.number), n: n, count: page.bytes.count,
      contentHash: CheckpointHash.bytes(page.bytes))
  }
}
