/// A pipeline that cannot be built or run as it was described: every fault, not only the first.
public struct InvalidPipeline: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence for each, for people.
  public var faults: [String]

  public init(faults: [String]) {
    self.faults = faults
  }

  public var description: String { faults.joined(separator: "; ") }
}
