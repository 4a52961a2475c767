/// Where things stand in a row: a header (`RowHeader`, and what the windows add to it), then the accumulators, each at a multiple
/// of 8: one count of all records if any aggregation asks for it; then per field, shared by all its aggregations and only where one
/// needs it, those of `Step.Kind` in their order; then a state for each custom aggregation.
struct RowLayout {
  /// Bits of byte 2 of the kinds.
  static let summedIntegers: UInt8 = 1
  static let summedDoubles: UInt8 = 2

  /// One accumulator, and the pass over a column of a run that updates it.
  struct Step {
    enum Kind {
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
    }
    var kind: Kind
    var field: Int
    var offset: Int
    /// Offset of the field's kinds.
    var kinds = 0
    var custom: CustomAggregation?
  }

  /// What one member of a result is made from; offsets are 0 where it does not need one.
  struct Output {
    var plan: AggregationPlan
    var kinds = 0
    var count = 0
    var value = 0
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

  init(_ aggregations: [AggregationPlan], fieldCount: Int, headerBytes: Int) {
    self.headerBytes = headerBytes
    width = headerBytes
    var countAll = 0
    if aggregations.contains(where: { $0.field == nil && [.count, .rate].contains($0.function) }) {
      countAll = add(.countAll, 8)
    }
    var kinds: [Int: Int] = [:]
    var places: [Int: [Step.Kind: Int]] = [:]
    for field in Set(aggregations.compactMap(\.field)).sorted() {
      precondition((0..<fieldCount).contains(field))
      let functions = Set(aggregations.lazy.filter { $0.field == field }.map(\.function))
      if !functions.isDisjoint(with: [.sum, .avg, .min, .max]) {
        kinds[field] = take(8)
        kindsOffsets.append(kinds[field] ?? 0)
      }
      for (kind, bytes, users) in Self.accumulators where !functions.isDisjoint(with: users) {
        places[field, default: [:]][kind] = add(kind, bytes, field: field, kinds: kinds[field] ?? 0)
      }
    }
    for plan in aggregations {
      var output = Output(plan: plan, count: countAll)
      if plan.function == .custom, let custom = plan.custom {
        output.value = add(.custom, 8, custom: custom)
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
  }

  /// Accumulators of a field, their sizes, and the functions that need each.
  private static let accumulators: [(Step.Kind, Int, Set<AggregateFunction>)] = [
    (.count, 8, [.count, .avg, .rate]), (.sum, 32, [.sum, .avg]), (.min, 8, [.min]), (.max, 8, [.max]),
    (.moments, 24, [.stddev, .variance]), (.quantiles, 8, [.percentile]), (.distinct, 8, [.distinct]),
    (.first, HeldScalar.bytes, [.first]), (.last, HeldScalar.bytes, [.last]),
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
    _ kind: Step.Kind, _ bytes: Int, field: Int = 0, kinds: Int = 0, custom: CustomAggregation? = nil
  ) -> Int {
    let offset = take(bytes)
    steps.append(Step(kind: kind, field: field, offset: offset, kinds: kinds, custom: custom))
    return offset
  }
}
