/// Where things stand at the front of every row: page of the key (UInt32), offset in it (UInt16), flags (UInt16), length of the
/// key (UInt32), revision (UInt32: how often results of it went out; see the windows for what that counts).
enum RowHeader {
  static let keyPage = 0
  static let keyOffset = 4
  static let flags = 6
  static let keyLength = 8
  static let revision = 12
  static let bytes = 16
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  var rowFlags: UInt16 {
    get { load(fromByteOffset: RowHeader.flags, as: UInt16.self) }
    nonmutating set { storeBytes(of: newValue, toByteOffset: RowHeader.flags, as: UInt16.self) }
  }

  /// `RowFlags.age`.
  @inline(__always)
  var rowAge: UInt16 {
    get { rowFlags >> RowFlags.ageShift }
    nonmutating set { rowFlags = rowFlags & ~RowFlags.age | newValue << RowFlags.ageShift }
  }

  @inline(__always)
  var rowRevision: UInt32 {
    get { load(fromByteOffset: RowHeader.revision, as: UInt32.self) }
    nonmutating set { storeBytes(of: newValue, toByteOffset: RowHeader.revision, as: UInt32.self) }
  }

  @inline(__always)
  var rowKeyLength: Int { Int(load(fromByteOffset: RowHeader.keyLength, as: UInt32.self)) }
}
