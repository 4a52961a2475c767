/// What the row of a count window has behind its `RowHeader`: number of its records, smallest and largest timestamp, number of the
/// window from 1, wall clock of its first record (ms), and its place among the timers, which is made anew when a state is read back.
enum CountHeader {
  static let count = RowHeader.bytes
  static let smallest = RowHeader.bytes + 8
  static let largest = RowHeader.bytes + 16
  static let sequence = RowHeader.bytes + 24
  static let begun = RowHeader.bytes + 32
  static let timer = RowHeader.bytes + 40
  static let bytes = RowHeader.bytes + 48
}
