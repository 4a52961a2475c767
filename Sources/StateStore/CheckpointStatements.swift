/// Every statement of the store, prepared once.
struct CheckpointStatements {
  let begin: SQLiteStatement
  let end: SQLiteStatement
  let rollback: SQLiteStatement
  let readRoot: SQLiteStatement
  let writeRoot: SQLiteStatement
  let readHeads: SQLiteStatement
  let readBody: SQLiteStatement
  let writeHead: SQLiteStatement
  let readPages: SQLiteStatement
  let findPage: SQLiteStatement
  let updatePage: SQLiteStatement
  let insertPage: SQLiteStatement
  let sliceHashes: SQLiteStatement
  let deleteSlice: SQLiteStatement
  let deleteShard: SQLiteStatement

  init(on c: borrowing SQLiteConnection) throws(StateStoreError) {
    begin = try SQLiteStatement("BEGIN IMMEDIATE", on: c)
    end = try SQLiteStatement("COMMIT", on: c)
    rollback = try SQLiteStatement("ROLLBACK", on: c)
    readRoot = try SQLiteStatement("SELECT head_count, head_sum, hash FROM root WHERE id = 1", on: c)
    writeRoot = try SQLiteStatement("INSERT OR REPLACE INTO root(id, head_count, head_sum, hash) VALUES(1, ?1, ?2, ?3)", on: c)
    readHeads = try SQLiteStatement("SELECT shard, n, pending, page_count, page_sum, body_hash, hash FROM head", on: c)
    readBody = try SQLiteStatement("SELECT body FROM head WHERE shard = ?1", on: c)
    writeHead = try SQLiteStatement(
      "INSERT OR REPLACE INTO head(shard, n, pending, page_count, page_sum, body_hash, hash, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      on: c)
    readPages = try SQLiteStatement(
      "SELECT slice, kind, number, n, hash, bytes FROM page WHERE shard = ?1 ORDER BY slice, kind, number", on: c)
    findPage = try SQLiteStatement(
      "SELECT id, hash FROM page WHERE shard = ?1 AND slice = ?2 AND kind = ?3 AND number = ?4", on: c)
    updatePage = try SQLiteStatement("UPDATE page SET n = ?2, hash = ?3, bytes = ?4 WHERE id = ?1", on: c)
    insertPage = try SQLiteStatement(
      "INSERT INTO page(shard, slice, kind, number, n, hash, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", on: c)
    sliceHashes = try SQLiteStatement("SELECT hash FROM page WHERE shard = ?1 AND slice = ?2", on: c)
    deleteSlice = try SQLiteStatement("DELETE FROM page WHERE shard = ?1 AND slice = ?2", on: c)
    deleteShard = try SQLiteStatement("DELETE FROM page WHERE shard = ?1", on: c)
  }
}
