/// A row of a session or count window whose result goes out.
struct PendingRow {
  enum Kind {
    /// Its end has been reached.
    case firing
    /// It had fired, and late records changed it.
    case revision
    /// It is still open.
    case early
    /// It is no more: what it was comes out once again, and then the row goes.
    case retraction
  }
  var row: Int
  var kind: Kind
}
