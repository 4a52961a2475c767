/// A window of one key as it stands.
package struct ListedWindow: Sendable {
  /// Exclusive, ms.
  package var end: Int64
  /// As its result would be, one JSON object: `final` tells whether it has closed, `revision` is the last that went out, 0 for none.
  package var value: [UInt8]

  package init(end: Int64, value: [UInt8]) {
    self.end = end
    self.value = value
  }
}
