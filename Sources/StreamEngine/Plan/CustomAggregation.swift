/// A user's own aggregation as the engine runs it: a state is bytes, at most `maxStateBytes` of them, so that a checkpoint can hold
/// it. Two are equal if they are the same object.
package final class CustomAggregation: Sendable, Equatable {
  package typealias Value = ResultValue

  package static let maxStateBytes = 1 << 20

  /// Names the layout of the state: part of a checkpoint's identity.
  package let identity: String
  package let initial: @Sendable () -> [UInt8]
  /// Takes in record number `record` of the batch whose events are at `events` (`RecordColumns.events`).
  package let add: @Sendable (_ state: inout [UInt8], _ events: UnsafeRawPointer, _ record: Int) -> Void
  package let merge: @Sendable (_ state: inout [UInt8], _ other: [UInt8]) -> Void
  package let result: @Sendable (_ state: [UInt8]) -> Value

  package init(
    identity: String, initial: @escaping @Sendable () -> [UInt8],
    add: @escaping @Sendable (inout [UInt8], UnsafeRawPointer, Int) -> Void,
    merge: @escaping @Sendable (inout [UInt8], [UInt8]) -> Void, result: @escaping @Sendable ([UInt8]) -> Value
  ) {
    self.identity = identity
    self.initial = initial
    self.add = add
    self.merge = merge
    self.result = result
  }

  package static func == (a: CustomAggregation, b: CustomAggregation) -> Bool { a === b }
}
