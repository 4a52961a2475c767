extension CheckpointDatabase {
  /// Returns the bytes of all bodies and pages.
  mutating func commit(_ checkpoints: [ShardCheckpoint]) throws(StateStoreError) -> Int {
    guard !checkpoints.isEmpty else { return 0 }
    try boundLog()
    var heads = try verifiedHeads()
    var bytes = 0
    try transaction { (database: inout CheckpointDatabase) throws(StateStoreError) in
      for checkpoint in checkpoints {
        heads[checkpoint.shard] = try database.write(checkpoint, over: heads[checkpoint.shard])
        bytes += checkpoint.pages.reduce(checkpoint.body.count) { $0 + $1.bytes.count }
      }
      try database.writeRoot(for: heads)
    }
    known = heads
    return bytes
  }

  mutating func erase() throws(StateStoreError) {
    try transaction { (database: inout CheckpointDatabase) throws(StateStoreError) in
      try database.connection.execute("DELETE FROM page; DELETE FROM head", "erase the state")
      try database.writeRoot(for: [:])
    }
    known = [:]
  }

  private func writeRoot(for heads: [Int32: HeadRecord]) throws(StateStoreError) {
    let sum = heads.reduce(into: UInt64(0)) { $0 &+= CheckpointHash.head(shard: $1.key, $1.value) }
    sql.writeRoot.bind(Int64(heads.count), at: 1)
    sql.writeRoot.bind(sum, at: 2)
    sql.writeRoot.bind(CheckpointHash.root(headCount: heads.count, headSum: sum), at: 3)
    try sql.writeRoot.run("write the heads")
  }

  private func write(_ checkpoint: ShardCheckpoint, over old: HeadRecord?) throws(StateStoreError) -> HeadRecord {
    let shard = checkpoint.shard
    let last = old?.n ?? 0
    guard checkpoint.n > last else {
      throw StateStoreError(
        code: .outOfOrder,
        message: "\(file): checkpoint \(checkpoint.n) of shard \(shard) is not above \(last). Load the shard and go on above its n.",
        sqliteCode: 0)
    }
    var head = HeadRecord(n: checkpoint.n, bodyHash: CheckpointHash.bytes(checkpoint.body))
    if let old, !checkpoint.isFull {
      head.pageCount = old.pageCount
      head.pageSum = old.pageSum
      for slice in checkpoint.removedSlices { try remove(slice: slice, of: shard, from: &head) }
    } else {
      sql.deleteShard.bind(shard, at: 1)
      try sql.deleteShard.run("drop old pages")
    }
    for page in checkpoint.pages { try write(page, of: shard, to: &head) }

    sql.writeHead.bind(shard, at: 1)
    sql.writeHead.bind(head.n, at: 2)
    sql.writeHead.bind(head.pending, at: 3)
    sql.writeHead.bind(head.pageCount, at: 4)
    sql.writeHead.bind(head.pageSum, at: 5)
    sql.writeHead.bind(head.bodyHash, at: 6)
    sql.writeHead.bind(CheckpointHash.head(shard: shard, head), at: 7)
    try sql.writeHead.run(blob: checkpoint.body, at: 8, "write a head")
    return head
  }

  private func remove(slice: Int64, of shard: Int32, from head: inout HeadRecord) throws(StateStoreError) {
    sql.sliceHashes.bind(shard, at: 1)
    sql.sliceHashes.bind(slice, at: 2)
    while try sql.sliceHashes.step("drop a slice") {
      head.pageCount -= 1
      head.pageSum &-= sql.sliceHashes.hash(0)
    }
    sql.deleteSlice.bind(shard, at: 1)
    sql.deleteSlice.bind(slice, at: 2)
    try sql.deleteSlice.run("drop a slice")
  }

  /// The old hash comes from the disk: if it is wrong, the sum is wrong from then on, and the next load says so.
  private func write(_ page: StoredPage, of shard: Int32, to head: inout HeadRecord) throws(StateStoreError) {
    let hash = CheckpointHash.page(
      shard: shard, slice: page.slice, kind: Int64(page.kind), number: Int64(page.number), n: head.n, count: page.bytes.count,
      contentHash: CheckpointHash.bytes(page.bytes))
    sql.findPage.bind(shard, at: 1)
    sql.findPage.bind(page.slice, at: 2)
    sql.findPage.bind(Int64(page.kind), at: 3)
    sql.findPage.bind(Int64(page.number), at: 4)
    if try sql.findPage.step("write a page") {
      let id = sql.findPage.integer(0)
      let oldHash = sql.findPage.hash(1)
      sql.findPage.reset()
      sql.updatePage.bind(id, at: 1)
      sql.updatePage.bind(head.n, at: 2)
      sql.updatePage.bind(hash, at: 3)
      try sql.updatePage.run(blob: page.bytes, at: 4, "write a page")
      head.pageSum &-= oldHash
    } else {
      sql.insertPage.bind(shard, at: 1)
      sql.insertPage.bind(page.slice, at: 2)
      sql.insertPage.bind(Int64(page.kind), at: 3)
      sql.insertPage.bind(Int64(page.number), at: 4)
      sql.insertPage.bind(head.n, at: 5)
      sql.insertPage.bind(hash, at: 6)
      try sql.insertPage.run(blob: page.bytes, at: 7, "write a page")
      head.pageCount += 1
    }
    head.pageSum &+= hash
  }
}
