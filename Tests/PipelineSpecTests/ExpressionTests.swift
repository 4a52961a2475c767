import PipelineSpec
import RecordCodec
import StreamEngine
import Testing

@Suite("Expressions of a spec")
struct ExpressionTests {
  /// Members 0 to 3; the expression is number 4, and 5 is a later aggregation, 6 a later expression.
  private static func list(_ expression: JSONValue) -> JSONValue {
    [
      "count", ["as": "errors", "function": "count", "where": [["field": "s", "op": "==", "value": 1]]], ["as": "half", "expression": "count / 2"],
      ["as": "p99.9 of x", "function": "percentile", "field": "x", "p": 99.9], ["as": "e", "expression": expression], "last(model)",
      ["as": "later", "expression": "1"],
    ]
  }

  private func faults(_ expression: JSONValue) -> [SpecFault] { Fixtures.faults(Fixtures.least("aggregations", Self.list(expression))) }

  private func steps(_ expression: String) throws -> [Expression.Step]? {
    let spec = try Fixtures.parse(Fixtures.least("aggregations", Self.list(.string(expression))))
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
    #expect(spec.normalized["aggregations"]?.arrayValue?[4] == ["as": "e", "expression": .string(expression)])
    return spec.compiled.executor.aggregations[4].expression?.steps
  }

  @Test("an expression compiles to steps, with the usual precedence", arguments: [
    ("count", [.member(0)]), (" ( ( count ) ) ", [.member(0)]), ("errors/count", [.member(1), .member(0), .divide]),
    ("1+2*3", [.integer(1), .integer(2), .integer(3), .multiply, .add]),
    ("(1+2)*3", [.integer(1), .integer(2), .add, .integer(3), .multiply]),
    ("1-2-3", [.integer(1), .integer(2), .subtract, .integer(3), .subtract]),
    ("8/4/2", [.integer(8), .integer(4), .divide, .integer(2), .divide]),
    ("1-(2-3)", [.integer(1), .integer(2), .integer(3), .subtract, .subtract]),
    ("-count * 2", [.member(0), .negate, .integer(2), .multiply]), ("2 * -count", [.integer(2), .member(0), .negate, .multiply]),
    ("1--2", [.integer(1), .integer(2), .negate, .subtract]), ("--1", [.integer(1), .negate, .negate]),
    ("-(count+1)", [.member(0), .integer(1), .add, .negate]), ("half", [.member(2)]), ("last_model", [.member(5)]),
    ("`p99.9 of x` - `count`", [.member(3), .member(0), .subtract]), ("100 * errors", [.integer(100), .member(1), .multiply]),
    ("1.5e3 + 2E-2", [.double(1_500), .double(0.02), .add]), ("9223372036854775807", [.integer(.max)]),
    ("9223372036854775808", [.double(0x1p63)]), ("\tcount\n", [.member(0)]), ("1e3", [.double(1_000)]), ("007", [.integer(7)]),
  ] as [(String, [Expression.Step])])
  func compiles(text: String, expected: [Expression.Step]) throws {
    #expect(try steps(text) == expected)
  }

