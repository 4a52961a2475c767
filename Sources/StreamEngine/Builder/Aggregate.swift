/// What one member of a result computes over the events of a window and key. Given to `StreamPipelineBuilder.withAggregation`.
///
/// A field that is nil in an event skips that event for that aggregate only. Over nothing, counts and rates are 0 and the rest is
/// `missing`.
public struct Aggregate<Event>: Sendable {
  struct Field: Sendable {
    let path: any AnyKeyPath & Sendable
    let read: @Sendable (Event) -> ResultValue
  }

  /// Without its column, which `build` gives it.
  let plan: AggregationPlan
  private(set) var field: Field?
  private(set) var expression: MemberExpression?
  /// Makes `AggregationPlan.custom`, given the condition of this member.
  private(set) var custom: (@Sendable ((@Sendable (Event) -> Bool)?) -> CustomAggregation)?

  private init(_ function: AggregateFunction, edit: (inout AggregationPlan) -> Void = { _ in }) {
    var plan = AggregationPlan(function: function, field: nil)
    edit(&plan)
    self.plan = plan
  }

  private init<Value: FieldValue>(
    _ function: AggregateFunction, _ path: any KeyPath<Event, Value> & Sendable, edit: (inout AggregationPlan) -> Void = { _ in }
  ) {
    self.init(function, edit: edit)
    field = Field(path: path, read: { $0[keyPath: path].resultValue })
  }
}

extension Aggregate {
  /// All events.
  public static var count: Aggregate { Aggregate(.count) }

  /// Events that have the field.
  public static func count<Value: FieldValue>(of field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.count, field) }

  /// An integer while all values are and it fits into 64 bits, else a double. The order of events makes no difference.
  public static func sum<Value: NumericFieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.sum, field) }

  public static func average<Value: NumericFieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.avg, field) }

  public static func min<Value: NumericFieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.min, field) }

  public static func max<Value: NumericFieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.max, field) }

  /// - Parameter population: over n instead of n - 1.
  public static func standardDeviation<Value: NumericFieldValue>(
    _ field: any KeyPath<Event, Value> & Sendable, population: Bool = false
  ) -> Aggregate {
    Aggregate(.stddev, field) { $0.population = population }
  }

  /// - Parameter population: over n instead of n - 1.
  public static func variance<Value: NumericFieldValue>(
    _ field: any KeyPath<Event, Value> & Sendable, population: Bool = false
  ) -> Aggregate {
    Aggregate(.variance, field) { $0.population = population }
  }

  /// Within 1 % of the exact value (DDSketch). `percent`: more than 0, less than 100.
  public static func percentile<Value: NumericFieldValue>(
    _ percent: Double, _ field: any KeyPath<Event, Value> & Sendable
  ) -> Aggregate {
    Aggregate(.percentile, field) { $0.percentile = percent }
  }

  /// How many different values, exact up to 256, then estimated (HyperLogLog with 4,096 registers, standard error 1.6 %).
  public static func distinct<Value: FieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.distinct, field) }

  /// The value of the earliest event that has one, by event time, then by partition and offset.
  public static func first<Value: FieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.first, field) }

  /// The value of the latest event that has one, by event time, then by partition and offset.
  public static func last<Value: FieldValue>(_ field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.last, field) }

  /// Events per second of window.
  public static var rate: Aggregate { Aggregate(.rate) }

  /// Events that have the field, per second of window.
  public static func rate<Value: FieldValue>(of field: any KeyPath<Event, Value> & Sendable) -> Aggregate { Aggregate(.rate, field) }

  /// An aggregation of your own; `empty` is what every window and key begins with.
  public static func custom<A: Aggregation<Event>>(_ empty: A) -> Aggregate {
    var aggregate = Aggregate(.custom)
    aggregate.custom = { CustomAggregation(empty, where: $0) }
    return aggregate
  }

  /// From other members of the result, such as `.member("errors") / .member("count")`.
  public static func expression(_ expression: MemberExpression) -> Aggregate {
    var aggregate = Aggregate(.expression)
    aggregate.expression = expression
    return aggregate
  }
}
