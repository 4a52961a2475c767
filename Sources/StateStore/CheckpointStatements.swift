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
  let insertPage: SQLiteStatement
  let sliceHashes: SQLiteStatement
  let deleteSlice: SQLiteStatement
  let readPending: SQLiteStatement
  let readPendingBlobs: SQLiteStatement
  let writePending: SQLiteStatement
  let deletePending: SQLiteStatement
  let deleteCopy: SQLiteStatement
  let deleteBefore: SQLiteStatement
  let replaced: SQLiteStatement
  let deletePage: SQLiteStatement

  init(on c: borrowing SQLiteConnection) throws(StateStoreError) {
    begin = try SQLiteStatement("BEGIN IMMEDIATE", on: c)
    end = try SQLiteStatement("COMMIT", on: c)
    rollback = try SQLiteStatement("ROLLBACK", on: c)
    readRoot = try SQLiteStatement("SELECT record_count, record_sum, hash FROM root WHERE id = 1", on: c)
    writeRoot = try SQLiteStatement("INSERT OR REPLACE INTO root(id, record_count, record_sum, hash) VALUES(1, ?1, ?2, ?3)", on: c)
    readHeads = try SQLiteStatement("SELECT shard, n, page_count, page_sum, body_hash, hash FROM head", on: c)
    readBody = try SQLiteStatement("SELECT body FROM head WHERE shard = ?1", on: c)
    writeHead = try SQLiteStatement(
      "INSERT OR REPLACE INTO head(shard, n, page_count, page_sum, body_hash, hash, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      on: c)
    readPages = try SQLiteStatement(
      "SELECT slice, kind, number, n, hash, bytes FROM page WHERE shard = ?1 AND n <= ?2 ORDER BY slice, kind, number", on: c)
    insertPage = try SQLiteStatement(
      "INSERT INTO page(shard, slice, kind, number, n, hash, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", on: c)
    sliceHashes = try SQLiteStatement("SELECT hash FROM page WHERE shard = ?1 AND slice = ?2 AND n < ?3", on: c)
    deleteSlice = try SQLiteStatement("DELETE FROM page WHERE shard = ?1 AND slice = ?2 AND n < ?3", on: c)
    readPending = try SQLiteStatement("SELECT shard, n, is_full, page_count, page_sum, body_hash, removed_hash, hash FROM pending", on: c)
    readPendingBlobs = try SQLiteStatement("SELECT body, removed FROM pending WHERE shard = ?1", on: c)
    writePending = try SQLiteStatement(
      "INSERT OR REPLACE INTO pending(shard, n, is_full, page_count, page_sum, body_hash, removed_hash, hash, body, removed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      on: c)
    deletePending = try SQLiteStatement("DELETE FROM pending WHERE shard = ?1", on: c)
    deleteCopy = try SQLiteStatement("DELETE FROM page WHERE shard = ?1 AND n = ?2", on: c)
    deleteBefore = try SQLiteStatement("DELETE FROM page WHERE shard = ?1 AND n < ?2", on: c)
    replaced = try SQLiteStatement(
      "SELECT old.id, old.hash FROM page AS new INDEXED BY page_place JOIN page AS old INDEXED BY page_place ON old.shard = ?1 AND old.slice = new.slice AND old.kind = new.kind AND old.number = new.number AND old.n < ?2 WHERE new.shard = ?1 AND new.n = ?2",
      on: c)
    deletePage = try SQLiteStatement("DELETE FROM page WHERE id = ?1", on: c)
  }
}