  @Test("a wrong expression is one fault, which says where in the text", arguments: [
    ("", "bad_format", 1, "the end"), ("  ", "bad_format", 3, "the end"), ("count /", "bad_format", 8, "the end"),
    ("/ count", "bad_format", 1, "\"/\""), ("count count", "bad_format", 7, "\"count\""), ("count 2", "bad_format", 7, "\"2\""),
    ("+count", "bad_format", 1, "\"+\""), ("(count", "bad_format", 1, "no \")\""), ("count)", "bad_format", 6, "no \"(\""),
    ("()", "bad_format", 2, "\")\""), ("count ((2))", "bad_format", 1, "no functions"), ("avg(x)", "bad_format", 1, "no functions"),
    ("count % 2", "bad_format", 7, "\"%\""), ("é / count", "bad_format", 1, "backquotes"), ("count × 2", "bad_format", 7, "\"×\""),
    ("éé", "bad_format", 1, "backquotes"), ("`é` + é", "unknown_value", 1, "\"é\""), ("`count", "bad_format", 1, "backquote"),
    ("count + `", "bad_format", 9, "backquote"), ("``", "unknown_value", 1, "\"\""), ("1.", "bad_format", 2, "number"), ("1.2.3", "bad_format", 4, "number"),
    (".5", "bad_format", 1, "\".\""), ("12abc", "bad_format", 3, "number"), ("1e", "bad_format", 2, "number"), ("1e999", "out_of_range", 1, "large"),
    ("p99.9", "unknown_value", 1, "\"p99\""), ("count.x", "bad_format", 6, "\".\""), ("error / count", "unknown_value", 1, "\"error\""),
    ("count + e", "conflict", 9, "itself"), ("later", "conflict", 1, "later in the list"), ("count, errors", "bad_format", 6, "\",\""),
  ] as [(String, String, Int, String)])
  func wrong(text: String, code: String, character: Int, word: String) throws {
    let faults = faults(.string(text))
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["/aggregations/4/expression \(code)"])
    let detail = try #require(faults.first).detail
    #expect(detail.hasPrefix("at character \(character): "), "\(detail)")
    #expect(detail.contains(word), "\(detail)")
  }

  @Test("an unknown name gets the nearest one, and never the expression's own")
  func suggestions() {
    #expect(faults("error / count").map(\.suggestion) == ["errors"])
    #expect(faults("`p99 of x`").map(\.suggestion) == ["p99.9 of x"])
    #expect(faults("f").map(\.suggestion) == [nil])
  }

  @Test("what stands beside an expression is a fault, and so is an expression without a name", arguments: [
    (["expression": "count"], "/as missing"), (["as": "x", "expression": 5], "/expression wrong_type"), (["as": 5, "expression": "1"], "/as wrong_type"),
    (["as": "x", "expression": "1", "function": "sum"], "/function conflict"), (["as": "x", "expression": "1", "field": "a"], "/field conflict"),
    (["as": "x", "expression": "1", "where": []], "/where conflict"), (["as": "x", "expression": "1", "p": 5], "/p conflict"),
    (["as": "x", "expression": "1", "population": true], "/population conflict"), (["as": "x", "expression": "1", "unit": "s"], "/unit unknown_member"),
    (["as": "x", "expression": .string("1" + String(repeating: " ", count: 4_096))], "/expression too_long"),
    (["as": "x", "expression": .string("1" + String(repeating: " ", count: 4_095))], ""),
  ] as [(JSONValue, String)])
  func members(item: JSONValue, fault: String) {
    let faults = Fixtures.faults(Fixtures.least("aggregations", ["count", item])).map { "\($0.pointer) \($0.code)" }
    #expect(faults.joined(separator: "; ") == (fault.isEmpty ? "" : "/aggregations/1" + fault))
  }

  @Test("an expression over an entry that has a fault brings no second one")
  func noFollowingFaults() {
    let list: JSONValue = ["count", ["function": "agv", "field": "x"], ["as": "e", "expression": "avg_x / count"]]
    #expect(Fixtures.faults(Fixtures.least("aggregations", list)).map(\.pointer) == ["/aggregations/1/function"])
  }

  @Test("expressions alone have nothing to be computed from")
  func onlyExpressions() {
    let list: JSONValue = [["as": "a", "expression": "1"], ["as": "b", "expression": "a + 1"]]
    #expect(Fixtures.faults(Fixtures.least("aggregations", list)).map { "\($0.pointer) \($0.code)" } == ["/aggregations conflict"])
  }

  @Test("an expression needs no more values at a time than there is room for; brackets and signs cost none")
  func depth() throws {
    func nested(_ values: Int, _ value: String = "1") -> String {
      String(repeating: value + "+(", count: values - 1) + value + String(repeating: ")", count: values - 1)
    }
    #expect(try steps(nested(Expression.maxDepth))?.count == 2 * Expression.maxDepth - 1)
    #expect(try steps(nested(Expression.maxDepth, "-1"))?.count == 3 * Expression.maxDepth - 1)
    for value in ["1", "-1"] {
      let fault = try #require(faults(.string(nested(Expression.maxDepth + 1, value))).first)
      #expect(fault.code == "out_of_range" && fault.detail.contains("\(Expression.maxDepth) values"))
    }
    #expect(try steps(String(repeating: "(", count: 2_000) + "1" + String(repeating: ")", count: 2_000)) == [.integer(1)])
    #expect(try steps(String(repeating: "-", count: 4_000) + "1")?.count == 4_001)
    #expect(try steps("1" + String(repeating: "+1", count: 2_000))?.count == 4_001)
  }

  @Test("2,000 random expressions have the value of the tree that they were written from")
  func randomTrees() throws {
    var generator = Generator(state: 9)
    var depths = Set<Int>()
    for _ in 0..<2_000 {
      let tree = Tree.random(&generator, depth: generator.next(5))
      let text = tree.text(binding: 0)
      let steps = try #require(try steps(text), "\(text)")
      let value = Tree.evaluate(steps)
      #expect(value == tree.value || value.isNaN && tree.value.isNaN, "\(text)")
      depths.insert(steps.count)
    }
    #expect(depths.count > 10)
  }

  @Test("random texts are expressions or faults, and never more")
  func randomTexts() {
    var generator = Generator(state: 10)
    let words = ["(", ")", "+", "-", "*", "/", "1", "2.5", "count", "errors", "`count`", " ", "`", ".", "é", "e", "1e", "\u{0}", "later", "\u{301}"]
    var valid = 0
    for _ in 0..<5_000 {
      let text = (0..<generator.next(8)).map { _ in generator.pick(words) }.joined()
      let faults = faults(.string(text))
      if faults.isEmpty { valid += 1 }
      #expect(faults.count <= 1)
    }
    #expect(valid > 100)
  }
}

