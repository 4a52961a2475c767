/// Where things stand in a row: 16 bytes of header, then the accumulators, each at a multiple of 8.
///
/// Header: key page (UInt32), offset in it (UInt16), flags (UInt16), key length (UInt32), revisions after the first (UInt32).
/// Accumulators: one count of all records if any aggregation asks for it; then per field, shared by all its aggregations and only
/// where one needs it: kinds (8 bytes: byte 0 of the smallest, 1 of the largest, 2 which kinds were summed), count (Int64),
/// sum (Int128 of the integers as low and high word, then sum and compensation of the doubles), smallest, largest (64 bits each).
struct RowLayout {
  static let keyPage = 0
  static let keyOffset = 4
  static let flags = 6
  static let keyLength = 8
  static let revision = 12
  static let headerBytes = 16

  /// Flag: changed by a late record and not yet emitted again.
  static let changed: UInt16 = 1
  /// Flag: the key came after its window fired and was never emitted.
  static let new: UInt16 = 2

  /// Bits of byte 2 of the kinds.
  static let summedIntegers: UInt8 = 1
  static let summedDoubles: UInt8 = 2

  /// One pass over a column of a run.
  struct Step {
    enum Kind { case countAll, count, sum, min, max }
    var kind: Kind
    var field: Int
    var offset: Int
    var kinds: Int
  }

  /// Offsets that one aggregation reads its result from; 0 where it does not need one.
  struct Output {
    var function: AggregateFunction
    var kinds = 0
    var count = 0
    var value = 0
  }

  private(set) var steps: [Step] = []
  private(set) var outputs: [Output] = []
  /// Offsets of the kinds words, for checking a stored row.
  private(set) var kindsOffsets: [Int] = []
  private(set) var width = RowLayout.headerBytes
  /// A page holds `1 << pageShift` rows: as many as fit, rounded down to a power of two so that finding a row takes no division.
  private(set) var pageShift = 0

  var rowsPerPage: Int { 1 << pageShift }
  var pageBytes: Int { width << pageShift }

  init(_ aggregations: [AggregationPlan], fieldCount: Int) {
    func take(_ bytes: Int, _ width: inout Int) -> Int {
      defer { width += bytes }
      return width
    }
    func functions(of field: Int) -> Set<AggregateFunction> {
      Set(aggregations.lazy.filter { $0.field == field }.map(\.function))
    }
    for aggregation in aggregations {
      precondition(aggregation.field.map { (0..<fieldCount).contains($0) } ?? (aggregation.function == .count))
    }
    var countAll = 0
    if aggregations.contains(where: { $0.field == nil }) {
      countAll = take(8, &width)
      steps.append(Step(kind: .countAll, field: 0, offset: countAll, kinds: 0))
    }
    var places: [Int: (kinds: Int, count: Int, sum: Int, min: Int, max: Int)] = [:]
    for field in Set(aggregations.compactMap(\.field)).sorted() {
      let wanted = functions(of: field)
      var place = (kinds: 0, count: 0, sum: 0, min: 0, max: 0)
      if wanted != [.count] {
        place.kinds = take(8, &width)
        kindsOffsets.append(place.kinds)
      }
      if wanted.contains(.count) || wanted.contains(.avg) {
        place.count = take(8, &width)
        steps.append(Step(kind: .count, field: field, offset: place.count, kinds: place.kinds))
      }
      if wanted.contains(.sum) || wanted.contains(.avg) {
        place.sum = take(32, &width)
        steps.append(Step(kind: .sum, field: field, offset: place.sum, kinds: place.kinds))
      }
      if wanted.contains(.min) {
        place.min = take(8, &width)
        steps.append(Step(kind: .min, field: field, offset: place.min, kinds: place.kinds))
      }
      if wanted.contains(.max) {
        place.max = take(8, &width)
        steps.append(Step(kind: .max, field: field, offset: place.max, kinds: place.kinds))
      }
      places[field] = place
    }
    outputs = aggregations.map { aggregation in
      guard let field = aggregation.field, let place = places[field] else { return Output(function: .count, count: countAll) }
      var output = Output(function: aggregation.function, kinds: place.kinds, count: place.count)
      switch aggregation.function {
      case .count: break
      case .sum, .avg: output.value = place.sum
      case .min: output.value = place.min
      case .max: output.value = place.max
      default: break
      }
      return output
    }
    while (width << (pageShift + 1)) <= StateMemory.pageBytes { pageShift += 1 }
  }
}
