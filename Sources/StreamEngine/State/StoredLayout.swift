/// Which accumulator stands where in the rows of a stored state.
package struct StoredLayout: Sendable, Equatable {
  package struct Accumulator: Sendable, Equatable {
    /// What it holds, such as `sum`.
    package var kind: String
    /// What it is made from: `ExecutorConfiguration.columnNames`.
    package var column: String
    /// In the row; a multiple of 8.
    package var offset: Int
    /// Of the word with the kinds of its numbers; 0 if it has none.
    package var kinds: Int
    /// How often the layout has changed since it came: rows with a larger age hold records that are not in it.
    package var age: Int

    package init(kind: String, column: String, offset: Int, kinds: Int, age: Int) {
      self.kind = kind
      self.column = column
      self.offset = offset
      self.kinds = kinds
      self.age = age
    }

    func isSame(as other: Accumulator) -> Bool { kind == other.kind && column == other.column }
  }

  /// Bytes of a row.
  package var width: Int
  package var accumulators: [Accumulator]

  package init(width: Int, accumulators: [Accumulator]) {
    self.width = width
    self.accumulators = accumulators
  }

  /// Whether rows of the other look the same, whatever is known of their age.
  func looksLike(_ other: StoredLayout) -> Bool {
    width == other.width
      && accumulators.elementsEqual(other.accumulators) { $0.isSame(as: $1) && $0.offset == $1.offset && $0.kinds == $1.kinds }
  }
}
