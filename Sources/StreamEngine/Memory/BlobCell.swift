import Glibc

/// A place in a row that leads to a blob in the arena of the row's table: page + 1 (UInt32, 0 for none), offset in the page (UInt16).
/// A blob: room (UInt32, bytes, a multiple of 8) and length (UInt32) of what follows.
struct BlobCell {
  static let headerBytes = 8
  /// Most bytes of a blob.
  static let maxLength = 1 << 21

  let cell: UnsafeMutableRawPointer
  let table: TablePointer

  @inline(__always)
  init(_ cell: UnsafeMutableRawPointer, _ table: TablePointer) {
    self.cell = cell
    self.table = table
  }

  @inline(__always)
  private var page: Int { Int(cell.load(as: UInt32.self)) - 1 }

  @inline(__always)
  private var header: UnsafeMutableRawPointer {
    table.pointee.blobs.address(page: page, offset: Int(cell.load(fromByteOffset: 4, as: UInt16.self)))
  }

  @inline(__always)
  var isNone: Bool { cell.load(as: UInt32.self) == 0 }

  /// Bytes in use; 0 for none.
  @inline(__always)
  var length: Int { isNone ? 0 : Int(header.load(fromByteOffset: 4, as: UInt32.self)) }

  private var room: Int { isNone ? 0 : Int(header.load(as: UInt32.self)) }

  /// The bytes; only if there is a blob.
  @inline(__always)
  var bytes: UnsafeMutableRawPointer { header + BlobCell.headerBytes }

  /// The length followed by the bytes, as a text cell wants them; only if there is a blob.
  var text: UnsafeMutableRawPointer { header + 4 }

  /// What stands in it will differ from the last snapshot.
  @inline(__always)
  func markDirty() {
    let last = page + max(0, Int(header.load(as: UInt32.self)) + BlobCell.headerBytes - 1) / StateMemory.pageBytes
    for number in page...last { table.pointee.blobs.markDirty(page: number) }
  }

  func setLength(_ length: Int) {
    header.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: 4, as: UInt32.self)
  }

  /// Makes room for `length` bytes, at least twice what there was; what stands there moves along. `exact`: no more than asked for.
  func reserve(_ length: Int, memory: StateMemory, exact: Bool = false) throws(StateLimitExceeded) {
    let before = room
    guard before < length else { return }
    guard length <= BlobCell.maxLength else {
      throw StateLimitExceeded(limit: "max_state_bytes", message: "one value of a window needs \(length) bytes, more than \(BlobCell.maxLength)")
    }
    let wanted = ((exact ? length : max(length, before * 2)) + 7) & ~7
    let place = try table.pointee.blobs.allocate(BlobCell.headerBytes + wanted, alignment: 8, memory: memory)
    let fresh = table.pointee.blobs.address(page: place.page, offset: place.offset)
    var held = 0
    if !isNone {
      held = self.length
      memcpy(fresh + BlobCell.headerBytes, bytes, held)
      table.pointee.blobs.giveUp(BlobCell.headerBytes + before, alignment: 8)
    }
    fresh.storeBytes(of: UInt32(truncatingIfNeeded: wanted), as: UInt32.self)
    fresh.storeBytes(of: UInt32(truncatingIfNeeded: held), toByteOffset: 4, as: UInt32.self)
    cell.storeBytes(of: UInt32(truncatingIfNeeded: place.page + 1), as: UInt32.self)
    cell.storeBytes(of: UInt16(truncatingIfNeeded: place.offset), toByteOffset: 4, as: UInt16.self)
  }

  /// Replaces what stands there.
  func store(_ source: UnsafeRawPointer?, _ length: Int, memory: StateMemory) throws(StateLimitExceeded) {
    if room < length || isNone {
      if !isNone { setLength(0) }
      try reserve(max(8, length), memory: memory)
    }
    if let source, length > 0 { memcpy(bytes, source, length) }
    setLength(length)
    markDirty()
  }

  /// Nobody leads there any more.
  func giveUp() {
    if !isNone { table.pointee.blobs.giveUp(BlobCell.headerBytes + room, alignment: 8) }
    cell.storeBytes(of: 0, as: UInt64.self)
  }

  /// Puts the blob into another arena and lets the cell lead there.
  func move(to arena: inout ByteArena, memory: StateMemory) throws(StateLimitExceeded) {
    guard !isNone else { return }
    let bytes = BlobCell.headerBytes + room
    let place = try arena.allocate(bytes, alignment: 8, memory: memory)
    memcpy(arena.address(page: place.page, offset: place.offset), header, bytes)
    cell.storeBytes(of: UInt32(truncatingIfNeeded: place.page + 1), as: UInt32.self)
    cell.storeBytes(of: UInt16(truncatingIfNeeded: place.offset), toByteOffset: 4, as: UInt16.self)
  }

  /// Where it lies: page, offset, bytes; only if there is a blob.
  var extent: (page: Int, offset: Int, bytes: Int) {
    (page, Int(cell.load(fromByteOffset: 4, as: UInt16.self)), BlobCell.headerBytes + room)
  }

  /// After a restore: whether the cell leads to a blob that lies within the stored bytes; if so, it is counted as alive.
  func checkRestored() -> Bool {
    guard !isNone else { return cell.load(as: UInt64.self) == 0 }
    let offset = Int(cell.load(fromByteOffset: 4, as: UInt16.self))
    let used = table.pointee.blobs.usedBytes(ofBlock: page)
    guard offset & 7 == 0, offset + BlobCell.headerBytes <= used else { return false }
    guard room & 7 == 0, room <= BlobCell.maxLength + 8, offset + BlobCell.headerBytes + room <= used, length <= room else { return false }
    table.pointee.blobs.countLive(BlobCell.headerBytes + room, alignment: 8)
    return true
  }
}
