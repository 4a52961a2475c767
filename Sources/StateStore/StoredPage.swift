/// One page of window state. `(slice, kind, number)` names it within its shard; the store does not look into `bytes`.
package struct StoredPage: Sendable, Equatable {
  package var slice: Int64
  package var kind: Int
  package var number: Int
  package var bytes: [UInt8]

  package init(slice: Int64, kind: Int, number: Int, bytes: [UInt8]) {
    self.slice = slice
    self.kind = kind
    self.number = number
    self.bytes = bytes
  }
}
