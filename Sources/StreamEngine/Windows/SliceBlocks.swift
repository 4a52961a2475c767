/// Slices of sliding windows that were merged before. A block of level n holds 4^n slides that begin at a multiple of 4^n, made from
/// four of the level below, so that a window of k slides takes about 5 log k merges a key when it closes instead of k. Made when a
/// window that needs it closes, dropped when no window to come does or when a record comes late into it.
final class SliceBlocks {
  struct Block: Hashable {
    var level: Int
    /// In multiples of its length.
    var index: Int64

    /// Slides.
    var length: Int64 { 1 << Int64(2 * level) }
    var first: Int64 { index * length }
  }

  /// Windows of fewer slides are merged as they are.
  static let fewestSlides: Int64 = 8
  private static let highestLevel = 12

  private var tables: [Block: TablePointer] = [:]
  /// The slide behind the last one in any block.
  private var end = Int64.min

  /// The largest blocks that cover `slides`, in order; those of level 0 are single slides.
  static func cover(_ slides: Range<Int64>) -> [Block] {
    var blocks: [Block] = []
    var next = slides.lowerBound
    while next < slides.upperBound {
      var block = Block(level: 0, index: next)
      while block.level < highestLevel {
        let length = block.length * 4
        guard next % length == 0, next + length <= slides.upperBound else { break }
        block = Block(level: block.level + 1, index: next / length)
      }
      blocks.append(block)
      next += block.length
    }
    return blocks
  }

  subscript(_ block: Block) -> TablePointer? { tables[block] }

  func keep(_ table: TablePointer, as block: Block) {
    tables[block] = table
    end = max(end, block.first + block.length)
  }

  /// A record comes into that slide: the blocks that hold it are wrong now.
  func remove(holding slide: Int64, _ rows: RowAddressing, memory: StateMemory) {
    guard slide < end else { return }
    for level in 1...SliceBlocks.highestLevel {
      let length: Int64 = 1 << Int64(2 * level)
      let block = Block(level: level, index: slide >= 0 ? slide / length : (slide - length + 1) / length)
      if let table = tables.removeValue(forKey: block) { RowTable.free(table, rows, memory: memory) }
    }
  }

  /// No window to come begins before that slide.
  func removeAll(before slide: Int64, _ rows: RowAddressing, memory: StateMemory) {
    for block in tables.keys.filter({ $0.first < slide }) {
      if let table = tables.removeValue(forKey: block) { RowTable.free(table, rows, memory: memory) }
    }
  }
}
