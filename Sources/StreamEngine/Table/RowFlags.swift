/// Flags in the header of a row.
enum RowFlags {
  /// Changed since the windows that have fired were last emitted.
  static let late: UInt16 = 1
  /// Changed since the windows that are open were last emitted early.
  static let early: UInt16 = 2
  /// Added since the windows that have fired were last emitted.
  static let new: UInt16 = 4
  /// In tables whose rows go one by one: the row holds something.
  static let used: UInt16 = 8
  /// Of a session: results went out with the start that it has.
  static let emitted: UInt16 = 16
  /// Of a session: its end has been reached, its results are out, and it is kept for late records.
  static let fired: UInt16 = 32

  static let changes = late | early

  /// The upper half of the flags: how often the layout of the rows has changed since the first record of the row. 0 for new ones.
  static let age: UInt16 = 0xff00
  static let ageShift: UInt16 = 8
  /// So many times or more.
  static let oldest: UInt16 = 255
}
