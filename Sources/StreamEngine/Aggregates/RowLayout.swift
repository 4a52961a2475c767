/// Where things stand in a row: a header (`RowHeader`, and what the windows add to it), then the accumulators, each at a multiple
/// of 8: one count of all records if any aggregation asks for it; then per field, shared by all its aggregations and only where one
/// needs it, those of `Step.Kind` in their order; then a state for each custom aggregation.
struct RowLayout {
  /// Bits of byte 2 of the kinds.
  static let summedIntegers: UInt8 = 1
  static let summedDoubles: UInt8 = 2

  /// One accumulator, and the pass over a column of a run that updates it.
  struct Step {
    enum Kind: String {
      /// Int64: all records.
      case countAll
      /// Int64: records with a value.
      case count
      /// Int128 of the integers as low and high word, then sum and compensation of the doubles; byte 2 of the kinds: which were summed.
      case sum
      /// 64 bits; byte 0 of the kinds says what they are, byte 1 for `max`.
      case min, max
      /// Count (Int64), mean and sum of squared distances from it (doubles).
      case moments
      /// `BlobCell` of a `QuantileSketch`.
      case quantiles
      /// `BlobCell` of a `DistinctSet`.
      case distinct
      /// A `HeldScalar`.
      case first, last
      /// `BlobCell` of a state.
      case custom

      var bytes: Int {
        switch self {
        case .countAll, .count, .min, .max, .quantiles, .distinct, .custom: 8
        case .sum: 32
        case .moments: 24
        case .first, .last: HeldScalar.bytes
        }
      }

      /// Which byte of the kinds belongs to it.
      var kindsByte: Int? {
        switch self {
        case .min: 0
        case .max: 1
        case .sum: 2
        default: nil
        }
      }
    }
    var kind: Kind
    var field: Int
    var offset: Int
    /// Offset of the field's kinds.
    var kinds = 0
    var custom: CustomAggregation?
    /// What it is made from: `ExecutorConfiguration.columnNames`.
    var column = ""
    /// Rows with a larger age (`RowFlags.age`) hold records that are not in it.
    var age: UInt16 = 0

    /// What it is in a stored layout.
    var name: String { custom.map { "custom(\($0.identity))" } ?? kind.rawValue }
  }

  /// What one member of a result is made from; offsets are 0 where it does not need one.
  struct Output {
    var plan: AggregationPlan
    var kinds = 0
    var count = 0
    var value = 0
    /// Of the youngest step that it is made from: in rows with a larger age it is missing.
    var age: UInt16 = 0
  }

  let headerBytes: Int
  private(set) var steps: [Step] = []
  private(set) var outputs: [Output] = []
  /// Places of the outputs that are made from others.
  private(set) var expressions: [Int] = []
  /// Offsets of the kinds words, for checking a stored row.
  private(set) var kindsOffsets: [Int] = []
  private(set) var width: Int

  /// Offsets of cells that lead to a blob whenever they are not zero.
  var blobCells: [Int] {
    steps.filter { [.quantiles, .distinct, .custom].contains($0.kind) }.map(\.offset)
  }

  /// Offsets of scalars that are held, and may lead to a text.
  var heldScalars: [Int] {
    steps.filter { $0.kind == .first || $0.kind == .last }.map(\.offset)
  }

  /// A step needs the blobs of the row's table.
  var usesBlobs: Bool { !blobCells.isEmpty || !heldScalars.isEmpty }

  init(_ configuration: ExecutorConfiguration, headerBytes: Int) {
    let aggregations = configuration.aggregations
    self.headerBytes = headerBytes
    width = headerBytes
    var countAll = 0
    if aggregations.contains(where: { $0.field == nil && [.count, .rate].contains($0.function) }) {
      countAll = add(.countAll)
    }
    var kinds: [Int: Int] = [:]
    var places: [Int: [Step.Kind: Int]] = [:]
    for field in Set(aggregations.compactMap(\.field)).sorted() {
      precondition((0..<configuration.fieldCount).contains(field))
      let functions = Set(aggregations.lazy.filter { $0.field == field }.map(\.function))
      if !functions.isDisjoint(with: [.sum, .avg, .min, .max]) {
        kinds[field] = take(8)
        kindsOffsets.append(kinds[field] ?? 0)
      }
      for (kind, users) in Self.accumulators where !functions.isDisjoint(with: users) {
        places[field, default: [:]][kind] = add(
          kind, field: field, kinds: kind.kindsByte == nil ? 0 : kinds[field] ?? 0, column: configuration.columnName(field))
      }
    }
    for plan in aggregations {
      var output = Output(plan: plan, count: countAll)
      if plan.function == .custom, let custom = plan.custom {
        output.value = add(.custom, custom: custom)
      }
      if let field = plan.field {
        let place = places[field] ?? [:]
        output.kinds = kinds[field] ?? 0
        output.count = place[.count] ?? 0
        output.value = Self.accumulator(of: plan.function).flatMap { place[$0] } ?? 0
      }
      if plan.function == .expression { expressions.append(outputs.count) }
      outputs.append(output)
    }
    setAges(steps.map { _ in 0 })
  }

  /// One for each step.
  mutating func setAges(_ ages: [UInt16]) {
    for (place, age) in zip(steps.indices, ages) { steps[place].age = age }
    for place in outputs.indices { outputs[place].age = age(of: outputs[place]) }
  }

  private func age(of output: Output) -> UInt16 {
    let offsets: [Int] =
      switch output.plan.function {
      case .count, .rate: [output.count]
      case .avg: [output.count, output.value]
      case .expression: []
      default: [output.value]
      }
    return offsets.compactMap { offset in steps.first { $0.offset == offset }?.age }.min() ?? .max
  }

  /// Accumulators of a field and the functions that need each.
  private static let accumulators: [(Step.Kind, Set<AggregateFunction>)] = [
    (.count, [.count, .avg, .rate]), (.sum, [.sum, .avg]), (.min, [.min]), (.max, [.max]), (.moments, [.stddev, .variance]),
    (.quantiles, [.percentile]), (.distinct, [.distinct]), (.first, [.first]), (.last, [.last]),
  ]

  private static func accumulator(of function: AggregateFunction) -> Step.Kind? {
    switch function {
    case .sum, .avg: .sum
    case .min: .min
    case .max: .max
    case .stddev, .variance: .moments
    case .percentile: .quantiles
    case .distinct: .distinct
    case .first: .first
    case .last: .last
    case .count, .rate, .custom, .expression: nil
    }
  }

  private mutating func take(_ bytes: Int) -> Int {
    defer { width += bytes }
    return width
  }

  private mutating func add(
    _ kind: Step.Kind, field: Int = 0, kinds: Int = 0, custom: CustomAggregation? = nil, column: String = ""
  ) -> Int {
    let offset = take(kind.bytes)
    steps.append(Step(kind: kind, field: field, offset: offset, kinds: kinds, custom: custom, column: column))
    return offset
  }
}
