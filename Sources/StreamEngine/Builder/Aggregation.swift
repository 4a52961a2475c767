/// An aggregation of your own: a value that takes in events, merges with others of its kind and gives a figure.
///
/// ```swift
/// struct Spread: Aggregation {
///   var smallest = Double.infinity, largest = -Double.infinity
///   mutating func add(_ event: Reading) { smallest = min(smallest, event.value); largest = max(largest, event.value) }
///   mutating func merge(_ other: Spread) { smallest = min(smallest, other.smallest); largest = max(largest, other.largest) }
///   func result() -> Double? { largest >= smallest ? largest - smallest : nil }
///   func encode() -> [UInt8] { ... }
///   mutating func decode(_ state: [UInt8]) throws { ... }
/// }
/// builder.withAggregation(.custom(Spread()), as: "spread")
/// ```
///
/// The value handed to `.custom` is the empty one that every window and key begins with; what else is set in it (a size, a limit)
/// is its parameters. Its state is kept as the bytes of `encode`, at most 1 MiB of them, so that a checkpoint can hold it. **The cost:**
/// every event decodes and encodes the state of its window once, so keep it small and its layout plain (fixed-width numbers, not JSON).
///
/// `merge` must not depend on order, and all functions must depend on nothing but their arguments: sliding windows add up from
/// slices, sessions merge, and after a crash events are taken in again.
public protocol Aggregation<Event>: Sendable {
  associatedtype Event
  associatedtype Result: FieldValue

  mutating func add(_ event: Event)

  /// Takes in what `other` took in.
  mutating func merge(_ other: Self)

  /// The figure; NaN and infinities are written as `null`.
  func result() -> Result

  func encode() -> [UInt8]

  /// Becomes what `encode` was called on; called on the empty value. A state that it throws over stays as it is, and its figure is
  /// `missing`.
  mutating func decode(_ state: [UInt8]) throws

  /// Names the layout of the encoded state and the parameters that it depends on: stored windows are used only under the name they
  /// were stored with. By default the name of the type.
  var identity: String { get }
}

extension Aggregation {
  public var identity: String { String(describing: Self.self) }
}

extension CustomAggregation {
  /// `empty` as the engine runs it. `RecordColumns.events` must then point to an `Event?` for each record of the batch.
  convenience init<A: Aggregation>(_ empty: A, where condition: (@Sendable (A.Event) -> Bool)?) {
    /// nil: its bytes are not what `encode` gives.
    @Sendable func decoded(_ state: [UInt8]) -> A? {
      var value = empty
      guard (try? value.decode(state)) != nil else { return nil }
      return value
    }
    self.init(
      identity: empty.identity,
      initial: { empty.encode() },
      add: { state, events, record in
        guard let event = events.assumingMemoryBound(to: A.Event?.self)[record], condition?(event) ?? true else { return }
        guard var value = decoded(state) else { return }
        value.add(event)
        state = value.encode()
      },
      merge: { state, other in
        // One that cannot be read makes the whole unreadable: a figure over a part would look right.
        guard var value = decoded(state) else { return }
        guard let more = decoded(other) else { return state = other }
        value.merge(more)
        state = value.encode()
      },
      result: { state in decoded(state)?.result().resultValue.finite ?? .missing })
  }
}

extension ResultValue {
  /// Missing instead of NaN and infinities, which JSON cannot say.
  fileprivate var finite: ResultValue {
    if case .double(let value) = self, !value.isFinite { .missing } else { self }
  }
}
