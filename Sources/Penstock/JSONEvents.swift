public import Foundation

/// How records of JSON become events: what the pipelines of this module use unless they are told otherwise.
public enum JSONEvents {
  /// Decodes the value of a record with Foundation's `JSONDecoder`. A Schema Registry's prefix (a zero byte and four bytes of schema
  /// id) is passed over.
  ///
  /// - Parameter decoder: not to be changed afterwards, since every lane uses it.
  public static func decode<Event: Decodable>(
    _ type: Event.Type = Event.self, with decoder: JSONDecoder = JSONDecoder()
  ) -> @Sendable (UnsafeRawBufferPointer) throws -> Event where Event: SendableMetatype {
    { bytes in
      // JSON text never begins with a zero byte.
      let text = bytes.count > 5 && bytes[0] == 0 ? UnsafeRawBufferPointer(rebasing: bytes[5...]) : bytes
      return try decoder.decode(Event.self, from: Data(text))
    }
  }
}
