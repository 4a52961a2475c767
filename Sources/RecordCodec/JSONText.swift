import CSimdJSON
import Glibc

/// Pieces of JSON text written to memory that is large enough.
enum JSONText {
  /// Room for the text of any number.
  static let maxNumberBytes = Int(PSJ_DOUBLE_TEXT_BYTES)
  /// Room for one byte of a string.
  static let maxEscapedBytes = 6

  /// Writes the string's content, without quotes, as JSON text. The bytes must be UTF-8; they are taken over as they are but
  /// for control characters, quotes and backslashes. Returns the length: at most `maxEscapedBytes` for each byte.
  static func writeEscaped(
    _ bytes: UnsafePointer<UInt8>, count: Int, into out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var to = out
    for index in 0..<count {
      let byte = bytes[index]
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        to.pointee = byte
        to += 1
      } else {
        to += writeEscape(byte, into: to)
      }
    }
    return to - out
  }

  private static func writeEscape(_ byte: UInt8, into out: UnsafeMutablePointer<UInt8>) -> Int {
    out[0] = UInt8(ascii: "\\")
    let letter: UInt8 =
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
      case 0x08: UInt8(ascii: "b")
      case 0x0C: UInt8(ascii: "f")
      case 0x0A: UInt8(ascii: "n")
      case 0x0D: UInt8(ascii: "r")
      case 0x09: UInt8(ascii: "t")
      default: UInt8(ascii: "u")
      }
    out[1] = letter
    guard letter == UInt8(ascii: "u") else { return 2 }
    out[2] = UInt8(ascii: "0")
    out[3] = UInt8(ascii: "0")
    out[4] = UInt8(ascii: "0") + (byte >> 4)
    let low = byte & 0x0F
    out[5] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10
    return 6
  }

  /// Writes the shortest text that reads back as the same double, with a fraction or an exponent (`5.0`, `1e+22`); `null` for
  /// NaN and infinities.
  static func writeDouble(_ value: Double, into out: UnsafeMutablePointer<UInt8>) -> Int {
    let count = psj_write_double(value, out)
    return count > 0 ? count : writeNull(into: out)
  }

  static func writeNull(into out: UnsafeMutablePointer<UInt8>) -> Int {
    out[0] = UInt8(ascii: "n")
    out[1] = UInt8(ascii: "u")
    out[2] = UInt8(ascii: "l")
    out[3] = UInt8(ascii: "l")
    return 4
  }

  /// Appends the string in quotes. Most have nothing to escape and are copied as they are.
  static func appendQuoted(_ text: String, to out: inout [UInt8]) {
    var text = text
    out.append(UInt8(ascii: "\""))
    text.withUTF8 { bytes in
      if bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
        out.append(contentsOf: bytes)
      } else if let start = bytes.baseAddress {
        out += [UInt8](unsafeUninitializedCapacity: bytes.count * maxEscapedBytes) { buffer, count in
          count = writeEscaped(start, count: bytes.count, into: buffer.baseAddress!)
        }
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  /// The string in quotes.
  static func quoted(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    appendQuoted(text, to: &out)
    return out
  }
}
