/// Arithmetic over other members of a result: `.member("errors") / .member("count") * 100`.
///
/// A member that is missing or no number, a division by zero and what is not finite make the whole `missing`. Sums, differences and
/// products of integers stay integers while they fit; a quotient is a double.
public struct MemberExpression: Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  enum Step: Sendable {
    case member(String)
    case other(Expression.Step)
  }

  /// Reverse Polish notation.
  let steps: [Step]

  private init(_ steps: [Step]) { self.steps = steps }

  /// The figure of the aggregation with that name; an expression among them must stand before this one.
  public static func member(_ name: String) -> MemberExpression { MemberExpression([.member(name)]) }

  public init(integerLiteral value: Int64) { self.init([.other(.integer(value))]) }

  public init(floatLiteral value: Double) { self.init([.other(.double(value))]) }

  public static func + (a: Self, b: Self) -> Self { Self(a.steps + b.steps + [.other(.add)]) }

  public static func - (a: Self, b: Self) -> Self { Self(a.steps + b.steps + [.other(.subtract)]) }

  public static func * (a: Self, b: Self) -> Self { Self(a.steps + b.steps + [.other(.multiply)]) }

  public static func / (a: Self, b: Self) -> Self { Self(a.steps + b.steps + [.other(.divide)]) }

  public static prefix func - (a: Self) -> Self { Self(a.steps + [.other(.negate)]) }

  var members: [String] {
    steps.compactMap { if case .member(let name) = $0 { name } else { nil } }
  }

  /// nil: a name is not among `places`, or it nests too deeply.
  func compiled(_ places: [String: Int]) -> Expression? {
    var compiled: [Expression.Step] = []
    for step in steps {
      switch step {
      case .other(let step): compiled.append(step)
      case .member(let name):
        guard let place = places[name] else { return nil }
        compiled.append(.member(place))
      }
    }
    return Expression(compiled)
  }
}
