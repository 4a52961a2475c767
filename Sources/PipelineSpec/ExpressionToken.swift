import StreamEngine

/// A word of an expression.
enum ExpressionToken {
  case number(Expression.Step)
  case name(String)
  case plus, minus, times, over
  case open, close
  case end
}
