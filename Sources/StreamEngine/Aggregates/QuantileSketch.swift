import Glibc

/// Quantiles of a set of numbers with a relative error of at most 1 %: DDSketch (Masson, Rim, Lee: DDSketch: A Fast and
/// Fully-Mergeable Quantile Sketch with Relative-Error Guarantees, VLDB 2019).
///
/// A value x > 0 falls into bin ceil(log_gamma(x)) with gamma = (1 + a) / (1 - a), a = 0.01, and so does its magnitude on the
/// negative side. The sketch is a blob of words in the order of the values: the bin in the upper 20 bits (negative ones mirrored
/// around that of zero), the count in the lower 44. Each side spans at most `maxSpan` bins below its largest magnitude; what is
/// smaller counts in the last of these (the paper's collapsing of the lowest bins), which costs the guarantee only for values 6e17
/// times smaller than the largest one. Order makes no difference, and neither does merging.
enum QuantileSketch {
  static let accuracy = 0.01
  static let maxSpan = 2_048
  private static let logGamma = log((1 + accuracy) / (1 - accuracy))
  private static let perLog = 1 / logGamma
  /// ln(2 / (1 + gamma)): from the upper end of a bin to the value that is within the error of all of it.
  private static let toMiddle = log(1 - accuracy)
  /// Bins of doubles are from -37,221 to 35,489; shifted, they are positive.
  private static let shift: Int64 = 40_000
  private static let zero: Int64 = 1 << 19
  private static let countBits: UInt64 = 44
  private static let countMask: UInt64 = (1 << countBits) - 1

  /// Place of a finite value in the order of all bins; `zero` for 0.
  @inline(__always)
  private static func bin(_ value: Double) -> Int64 {
    if value > 0 { return zero + Int64((log(value) * perLog).rounded(.up)) + shift }
    if value < 0 { return zero - Int64((log(-value) * perLog).rounded(.up)) - shift }
    return zero
  }

  private static func value(_ bin: Int64) -> Double {
    if bin == zero { return 0 }
    let index = Int64((bin - zero).magnitude) - shift
    let magnitude = min(exp(Double(index) * logGamma + toMiddle), Double.greatestFiniteMagnitude)
    return bin > zero ? magnitude : -magnitude
  }

  @inline(__always)
  private static func bin(ofWord word: UInt64) -> Int64 { Int64(word >> countBits) }

  /// Adds a finite value.
  static func add(_ value: Double, to cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    try add(bin: bin(value), count: 1, to: cell, memory: memory)
    cell.markDirty()
  }

  private static func add(bin wanted: Int64, count: UInt64, to cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    var used = cell.length / 8
    let bin = used == 0 ? wanted : clamped(wanted, cell.bytes.assumingMemoryBound(to: UInt64.self), used)
    let place = used == 0 ? 0 : position(bin, cell.bytes.assumingMemoryBound(to: UInt64.self), used)
    if place < used {
      let word = cell.bytes.assumingMemoryBound(to: UInt64.self) + place
      if QuantileSketch.bin(ofWord: word.pointee) == bin {
        word.pointee = withCount(word.pointee, count)
        return
      }
    }
    try cell.reserve(max(64, (used + 1) * 8), memory: memory)
    let words = cell.bytes.assumingMemoryBound(to: UInt64.self)
    memmove(words + place + 1, words + place, (used - place) * 8)
    words[place] = UInt64(bin) << countBits | min(count, countMask)
    used += 1
    if place == used - 1, bin > zero { used = collapsePositive(words, used, largest: bin) }
    if place == 0, bin < zero { used = collapseNegative(words, used, largest: bin) }
    cell.setLength(used * 8)
  }

  /// The count of a word with more added; it stops at what 44 bits hold.
  @inline(__always)
  private static func withCount(_ word: UInt64, _ more: UInt64) -> UInt64 {
    (word & ~countMask) | min((word & countMask) + more, countMask)
  }

