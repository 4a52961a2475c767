/// Arithmetic over members of a result, as steps of a stack machine (reverse Polish notation).
///
/// A member that is missing or no number, a division by zero and a result that is not finite make the whole missing. Sums,
/// differences and products of integers stay integers while they fit; a quotient is a double.
package struct Expression: Sendable, Equatable {
  package enum Step: Sendable, Equatable {
    case integer(Int64)
    case double(Double)
    /// Member at that place of `ExecutorConfiguration.aggregations`: an expression that stands before this one, or no expression.
    case member(Int)
    case add, subtract, multiply, divide, negate
  }

  /// Most values on the stack at a time.
  package static let maxDepth = 32

  package let steps: [Step]

  /// nil if the steps do not leave exactly one value, take from an empty stack or need more than `maxDepth`.
  package init?(_ steps: [Step]) {
    var depth = 0
    for step in steps {
      switch step {
      case .integer, .double, .member: depth += 1
      case .add, .subtract, .multiply, .divide:
        guard depth >= 2 else { return nil }
        depth -= 1
      case .negate: guard depth >= 1 else { return nil }
      }
      guard depth <= Expression.maxDepth else { return nil }
    }
    guard depth == 1 else { return nil }
    self.steps = steps
  }
}
