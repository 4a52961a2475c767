import Glibc

/// How many different values there are: exact for up to `maxSparse`, then HyperLogLog with 2^12 registers (Flajolet, Fusy, Gandouet,
/// Meunier: HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm, AofA 2007; standard error 1.04 / sqrt(4096)
/// = 1.6 %) and the estimator of Ertl, New cardinality estimation algorithms for HyperLogLog sketches (arXiv 1702.01284, algorithm 6),
/// which needs no table of corrections.
///
/// A value is its 64-bit hash. The blob holds the hashes in order, 8 bytes each, or the registers, a byte each; the length tells.
enum DistinctSet {
  static let maxSparse = 256
  private static let indexBits = 12
  static let registers = 1 << indexBits
  private static let rankBits = 64 - indexBits

  private static func isDense(_ cell: BlobCell) -> Bool { cell.length == registers }

  static func add(_ hash: UInt64, to cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    if isDense(cell) {
      let register = cell.bytes.assumingMemoryBound(to: UInt8.self) + index(hash)
      let rank = rank(hash)
      if register.pointee < rank {
        register.pointee = rank
        cell.markDirty()
      }
      return
    }
    let used = cell.length / 8
    let place = used == 0 ? 0 : position(hash, cell.bytes.assumingMemoryBound(to: UInt64.self), used)
    if place < used, cell.bytes.assumingMemoryBound(to: UInt64.self)[place] == hash { return }
    if used == maxSparse {
      try makeDense(cell, memory: memory)
      try add(hash, to: cell, memory: memory)
      return
    }
    try cell.reserve(max(64, (used + 1) * 8), memory: memory)
    let hashes = cell.bytes.assumingMemoryBound(to: UInt64.self)
    memmove(hashes + place + 1, hashes + place, (used - place) * 8)
    hashes[place] = hash
    cell.setLength((used + 1) * 8)
    cell.markDirty()
  }

  @inline(__always)
  private static func index(_ hash: UInt64) -> Int { Int(hash >> UInt64(rankBits)) }

  /// 1 + the number of leading zeros of the bits that are not the index.
  @inline(__always)
  private static func rank(_ hash: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: min(rankBits, (hash << UInt64(indexBits)).leadingZeroBitCount) + 1)
  }

  private static func position(_ hash: UInt64, _ hashes: UnsafePointer<UInt64>, _ used: Int) -> Int {
    var low = 0
    var high = used
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func makeDense(_ cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    let used = cell.length / 8
    try cell.reserve(registers, memory: memory, exact: true)
    let hashes = cell.bytes.assumingMemoryBound(to: UInt64.self)
    let places = cell.bytes.assumingMemoryBound(to: UInt8.self)
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: maxSparse) { held in
      for number in 0..<used { held[number] = hashes[number] }
      memset(places, 0, registers)
      for number in 0..<used { places[index(held[number])] = max(places[index(held[number])], rank(held[number])) }
    }
    cell.setLength(registers)
    cell.markDirty()
  }

  static func merge(_ other: BlobCell, into cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    guard !other.isNone else { return }
    if isDense(other) {
      if !isDense(cell) { try makeDense(cell, memory: memory) }
      let from = other.bytes.assumingMemoryBound(to: UInt8.self)
      let to = cell.bytes.assumingMemoryBound(to: UInt8.self)
      for index in 0..<registers { to[index] = max(to[index], from[index]) }
      cell.markDirty()
      return
    }
    // Growing moves blobs, so the address is taken anew each time.
    for number in 0..<(other.length / 8) {
      try add(other.bytes.assumingMemoryBound(to: UInt64.self)[number], to: cell, memory: memory)
    }
  }

  static func count(_ cell: BlobCell) -> Int64 {
    if cell.isNone { return 0 }
    if !isDense(cell) { return Int64(cell.length / 8) }
    let places = cell.bytes.assumingMemoryBound(to: UInt8.self)
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: rankBits + 2) { counts in
      counts.initialize(repeating: 0)
      for index in 0..<registers { counts[min(Int(places[index]), rankBits + 1)] += 1 }
      let m = Double(registers)
      var z = m * tau(1 - Double(counts[rankBits + 1]) / m)
      for rank in stride(from: rankBits, through: 1, by: -1) { z = 0.5 * (z + Double(counts[rank])) }
      z += m * sigma(Double(counts[0]) / m)
      let estimate = m * m / (2 * log(2.0) * z)
      return estimate < 0x1p62 ? Int64(estimate.rounded()) : 1 << 62
    }
  }

  private static func sigma(_ start: Double) -> Double {
    if start >= 1 { return .infinity }
    var (x, y, z) = (start, 1.0, start)
    while true {
      x *= x
      let before = z
      z += x * y
      y += y
      if z == before { return z }
    }
  }

  private static func tau(_ start: Double) -> Double {
    if start <= 0 || start >= 1 { return 0 }
    var (x, y, z) = (start, 1.0, 1 - start)
    while true {
      x = x.squareRoot()
      let before = z
      y *= 0.5
      z -= (1 - x) * (1 - x) * y
      if z == before { return z / 3 }
    }
  }

  /// Whether a stored blob can be a set.
  static func isValid(_ cell: BlobCell) -> Bool {
    cell.isNone || isDense(cell) || (cell.length & 7 == 0 && cell.length <= maxSparse * 8)
  }
}
