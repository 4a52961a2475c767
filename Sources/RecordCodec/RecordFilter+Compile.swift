import CSimdJSON

extension RecordFilter {
  /// Adds the filter's comparisons to a decoder, as tests that each say where to go on; returns where to begin. `all`, `any` and
  /// `not` are nothing but places to go on at.
  func compile(into decoder: OpaquePointer) -> Int32 {
    let never = Int32(PSJ_FAILS)
    return isDeeper(than: Self.maxDepth) ? never : compile(into: decoder, onTrue: Int32(PSJ_HOLDS), onFalse: never)
  }

  private func isDeeper(than levels: Int) -> Bool {
    guard levels > 0 else { return true }
    switch self {
    case .compare, .isIn, .exists: return false
    case .all(let parts), .any(let parts): return parts.contains { $0.isDeeper(than: levels - 1) }
    case .not(let part): return part.isDeeper(than: levels - 1)
    }
  }

  /// From the end on, since a test may only go on at tests that are there already.
  private func compile(into decoder: OpaquePointer, onTrue: Int32, onFalse: Int32) -> Int32 {
    switch self {
    case .compare(let path, let relation, let value):
      return value.test(path, relation.code, decoder, onTrue: onTrue, onFalse: onFalse)
    case .isIn(let path, let values):
      return values.reversed().reduce(onFalse) { next, value in
        value.test(path, Int32(PSJ_TEST_EQUAL), decoder, onTrue: onTrue, onFalse: next)
      }
    case .exists(let path):
      return Value.boolean(true).test(path, Int32(PSJ_TEST_EXISTS), decoder, onTrue: onTrue, onFalse: onFalse)
    case .all(let parts):
      return parts.reversed().reduce(onTrue) { $1.compile(into: decoder, onTrue: $0, onFalse: onFalse) }
    case .any(let parts):
      return parts.reversed().reduce(onFalse) { $1.compile(into: decoder, onTrue: onTrue, onFalse: $0) }
    case .not(let part):
      return part.compile(into: decoder, onTrue: onFalse, onFalse: onTrue)
    }
  }
}

extension RecordFilter.Value {
  fileprivate func test(
    _ path: FieldPath, _ relation: Int32, _ decoder: OpaquePointer, onTrue: Int32, onFalse: Int32
  ) -> Int32 {
    var test = psj_test()
    test.relation = relation
    test.on_true = onTrue
    test.on_false = onFalse
    var text = ""
    switch self {
    case .integer(let number):
      test.literal_kind = Int32(PSJ_CELL_INTEGER)
      test.literal_bits = UInt64(bitPattern: number)
    case .double(let number):
      test.literal_kind = Int32(PSJ_CELL_DOUBLE)
      test.literal_bits = number.bitPattern
    case .boolean(let flag):
      test.literal_kind = Int32(PSJ_CELL_BOOLEAN)
      test.literal_bits = flag ? 1 : 0
    case .text(let literal):
      test.literal_kind = Int32(PSJ_CELL_TEXT)
      text = literal
    }
    return path.text.withBytes { bytes, count in
      text.withBytes { literal, length in
        test.path = bytes
        test.path_length = count
        test.text = literal
        test.text_length = length
        return psj_decoder_add_test(decoder, &test)
      }
    }
  }
}

extension RecordFilter.Operator {
  fileprivate var code: Int32 {
    switch self {
    case .equal: Int32(PSJ_TEST_EQUAL)
    case .notEqual: Int32(PSJ_TEST_NOT_EQUAL)
    case .less: Int32(PSJ_TEST_LESS)
    case .lessOrEqual: Int32(PSJ_TEST_LESS_OR_EQUAL)
    case .greater: Int32(PSJ_TEST_GREATER)
    case .greaterOrEqual: Int32(PSJ_TEST_GREATER_OR_EQUAL)
    case .contains: Int32(PSJ_TEST_CONTAINS)
    case .startsWith: Int32(PSJ_TEST_STARTS_WITH)
    }
  }
}
