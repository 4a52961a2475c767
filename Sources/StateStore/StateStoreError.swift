/// Why the store could not do what was asked. `message` names the file by its last path component and says what to do.
package struct StateStoreError: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    /// The file is not what a commit of ours left: do not use it, do not delete it.
    case damaged
    /// No room on the disk. Nothing changed; a later call can succeed.
    case full
    case readOnly = "read_only"
    /// Open elsewhere.
    case locked
    /// Any other failure of the disk or the operating system. Nothing changed; a later call can succeed.
    case io
    case closed
    /// Written by a later version of Penstock.
    case newerFormat = "newer_format"
    /// The caller's n is not above the stored one, or nothing is stored that its changes are of. Nothing changed.
    case outOfOrder = "out_of_order"
    /// Somebody else claimed the shard. Nothing changed.
    case notOwner = "not_owner"
  }

  package var code: Code
  package var message: String
  /// SQLite's extended result code; 0 where SQLite was not involved.
  package var sqliteCode: Int32

  package init(code: Code, message: String, sqliteCode: Int32) {
    self.code = code
    self.message = message
    self.sqliteCode = sqliteCode
  }
}
