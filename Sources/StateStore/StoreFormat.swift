/// The layout of `state.sqlite`.
enum StoreFormat {
  static let fileName = "state.sqlite"
  /// `PRAGMA user_version`. Raise it with every change of the tables or of a hash.
  static let version: Int64 = 2
  /// `PRAGMA application_id`: "PnSk".
  static let applicationID: Int64 = 0x506E_536B
  static let pageSize: Int64 = 16_384

  /// The log is folded into the database when it holds this many pages (16 MiB): long enough that a page written by every
  /// commit goes to the database once for several of them.
  static let logPages = 1_024
  /// After that the log file is cut to this size.
  static let keptLogBytes = 1_024 * 16_384
  /// A log that grew beyond this has to be folded in before the next commit. Twice the default limit of a pipeline's state in pages.
  static let maxLogBytes = 512 << 20

  /// In order of name, as `sqlite_schema` has them.
  ///
  /// `root` (one row) vouches for the rows of `head` (valid copies) and `pending` (copies that are not valid yet), each of these for
  /// its body and its set of pages, a page's hash for content and place. A page with an n above its shard's head is of `pending`.
  static let tables: [(name: String, sql: String)] = [
    (
      "head",
      "CREATE TABLE head(shard INTEGER PRIMARY KEY, n INTEGER NOT NULL, page_count INTEGER NOT NULL, page_sum INTEGER NOT NULL, body_hash INTEGER NOT NULL, hash INTEGER NOT NULL, body BLOB NOT NULL)"
    ),
    (
      "page",
      "CREATE TABLE page(id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, slice INTEGER NOT NULL, kind INTEGER NOT NULL, number INTEGER NOT NULL, n INTEGER NOT NULL, hash INTEGER NOT NULL, bytes BLOB NOT NULL)"
    ),
    ("page_place", "CREATE UNIQUE INDEX page_place ON page(shard, slice, kind, number, n)"),
    (
      "pending",
      "CREATE TABLE pending(shard INTEGER PRIMARY KEY, n INTEGER NOT NULL, is_full INTEGER NOT NULL, page_count INTEGER NOT NULL, page_sum INTEGER NOT NULL, body_hash INTEGER NOT NULL, removed_hash INTEGER NOT NULL, hash INTEGER NOT NULL, body BLOB NOT NULL, removed BLOB NOT NULL)"
    ),
    (
      "root",
      "CREATE TABLE root(id INTEGER PRIMARY KEY, record_count INTEGER NOT NULL, record_sum INTEGER NOT NULL, hash INTEGER NOT NULL)"
    ),
  ]
}
