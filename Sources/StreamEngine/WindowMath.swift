/// Tumbling windows, normalized.
struct TumblingWindow: Equatable {
  /// Milliseconds, at least 1.
  var size: Int64
  /// Milliseconds, 0 ..< size.
  var offset: Int64
}

extension TumblingWindow {
  /// The same windows with a size of at least 1 and an offset in 0 ..< size, whatever was asked for.
  var normalized: TumblingWindow {
    let size = max(1, size)
    let rest = offset % size
    return TumblingWindow(size: size, offset: rest < 0 ? rest + size : rest)
  }

  /// How far a time lies behind the start of its window, 0 ..< size. Floors: -1 belongs to the window before 0.
  @inline(__always)
  private func distance(_ time: Int64) -> Int64 {
    var rest = time % size
    if rest < 0 { rest += size }
    let distance = rest - offset
    return distance < 0 ? distance + size : distance
  }

  /// Start of the window that a time belongs to. The one window that begins before the smallest Int64 is given that as its start.
  @inline(__always)
  func start(of time: Int64) -> Int64 {
    let (start, overflow) = time.subtractingReportingOverflow(distance(time))
    return overflow ? Int64.min : start
  }

  /// End of the window with that start; the one that ends after the largest Int64 is given that as its end.
  @inline(__always)
  func end(fromStart start: Int64) -> Int64 {
    saturatingSum(start, size - distance(start))
  }
}

/// a + b, held within Int64.
@inline(__always)
func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (b < 0 ? Int64.min : Int64.max) : sum
}

/// a - b, held within Int64.
@inline(__always)
func saturatingDifference(_ a: Int64, _ b: Int64) -> Int64 {
  let (difference, overflow) = a.subtractingReportingOverflow(b)
  return overflow ? (b < 0 ? Int64.max : Int64.min) : difference
}
