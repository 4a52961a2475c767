extension CheckpointDatabase {
  /// All heads and pending copies, each checked, and checked that none is missing or extra.
  mutating func verifiedRecords() throws(StateStoreError) -> StoredRecords {
    if let known { return known }
    guard try sql.readRoot.step("read the heads") else { throw damaged("the list of heads is gone") }
    let count = sql.readRoot.integer(0)
    let sum = sql.readRoot.hash(1)
    let rootHash = sql.readRoot.hash(2)
    sql.readRoot.reset()
    let records = StoredRecords(heads: try readHeads(), pending: try readPending())
    guard count == Int64(records.count), sum == records.sum, rootHash == CheckpointHash.root(records) else {
      throw damaged("its list of heads does not have its checksum")
    }
    known = records
    return records
  }

  private func readHeads() throws(StateStoreError) -> [Int32: HeadRecord] {
    var heads: [Int32: HeadRecord] = [:]
    while try sql.readHeads.step("read the heads") {
      let head = HeadRecord(
        n: sql.readHeads.integer(1), pageCount: sql.readHeads.integer(2), pageSum: sql.readHeads.hash(3), bodyHash: sql.readHeads.hash(4))
      let number = sql.readHeads.integer(0)
      guard let shard = Int32(exactly: number), head.n > 0, sql.readHeads.hash(5) == CheckpointHash.head(shard: shard, head) else {
        sql.readHeads.reset()
        throw damaged("the head of shard \(number) does not have its checksum")
      }
      heads[shard] = head
    }
    return heads
  }

  private func readPending() throws(StateStoreError) -> [Int32: PendingRecord] {
    var pending: [Int32: PendingRecord] = [:]
    while try sql.readPending.step("read the copies") {
      let record = PendingRecord(
        n: sql.readPending.integer(1), isFull: sql.readPending.integer(2) == 1, pageCount: sql.readPending.integer(3),
        pageSum: sql.readPending.hash(4), bodyHash: sql.readPending.hash(5), removedHash: sql.readPending.hash(6))
      let number = sql.readPending.integer(0)
      guard let shard = Int32(exactly: number), record.n > 0, sql.readPending.hash(7) == CheckpointHash.pending(shard: shard, record) else {
        sql.readPending.reset()
        throw damaged("a copy of shard \(number) does not have its checksum")
      }
      pending[shard] = record
    }
    return pending
  }

  /// What is stored of a shard, without pages.
  mutating func outlines(shard: Int32) throws(StateStoreError) -> ShardOutlines {
    let records = try verifiedRecords()
    var outlines = ShardOutlines()
    if let head = records.heads[shard] { outlines.head = ShardOutline(n: head.n, body: try readBody(shard, head)) }
    if let pending = records.pending[shard] {
      outlines.pending = ShardOutline(n: pending.n, body: try readPending(shard, pending).body)
    }
    return outlines
  }

  private func readBody(_ shard: Int32, _ head: HeadRecord) throws(StateStoreError) -> [UInt8] {
    sql.readBody.bind(shard, at: 1)
    guard try sql.readBody.step("read shard \(shard)") else { throw damaged("shard \(shard) is gone") }
    let body = sql.readBody.blob(0)
    sql.readBody.reset()
    guard CheckpointHash.bytes(body) == head.bodyHash else {
      throw damaged("the description of shard \(shard) does not have its checksum")
    }
    return body
  }

  mutating func load(shard: Int32) throws(StateStoreError) -> StoredShard? {
    guard let head = try verifiedRecords().heads[shard] else { return nil }
    let body = try readBody(shard, head)
    var pages: [StoredPage] = []
    var sum: UInt64 = 0
    sql.readPages.bind(shard, at: 1)
    sql.readPages.bind(head.n, at: 2)
    while try sql.readPages.step("read shard \(shard)") {
      let slice = sql.readPages.integer(0)
      let kind = sql.readPages.integer(1)
      let number = sql.readPages.integer(2)
      let n = sql.readPages.integer(3)
      let hash = sql.readPages.hash(4)
      let bytes = sql.readPages.blob(5)
      let expected = CheckpointHash.page(
        shard: shard, slice: slice, kind: kind, number: number, n: n, count: bytes.count, contentHash: CheckpointHash.bytes(bytes))
      guard hash == expected, n > 0, n <= head.n else {
        sql.readPages.reset()
        throw damaged("page \(number) of kind \(kind) of slice \(slice) of shard \(shard) does not have its checksum")
      }
      sum &+= hash
      pages.append(StoredPage(slice: slice, kind: Int(kind), number: Int(number), bytes: bytes))
    }
    guard Int64(pages.count) == head.pageCount, sum == head.pageSum else {
      throw damaged("shard \(shard) does not have all the pages of checkpoint \(head.n)")
    }
    return StoredShard(n: head.n, body: body, pages: pages)
  }

  func damaged(_ what: String) -> StateStoreError { StateStoreError.damaged(file, what) }
}
