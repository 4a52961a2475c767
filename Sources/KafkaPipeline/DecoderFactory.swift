package import RecordCodec

/// Makes the decoders of a pipeline over a program's own events, one for each lane. Two are equal if they are the same object.
package final class DecoderFactory: Sendable, Equatable {
  package let make: @Sendable () -> any RecordDecoding

  package init(make: @escaping @Sendable () -> any RecordDecoding) {
    self.make = make
  }

  package static func == (a: DecoderFactory, b: DecoderFactory) -> Bool { a === b }
}
