/// How event time is cut into slices such that every window is made of whole ones: at each start and each end of a window, which
/// makes at most two slices a slide, whatever the ratio of size and slide ("paired windows": Krishnamurthy, Wu, Franklin: On-the-Fly
/// Sharing for Streamed Aggregation, SIGMOD 2006). A tumbling window is one slice.
///
/// Windows begin at every multiple of `slide` plus `offset`. What would leave Int64 is held at its ends.
struct SliceGrid: Equatable {
  /// Milliseconds, at least 1.
  let size: Int64
  /// Milliseconds, 1 ... size.
  let slide: Int64
  /// Milliseconds, 0 ..< slide.
  let offset: Int64
  /// How far behind a window's start others end: size modulo slide.
  let rest: Int64

  init(size: Int64, slide: Int64, offset: Int64) {
    self.size = max(1, size)
    self.slide = min(max(1, slide), self.size)
    let shift = offset % self.slide
    self.offset = shift < 0 ? shift + self.slide : shift
    rest = self.size % self.slide
  }

  /// How far a time lies behind the last multiple of the slide plus `shift` (0 ..< slide), 0 ..< slide. Floors: -1 lies before 0.
  @inline(__always)
  private func distance(_ time: Int64, _ shift: Int64) -> Int64 {
    var rest = time % slide
    if rest < 0 { rest += slide }
    let distance = rest - shift
    return distance < 0 ? distance + slide : distance
  }

  /// The slice that a time belongs to.
  @inline(__always)
  func slice(of time: Int64) -> (start: Int64, end: Int64) {
    let behind = distance(time, offset)
    if behind < rest { return (saturatingDifference(time, behind), saturatingSum(time, rest - behind)) }
    return (saturatingDifference(time, behind - rest), saturatingSum(time, slide - behind))
  }

  /// End of the last window that covers the slice of that time: the one that begins last.
  @inline(__always)
  func lastEnd(_ time: Int64) -> Int64 { saturatingSum(time, size - distance(time, offset)) }

  /// The first end of a window behind that time; also of the first window that covers its slice.
  @inline(__always)
  func firstEnd(after time: Int64) -> Int64 {
    saturatingSum(time, slide - distance(time, offset + rest < slide ? offset + rest : offset + rest - slide))
  }

  /// Start of the window with that end.
  @inline(__always)
  func start(ofEnd end: Int64) -> Int64 {
    // Those that end behind the last Int64 were cut there, and count as the first of them.
    if end == Int64.max {
      let behind = distance(end - size, offset)
      return behind == 0 ? end - size : end - size + (slide - behind)
    }
    return saturatingDifference(end, size)
  }

  // MARK: Slides, counted from the offset

  /// The slide that a time lies in; nil near the ends of Int64.
  func slide(of time: Int64) -> Int64? {
    let begin = saturatingDifference(time, distance(time, offset))
    guard begin > Int64.min / 2, begin < Int64.max / 2 else { return nil }
    return (begin - offset) / slide
  }

  func start(ofSlide number: Int64) -> Int64 { offset + number * slide }

  /// The whole slides of the window with that end; nil near the ends of Int64.
  func slides(ofEnd end: Int64) -> Range<Int64>? {
    guard let first = slide(of: start(ofEnd: end)), slide(of: end) != nil else { return nil }
    return first..<first + size / slide
  }

  /// A slice begins there.
  func isStart(_ time: Int64) -> Bool { slice(of: time).start == time }
}
