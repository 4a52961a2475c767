import StreamEngine
import Testing

/// One rule of derived members. Members: 0 count, 1 sum of the column, 2 first of the other column, 3 the expression, 4 max of the
/// column, behind it.
struct ExpressionCase: CustomTestStringConvertible, Sendable {
  var rule: String
  var steps: [Expression.Step]
  var cells: [TestCell] = [.int(6), .int(1)]
  var other = TestCell.missing
  var expected: TestCell
  var testDescription: String { rule }

  static let all: [ExpressionCase] = [
    ExpressionCase(rule: "a quotient of integers is a double", steps: [.member(1), .member(0), .divide], expected: .double(3.5)),
    ExpressionCase(rule: "even where it is whole", steps: [.integer(6), .member(0), .divide], expected: .double(3)),
    ExpressionCase(rule: "sums of integers are integers", steps: [.member(1), .member(0), .add], expected: .int(9)),
    ExpressionCase(rule: "differences too, in their order", steps: [.member(0), .member(1), .subtract], expected: .int(-5)),
    ExpressionCase(rule: "products too", steps: [.member(0), .member(1), .multiply], expected: .int(14)),
    ExpressionCase(rule: "with a double they are doubles", steps: [.member(0), .double(0.5), .multiply], expected: .double(1)),
    ExpressionCase(rule: "negation", steps: [.member(1), .negate], expected: .int(-7)),
    ExpressionCase(rule: "nested", steps: [.integer(100), .member(1), .member(0), .add, .integer(4), .subtract, .divide], expected: .double(20)),
    ExpressionCase(rule: "a member behind the expression", steps: [.member(4), .integer(1), .add], expected: .int(7)),
    ExpressionCase(rule: "a constant alone", steps: [.integer(42)], expected: .int(42)),
    ExpressionCase(rule: "a member alone", steps: [.member(1)], cells: [.double(0.5)], expected: .double(0.5)),
    ExpressionCase(rule: "a division by zero is missing", steps: [.member(0), .integer(0), .divide], expected: .missing),
    ExpressionCase(rule: "by a double zero too", steps: [.member(0), .double(-0.0), .divide], expected: .missing),
    ExpressionCase(rule: "zero by zero too", steps: [.integer(0), .integer(0), .divide], expected: .missing),
    ExpressionCase(rule: "and whatever is made of it", steps: [.integer(0), .integer(1), .member(0), .integer(0), .divide, .divide, .multiply],
      expected: .missing),
    ExpressionCase(rule: "a missing member makes the whole missing", steps: [.member(1), .member(0), .add], cells: [.missing], expected: .missing),
    ExpressionCase(rule: "a text is no number", steps: [.member(2), .integer(1), .add], other: .text("1"), expected: .missing),
    ExpressionCase(rule: "nor is a boolean", steps: [.member(2), .integer(1), .add], other: .boolean(true), expected: .missing),
    ExpressionCase(rule: "nor alone", steps: [.member(2)], other: .text("7"), expected: .missing),
    ExpressionCase(rule: "a number of any column", steps: [.member(2), .integer(1), .add], other: .int(1), expected: .int(2)),
    ExpressionCase(rule: "a sum that leaves Int64 becomes a double", steps: [.integer(.max), .integer(1), .add], expected: .double(0x1p63)),
    ExpressionCase(rule: "a difference too", steps: [.integer(.min), .integer(1), .subtract], expected: .double(-0x1p63)),
    ExpressionCase(rule: "a product too", steps: [.integer(.max), .integer(2), .multiply], expected: .double(0x1p64)),
    ExpressionCase(rule: "the smallest Int64 negated too", steps: [.integer(.min), .negate], expected: .double(0x1p63)),
    ExpressionCase(rule: "the smallest Int64 by -1", steps: [.integer(.min), .integer(-1), .divide], expected: .double(0x1p63)),
    ExpressionCase(rule: "what is not finite is missing", steps: [.double(1e308), .integer(10), .multiply], expected: .missing),
    ExpressionCase(rule: "on the way too", steps: [.integer(1), .double(1e308), .integer(10), .multiply, .divide], expected: .missing),
  ]
}
