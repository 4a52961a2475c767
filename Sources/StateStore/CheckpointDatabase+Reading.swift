extension CheckpointDatabase {
  /// All heads, each checked, and checked that none is missing or extra.
  mutating func verifiedHeads() throws(StateStoreError) -> [Int32: HeadRecord] {
    if let known { return known }
    guard try sql.readRoot.step("read the heads") else { throw damaged("the list of heads is gone") }
    let count = sql.readRoot.integer(0)
    let sum = sql.readRoot.hash(1)
    let rootHash = sql.readRoot.hash(2)
    sql.readRoot.reset()

    var heads: [Int32: HeadRecord] = [:]
    var found: UInt64 = 0
    while try sql.readHeads.step("read the heads") {
      let head = HeadRecord(
        n: sql.readHeads.integer(1), pending: sql.readHeads.integer(2), pageCount: sql.readHeads.integer(3), pageSum: sql.readHeads.hash(4),
        bodyHash: sql.readHeads.hash(5))
      let shardNumber = sql.readHeads.integer(0)
      guard let shard = Int32(exactly: shardNumber), head.n > 0, sql.readHeads.hash(6) == CheckpointHash.head(shard: shard, head) else {
        sql.readHeads.reset()
        throw damaged("the head of shard \(shardNumber) does not have its checksum")
      }
      found &+= CheckpointHash.head(shard: shard, head)
      heads[shard] = head
    }
    guard count == Int64(heads.count), sum == found, rootHash == CheckpointHash.root(headCount: heads.count, headSum: sum) else {
      throw damaged("its list of heads does not have its checksum")
    }
    known = heads
    return heads
  }

  mutating func load(shard: Int32) throws(StateStoreError) -> StoredShard? {
    guard let head = try verifiedHeads()[shard] else { return nil }
    sql.readBody.bind(shard, at: 1)
    guard try sql.readBody.step("read shard \(shard)") else { throw damaged("shard \(shard) is gone") }
    let body = sql.readBody.blob(0)
    sql.readBody.reset()
    guard CheckpointHash.bytes(body) == head.bodyHash else {
      throw damaged("the description of shard \(shard) does not have its checksum")
    }

    var pages: [StoredPage] = []
    var sum: UInt64 = 0
    sql.readPages.bind(shard, at: 1)
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

  private func damaged(_ what: String) -> StateStoreError { StateStoreError.damaged(file, what) }
}