  /// The first word whose bin is not below `bin`.
  @inline(__always)
  private static func position(_ bin: Int64, _ words: UnsafePointer<UInt64>, _ used: Int) -> Int {
    var low = 0
    var high = used
    while low < high {
      let middle = (low + high) / 2
      if QuantileSketch.bin(ofWord: words[middle]) < bin { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The bin of a value that may be too small beside the largest of its side.
  @inline(__always)
  private static func clamped(_ bin: Int64, _ words: UnsafePointer<UInt64>, _ used: Int) -> Int64 {
    if bin > zero {
      let largest = QuantileSketch.bin(ofWord: words[used - 1])
      return largest > zero ? max(bin, max(zero + 1, largest - Int64(maxSpan - 1))) : bin
    }
    if bin < zero {
      let largest = QuantileSketch.bin(ofWord: words[0])
      return largest < zero ? min(bin, min(zero - 1, largest + Int64(maxSpan - 1))) : bin
    }
    return bin
  }

  /// Puts the positive bins that are too small beside a new largest one together. Returns the words left.
  private static func collapsePositive(_ words: UnsafeMutablePointer<UInt64>, _ used: Int, largest: Int64) -> Int {
    let least = largest - Int64(maxSpan - 1)
    let first = position(zero + 1, words, used)
    let end = position(least, words, used)
    guard least > zero, end > first else { return used }
    let sum = (first..<end).reduce(UInt64(0)) { $0 + (words[$1] & countMask) }
    if bin(ofWord: words[end]) == least {
      words[end] = withCount(words[end], sum)
      memmove(words + first, words + end, (used - end) * 8)
      return used - (end - first)
    }
    words[first] = UInt64(least) << countBits | min(sum, countMask)
    memmove(words + first + 1, words + end, (used - end) * 8)
    return used - (end - first) + 1
  }

  private static func collapseNegative(_ words: UnsafeMutablePointer<UInt64>, _ used: Int, largest: Int64) -> Int {
    let least = largest + Int64(maxSpan - 1)
    let end = position(zero, words, used)
    // The first word beyond `least`.
    let first = position(least + 1, words, used)
    guard least < zero, end > first else { return used }
    let sum = (first..<end).reduce(UInt64(0)) { $0 + (words[$1] & countMask) }
    if bin(ofWord: words[first - 1]) == least {
      words[first - 1] = withCount(words[first - 1], sum)
      memmove(words + first, words + end, (used - end) * 8)
      return used - (end - first)
    }
    words[first] = UInt64(least) << countBits | min(sum, countMask)
    memmove(words + first + 1, words + end, (used - end) * 8)
    return used - (end - first) + 1
  }

  /// Adds all of another sketch.
  static func merge(_ other: BlobCell, into cell: BlobCell, memory: StateMemory) throws(StateLimitExceeded) {
    guard !other.isNone else { return }
    // From the outside in, so that the span is settled before small values come. Growing moves blobs, so addresses are taken anew.
    var low = 0
    var high = other.length / 8
    while low < high {
      let words = other.bytes.assumingMemoryBound(to: UInt64.self)
      let first = words[low]
      let last = words[high - 1]
      if zero - bin(ofWord: first) > bin(ofWord: last) - zero {
        low += 1
        try add(bin: bin(ofWord: first), count: first & countMask, to: cell, memory: memory)
      } else {
        high -= 1
        try add(bin: bin(ofWord: last), count: last & countMask, to: cell, memory: memory)
      }
    }
    cell.markDirty()
  }

  /// The value at rank floor(q (n - 1)), q in 0...1; nil of nothing.
  static func quantile(_ q: Double, of cell: BlobCell) -> Double? {
    guard !cell.isNone else { return nil }
    let words = cell.bytes.assumingMemoryBound(to: UInt64.self)
    let used = cell.length / 8
    let total = (0..<used).reduce(UInt64(0)) { $0 &+ (words[$1] & countMask) }
    guard total > 0 else { return nil }
    let rank = min(total - 1, UInt64(max(0, q * Double(total - 1))))
    var below: UInt64 = 0
    for index in 0..<used {
      below += words[index] & countMask
      if below > rank { return value(bin(ofWord: words[index])) }
    }
    return nil
  }

  /// Whether a stored blob can be a sketch: words in order, each once.
  static func isValid(_ cell: BlobCell) -> Bool {
    guard !cell.isNone else { return true }
    guard cell.length > 0, cell.length & 7 == 0 else { return false }
    let words = cell.bytes.assumingMemoryBound(to: UInt64.self)
    return (1..<max(1, cell.length / 8)).allSatisfy { bin(ofWord: words[$0 - 1]) < bin(ofWord: words[$0]) }
  }
}
