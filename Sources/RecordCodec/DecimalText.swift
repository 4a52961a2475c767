/// Integers as decimal text, without allocation.
package enum DecimalText {
  /// Room that `write` needs: the sign and 19 digits.
  package static let maxBytes = 20

  /// Writes the number's decimal text; at most `maxBytes`. Returns how many bytes that were.
  package static func write(_ value: Int64, into out: UnsafeMutablePointer<UInt8>) -> Int {
    var at = 0
    if value < 0 {
      out[0] = UInt8(ascii: "-")
      at = 1
    }
    var rest = value.magnitude
    var digits = 1
    var limit: UInt64 = 10
    while digits < 19, rest >= limit {
      digits &+= 1
      limit &*= 10
    }
    // The last digit first.
    var position = at &+ digits
    while position > at {
      position &-= 1
      out[position] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
    return at &+ digits
  }
}
