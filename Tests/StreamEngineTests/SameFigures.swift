import StreamEngine

extension [AggregationPlan] {
  /// Whether two results show the same: byte for byte, but for the last digits of a stddev or variance, which depend on the order in
  /// which slices are merged, and of what an expression makes of one.
  func same(_ a: [TestCell], _ b: [TestCell]) -> Bool {
    let inexact: Set<AggregateFunction> = [.stddev, .variance]
    let hasInexact = contains { inexact.contains($0.function) }
    return a.count == b.count && zip(self, zip(a, b)).allSatisfy { plan, cells in
      let bound = inexact.contains(plan.function) ? 1e-12 : (plan.function == .expression && hasInexact ? 1e-9 : 0)
      guard bound > 0, let x = cells.0.number, let y = cells.1.number else { return cells.0 == cells.1 }
      return abs(x - y) <= bound * abs(x)
    }
  }
}
