import StreamEngine

/// Turns the text of an expression into steps: operators wait on a stack of their own until one that binds less comes, so brackets
/// and long chains take no recursion.
struct ExpressionParser {
  private enum Waiting {
    case bracket(at: Int)
    case step(Expression.Step, binding: Int)
  }

  private let items: [AggregationItem]
  private let own: Int
  private var lexer: ExpressionLexer
  private var steps: [Expression.Step] = []
  private var waiting: [Waiting] = []
  /// Values on the stack after `steps`.
  private var depth = 0

  /// `own`: which of the items the expression is.
  init(_ text: String, of own: Int, in items: [AggregationItem]) {
    lexer = ExpressionLexer(text)
    self.own = own
    self.items = items
  }

  mutating func parse() throws(ExpressionFault) -> Expression {
    repeat {
      try readValue()
    } while try readOperator()
    guard let expression = Expression(steps) else {
      throw ExpressionFault(.badFormat, at: 1, "is no expression")
    }
    return expression
  }

  /// Brackets and signs up to and with one number or name.
  private mutating func readValue() throws(ExpressionFault) {
    while true {
      switch try lexer.next() {
      case .number(let step): return try push(step)
      case .name(let name): return try push(.member(try member(name)))
      case .open: waiting.append(.bracket(at: lexer.last.lowerBound))
      case .minus: waiting.append(.step(.negate, binding: 3))
      default:
        throw ExpressionFault(
          .badFormat, at: here, "expected a name, a number or \"(\", not \(lexer.lastText)")
      }
    }
  }

  /// Closing brackets up to and with one operator; false at the end.
  private mutating func readOperator() throws(ExpressionFault) -> Bool {
    while true {
      switch try lexer.next() {
      case .plus: wait(.add, binding: 1)
      case .minus: wait(.subtract, binding: 1)
      case .times: wait(.multiply, binding: 2)
      case .over: wait(.divide, binding: 2)
      case .close:
        release(binding: 0)
        guard waiting.popLast() != nil else { throw ExpressionFault(.badFormat, at: here, "this \")\" has no \"(\" before it") }
        continue
      case .end:
        release(binding: 0)
        guard case .bracket(let place) = waiting.last else { return false }
        throw ExpressionFault(.badFormat, at: lexer.character(place), "this \"(\" has no \")\" after it")
      default:
        throw ExpressionFault(.badFormat, at: here, "expected an operator or the end, not \(lexer.lastText)")
      }
      return true
    }
  }

  private var here: Int { lexer.character(lexer.last.lowerBound) }

  private mutating func wait(_ step: Expression.Step, binding: Int) {
    release(binding: binding)
    waiting.append(.step(step, binding: binding))
  }

  /// Takes the operators that bind at least so much, back to a bracket.
  private mutating func release(binding least: Int) {
    while case .step(let step, let binding) = waiting.last, binding >= least {
      waiting.removeLast()
      steps.append(step)
      if step != .negate { depth -= 1 }
    }
  }

  private mutating func push(_ value: Expression.Step) throws(ExpressionFault) {
    depth += 1
    if depth > Expression.maxDepth {
      throw ExpressionFault(
        .outOfRange, at: here, "needs more than \(Expression.maxDepth) values at a time",
        suggestion: "a part of it as an expression of its own")
    }
    steps.append(value)
  }

  private func member(_ name: String) throws(ExpressionFault) -> Int {
    if lexer.isBeforeBracket {
      throw ExpressionFault(
        .badFormat, at: here,
        "\(SpecText.quoted(name)) is followed by a bracket, but there are no functions here: an expression names aggregations of the list",
        suggestion: items.first { $0.text == nil }?.name)
    }
    guard let index = items.firstIndex(where: { $0.name == name }) else {
      throw ExpressionFault(
        .unknownValue, at: here, "no aggregation is called \(SpecText.quoted(name))",
        suggestion: NearestName.find(name, among: items.map(\.name).filter { $0 != items[own].name }))
    }
    if index == own { throw ExpressionFault(.conflict, at: here, "an expression cannot use itself") }
    if index > own, items[index].text != nil {
      throw ExpressionFault(
        .conflict, at: here, "\(SpecText.quoted(name)) is an expression that stands later in the list",
        suggestion: "that one before this one")
    }
    return index
  }
}
