/// What a session's row has behind its `RowHeader`: first and last timestamp of its records, its children in the tree of the key's
/// sessions (row + 1, 0 for none) and its place among the timers. The last three are made anew when a state is read back.
enum SessionHeader {
  static let start = RowHeader.bytes
  static let last = RowHeader.bytes + 8
  static let left = RowHeader.bytes + 16
  static let right = RowHeader.bytes + 20
  static let timer = RowHeader.bytes + 24
  static let bytes = RowHeader.bytes + 32
}

extension UnsafeMutableRawPointer {
  var sessionStart: Int64 {
    get { load(fromByteOffset: SessionHeader.start, as: Int64.self) }
    nonmutating set { storeBytes(of: newValue, toByteOffset: SessionHeader.start, as: Int64.self) }
  }

  var sessionLast: Int64 {
    get { load(fromByteOffset: SessionHeader.last, as: Int64.self) }
    nonmutating set { storeBytes(of: newValue, toByteOffset: SessionHeader.last, as: Int64.self) }
  }
}
