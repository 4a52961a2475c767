import StreamEngine

/// The kind of a spec's window, for those who only talk about it. Times are ms.
package enum SpecWindow: Sendable, Equatable {
  /// Tumbling and sliding.
  case aligned(size: Int64)
  case session(gap: Int64)
  case count(Int64, maxAge: Int64?)
}

extension CompiledSpec {
  package var window: SpecWindow {
    switch executor.window {
    case .tumbling(let size, _), .sliding(let size, _, _): .aligned(size: size)
    case .session(let gap): .session(gap: gap)
    case .count(let count, let maxAge): .count(count, maxAge: maxAge)
    }
  }

  /// How far the watermark stays behind the newest record.
  package var maxDelayMs: Int64 { executor.maxDelay }
}
