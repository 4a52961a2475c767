/// The sessions of one key in order of their start: a treap whose nodes are the rows (Seidel, Aragon: Randomized Search Trees,
/// Algorithmica 16, 1996). Most keys have one session; a key with a million costs a logarithm.
struct SessionTree {
  typealias Link = UnsafeMutablePointer<UInt32>

  let table: TablePointer
  let rows: RowAddressing

  private func row(_ number: Int) -> UnsafeMutableRawPointer { table.pointee.row(number, rows) }

  private func left(_ node: UInt32) -> Link {
    (row(Int(node) - 1) + SessionHeader.left).assumingMemoryBound(to: UInt32.self)
  }

  private func right(_ node: UInt32) -> Link {
    (row(Int(node) - 1) + SessionHeader.right).assumingMemoryBound(to: UInt32.self)
  }

  private func start(_ node: UInt32) -> Int64 { row(Int(node) - 1).sessionStart }

  /// Of this process: a producer that knew the priorities could choose starts that make a list of the tree.
  private static let secret = UInt32.random(in: .min ... .max)

  /// Random, but the same for a row every time.
  private func priority(_ node: UInt32) -> UInt32 {
    var z = (node &* 0x9e37_79b9) ^ SessionTree.secret
    z = (z ^ (z >> 16)) &* 0x85eb_ca6b
    z = (z ^ (z >> 13)) &* 0xc2b2_ae35
    return z ^ (z >> 16)
  }

  /// The sessions around a time: the last one that begins at or before it and the first one that begins behind it.
  func neighbours(of time: Int64, root: Int) -> (before: Int?, behind: Int?) {
    var node = UInt32(truncatingIfNeeded: root + 1)
    var (before, behind): (Int?, Int?) = (nil, nil)
    while node != 0 {
      if start(node) <= time {
        before = Int(node) - 1
        node = right(node).pointee
      } else {
        behind = Int(node) - 1
        node = left(node).pointee
      }
    }
    return (before, behind)
  }

  /// Adds a row (root nil: to an empty tree). Returns the new root.
  func insert(_ number: Int, root: Int?) -> Int {
    let node = UInt32(truncatingIfNeeded: number + 1)
    let time = row(number).sessionStart
    var top = root.map { UInt32(truncatingIfNeeded: $0 + 1) } ?? 0
    withUnsafeMutablePointer(to: &top) { top in
      var link: Link = top
      while link.pointee != 0, priority(link.pointee) >= priority(node) {
        link = time < start(link.pointee) ? left(link.pointee) : right(link.pointee)
      }
      // What is below is cut in two at the new start.
      var rest = link.pointee
      link.pointee = node
      var (smaller, larger) = (left(node), right(node))
      while rest != 0 {
        if start(rest) < time {
          smaller.pointee = rest
          smaller = right(rest)
          rest = smaller.pointee
        } else {
          larger.pointee = rest
          larger = left(rest)
          rest = larger.pointee
        }
      }
      smaller.pointee = 0
      larger.pointee = 0
    }
    return Int(top) - 1
  }

  /// Takes a row out. Returns the new root, nil if none is left.
  func remove(_ number: Int, root: Int) -> Int? {
    let node = UInt32(truncatingIfNeeded: number + 1)
    let time = row(number).sessionStart
    var top = UInt32(truncatingIfNeeded: root + 1)
    withUnsafeMutablePointer(to: &top) { top in
      var link: Link = top
      while link.pointee != 0, link.pointee != node {
        link = time < start(link.pointee) ? left(link.pointee) : right(link.pointee)
      }
      guard link.pointee == node else { return }
      var (a, b) = (left(node).pointee, right(node).pointee)
      while a != 0, b != 0 {
        if priority(a) >= priority(b) {
          link.pointee = a
          link = right(a)
          a = link.pointee
        } else {
          link.pointee = b
          link = left(b)
          b = link.pointee
        }
      }
      link.pointee = a != 0 ? a : b
      left(node).pointee = 0
      right(node).pointee = 0
    }
    return top == 0 ? nil : Int(top) - 1
  }

  /// Calls `body` with every row of the tree, in no order that matters.
  func forEach(root: Int, _ body: (Int) -> Void) {
    var nodes = [UInt32(truncatingIfNeeded: root + 1)]
    while let node = nodes.popLast() {
      for child in [left(node).pointee, right(node).pointee] where child != 0 { nodes.append(child) }
      body(Int(node) - 1)
    }
  }
}
