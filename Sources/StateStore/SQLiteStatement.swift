import CSQLite

/// Owns one prepared statement, kept for the life of its connection. Its initializer throws only before it has one to own.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let file: String

  init(_ sql: String, on connection: borrowing SQLiteConnection) throws(StateStoreError) {
    var made: OpaquePointer?
    let code = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
    guard code == SQLITE_OK, let made else {
      // The text is ours: if it does not fit the file's tables, the file is wrong.
      guard code & 0xFF == SQLITE_ERROR else { throw connection.error(code, "read the store") }
      throw StateStoreError.damaged(connection.file, "its tables are not those of a state file")
    }
    handle = made
    file = connection.file
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, value) }
  func bind(_ value: UInt64, at index: Int32) { sqlite3_bind_int64(handle, index, Int64(bitPattern: value)) }
  func bind(_ value: Int32, at index: Int32) { sqlite3_bind_int64(handle, index, Int64(value)) }

  /// True: there is a row. After the last row, or an error, the statement is ready for the next use.
  func step(_ doing: String) throws(StateStoreError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    try finish(code, doing)
    return false
  }

  /// Runs to the end.
  func run(_ doing: String) throws(StateStoreError) {
    while try step(doing) {}
  }

  /// Runs to the end with `bytes` bound at `index`; they are not copied.
  func run(blob bytes: [UInt8], at index: Int32, _ doing: String) throws(StateStoreError) {
    let code = bytes.withUnsafeBytes { buffer -> Int32 in
      guard let count = Int32(exactly: buffer.count) else { return SQLITE_TOOBIG }
      // A nil pointer would bind NULL. No destructor: the pointer holds until the reset below.
      let bound = count == 0 ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob(handle, index, buffer.baseAddress, count, nil)
      guard bound == SQLITE_OK else { return bound }
      return sqlite3_step(handle)
    }
    defer { sqlite3_clear_bindings(handle) }
    try finish(code, doing)
  }

  /// The same with two blobs.
  func run(blobs first: ([UInt8], Int32), _ second: ([UInt8], Int32), _ doing: String) throws(StateStoreError) {
    let code = first.0.withUnsafeBytes { one in
      second.0.withUnsafeBytes { two -> Int32 in
        for (buffer, index) in [(one, first.1), (two, second.1)] {
          guard let count = Int32(exactly: buffer.count) else { return SQLITE_TOOBIG }
          let bound =
            count == 0 ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob(handle, index, buffer.baseAddress, count, nil)
          guard bound == SQLITE_OK else { return bound }
        }
        return sqlite3_step(handle)
      }
    }
    defer { sqlite3_clear_bindings(handle) }
    try finish(code, doing)
  }

  /// Ends a statement before its last row.
  func reset() { sqlite3_reset(handle) }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func hash(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }

  func text(_ column: Int32) -> String {
    guard let start = sqlite3_column_text(handle, column) else { return "" }
    return String(cString: start)
  }

  /// A copy of the column's bytes.
  func blob(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  private func finish(_ code: Int32, _ doing: String) throws(StateStoreError) {
    let system = code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN ? sqlite3_system_errno(sqlite3_db_handle(handle)) : 0
    sqlite3_reset(handle)
    guard code == SQLITE_DONE || code == SQLITE_ROW else {
      throw StateStoreError(sqlite: code, errno: system, file: file, doing: doing)
    }
  }
}
