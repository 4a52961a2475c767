/// What becomes of records and results that cannot be used: the words of the spec's `errors`.
package struct SpecErrorPolicy: Sendable, Equatable {
  /// skip, dead_letter or fail.
  package var onDecodeError: String
  /// drop or dead_letter.
  package var onLate: String
  /// retry, dead_letter or fail.
  package var onProduceError: String
  /// Set exactly where one of them is dead_letter.
  package var deadLetterTopic: String?
}
