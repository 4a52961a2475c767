import CSQLite
import Glibc

extension CheckpointDatabase {
  /// Opens the store in `directory`, or makes an empty one. A file that is there is read and checked before anything is written.
  static func open(directory: String) throws(StateStoreError) -> CheckpointDatabase {
    try makeDirectory(directory)
    let path = directory + "/" + StoreFormat.fileName
    let log = path + "-wal"
    if let size = try fileSize(path, StoreFormat.fileName) {
      // A store is put in place whole, so one without its first page was cut. (SQLite would take it for new and delete the log.)
      guard size >= StoreFormat.pageSize else { throw StateStoreError.damaged(StoreFormat.fileName, "it was cut to \(size) bytes") }
    } else {
      if let size = try fileSize(log, StoreFormat.fileName + "-wal"), size > 0 {
        throw StateStoreError.damaged(StoreFormat.fileName, "it is missing, and its log \(StoreFormat.fileName)-wal is there")
      }
      try create(directory: directory, path: path)
    }

    let connection = try SQLiteConnection.open(path: path, file: StoreFormat.fileName, create: false)
    // Set before the first access: no shared-memory file then, and the file stays locked (https://www.sqlite.org/wal.html, section 8).
    try connection.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON", "open the store")
    try verifyFormat(connection)
    let mode = try SQLiteStatement("PRAGMA journal_mode=WAL", on: connection)
    let isLogged = try mode.step("switch the log on") && mode.text(0) == "wal"
    mode.reset()
    guard isLogged else { throw StateStoreError(sqlite: SQLITE_IOERR, errno: 0, file: StoreFormat.fileName, doing: "switch the log on") }
    try connection.execute(
      """
      PRAGMA synchronous=FULL;
      PRAGMA wal_autocheckpoint=\(StoreFormat.logPages);
      PRAGMA journal_size_limit=\(StoreFormat.keptLogBytes)
      """, "open the store")
    let sql = try CheckpointStatements(on: connection)
    var database = CheckpointDatabase(connection, sql: sql, logPath: log)
    _ = try database.verifiedRecords()
    return database
  }

  private static func verifyFormat(_ connection: borrowing SQLiteConnection) throws(StateStoreError) {
    guard try connection.integer("PRAGMA application_id", "read the store") == StoreFormat.applicationID else {
      throw StateStoreError.damaged(connection.file, "it is a database of another program")
    }
    let version = try connection.integer("PRAGMA user_version", "read the store")
    guard version <= StoreFormat.version else {
      throw StateStoreError(
        code: .newerFormat,
        message: """
          \(connection.file): format \(version) is newer than this program's \(StoreFormat.version). \
          Run the version of penstock that wrote it.
          """,
        sqliteCode: 0)
    }
    guard version == StoreFormat.version else { throw StateStoreError.damaged(connection.file, "its format \(version) is unknown") }
    let schema = try SQLiteStatement("SELECT name, sql FROM sqlite_schema ORDER BY name", on: connection)
    var row = 0
    while try schema.step("read the store") {
      guard row < StoreFormat.tables.count, schema.text(0) == StoreFormat.tables[row].name,
        schema.text(1) == StoreFormat.tables[row].sql
      else { throw StateStoreError.damaged(connection.file, "its tables are not those of a state file") }
      row += 1
    }
    guard row == StoreFormat.tables.count else { throw StateStoreError.damaged(connection.file, "tables are missing") }
  }

  /// Makes an empty store under another name and puts it in place, so that a half-made one never has the real name.
  private static func create(directory: String, path: String) throws(StateStoreError) {
    let new = path + ".new"
    let name = StoreFormat.fileName + ".new"
    removeUnfinished(new)
    do throws(StateStoreError) {
      let connection = try SQLiteConnection.open(path: new, file: name, create: true)
      let tables = StoreFormat.tables.map(\.sql).joined(separator: ";\n")
      try connection.execute(
        """
        PRAGMA page_size=\(StoreFormat.pageSize);
        PRAGMA synchronous=FULL;
        BEGIN;
        PRAGMA application_id=\(StoreFormat.applicationID);
        PRAGMA user_version=\(StoreFormat.version);
        \(tables);
        INSERT INTO root VALUES(1, 0, 0, \(Int64(bitPattern: CheckpointHash.root(StoredRecords()))));
        COMMIT
        """, "make the store")
      guard chmod(new, 0o600) == 0 else { throw StateStoreError(errno: errno, file: name, doing: "set its permissions") }
    } catch {
      removeUnfinished(new)
      throw error
    }
    guard rename(new, path) == 0 else { throw StateStoreError(errno: errno, file: name, doing: "put the store in place") }
    try synchronizeDirectory(directory)
  }

  private static func removeUnfinished(_ new: String) {
    for suffix in ["", "-journal", "-wal"] { _ = unlink(new + suffix) }
  }

  /// nil: nothing there. A symbolic link, a folder or a device in its place is an error.
  static func fileSize(_ path: String, _ name: String) throws(StateStoreError) -> Int64? {
    var info = stat()
    guard lstat(path, &info) == 0 else {
      if errno == ENOENT { return nil }
      throw StateStoreError(errno: errno, file: name, doing: "look at it")
    }
    guard info.st_mode & S_IFMT == S_IFREG else { throw StateStoreError.damaged(name, "it is not a plain file") }
    return Int64(info.st_size)
  }

  /// The folder and those above it that are missing, for the owner alone.
  static func makeDirectory(_ path: String) throws(StateStoreError) {
    let name = String(path.split(separator: "/").last ?? "/")
    var info = stat()
    if stat(path, &info) == 0 {
      guard info.st_mode & S_IFMT == S_IFDIR else { throw StateStoreError(errno: ENOTDIR, file: name, doing: "use it as a folder") }
      return
    }
    guard errno == ENOENT else { throw StateStoreError(errno: errno, file: name, doing: "look at it") }
    var parent = "."
    let trimmed = path.last == "/" ? String(path.dropLast()) : path
    if let slash = trimmed.lastIndex(of: "/") {
      parent = slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
    if parent != path { try makeDirectory(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw StateStoreError(errno: errno, file: name, doing: "make the folder") }
    try synchronizeDirectory(parent)
  }

  static func synchronizeDirectory(_ path: String) throws(StateStoreError) {
    let name = String(path.split(separator: "/").last ?? "/")
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StateStoreError(errno: errno, file: name, doing: "open the folder") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StateStoreError(errno: errno, file: name, doing: "write the folder to the disk") }
  }
}