/// An expression as a tree, written with as few brackets as it needs.
private indirect enum Tree {
  case number(Int)
  case negative(Tree)
  case binary(Tree, Character, Tree)

  static func random(_ generator: inout Generator, depth: Int) -> Tree {
    if depth == 0 { return .number(generator.next(10)) }
    if generator.next(5) == 0 { return .negative(random(&generator, depth: depth - 1)) }
    let left = random(&generator, depth: generator.next(depth))
    return .binary(left, generator.pick(["+", "-", "*", "/"]), random(&generator, depth: generator.next(depth)))
  }

  var value: Double {
    switch self {
    case .number(let number): Double(number)
    case .negative(let inner): -inner.value
    case .binary(let a, let sign, let b): Self.apply(sign, a.value, b.value)
    }
  }

  /// In brackets if the tree binds less than its surroundings.
  func text(binding: Int) -> String {
    switch self {
    case .number(let number): return String(number)
    case .negative(let inner): return "-" + inner.text(binding: 3)
    case .binary(let a, let sign, let b):
      let own = sign == "+" || sign == "-" ? 1 : 2
      let text = a.text(binding: own) + String(sign) + b.text(binding: own + 1)
      return own < binding ? "(" + text + ")" : text
    }
  }

  static func evaluate(_ steps: [Expression.Step]) -> Double {
    var stack: [Double] = []
    for step in steps {
      switch step {
      case .integer(let number): stack.append(Double(number))
      case .double(let number): stack.append(number)
      case .member: stack.append(.nan)
      case .negate: stack.append(-stack.removeLast())
      case .add, .subtract, .multiply, .divide:
        let b = stack.removeLast()
        let sign: Character = step == .add ? "+" : step == .subtract ? "-" : step == .multiply ? "*" : "/"
        stack.append(apply(sign, stack.removeLast(), b))
      }
    }
    return stack[0]
  }

  private static func apply(_ sign: Character, _ a: Double, _ b: Double) -> Double {
    switch sign {
    case "+": a + b
    case "-": a - b
    case "*": a * b
    default: a / b
    }
  }
}
