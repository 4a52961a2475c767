/// Memory of earlier copies, for the next one: a fresh page of memory costs several times what copying into it does. Only whole pages of
/// rows, of which there are many, are kept.
package struct SparePages: Sendable {
  /// Bytes of each.
  package let size: Int
  private var pages: [[UInt8]] = []

  package init(size: Int) { self.size = size }

  package var count: Int { pages.count }

  /// A copy of these bytes.
  mutating func copy(_ source: UnsafeRawBufferPointer) -> [UInt8] {
    guard source.count == size, var page = pages.popLast() else { return Array(source) }
    page.withUnsafeMutableBytes { $0.copyMemory(from: source) }
    return page
  }

  /// A page of a copy that nobody needs any more.
  package mutating func give(_ page: consuming [UInt8]) {
    if page.count == size { pages.append(page) }
  }

  /// Makes up to `most` of those that lack to `wanted`.
  package mutating func prepare(_ wanted: Int, atMost most: Int) {
    for _ in 0..<max(0, min(most, wanted - pages.count)) { pages.append([UInt8](repeating: 0, count: size)) }
  }

  /// Gives back what is more than `wanted`.
  package mutating func trim(to wanted: Int) {
    if pages.count > wanted { pages.removeLast(pages.count - wanted) }
  }
}
