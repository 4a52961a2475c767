/// Two numbers that a hash depends on.
struct HashSecret {
  var first: UInt64
  var second: UInt64

  /// Random: without it a producer could send keys that all fall on one slot. Results do not depend on it.
  static let ofProcess = HashSecret(
    first: UInt64.random(in: .min ... .max), second: UInt64.random(in: .min ... .max) | 1)
  /// For hashes that are stored (digits of the square roots of 2 and 3).
  static let fixed = HashSecret(first: 0x6a09_e667_f3bc_c908, second: 0xbb67_ae85_84ca_a73b)
}

@inline(__always)
private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}

@inline(__always)
private func word(_ bytes: UnsafeRawPointer) -> UInt64 {
  bytes.loadUnaligned(as: UInt64.self)
}

@inline(__always)
private func halfWord(_ bytes: UnsafeRawPointer) -> UInt64 {
  UInt64(bytes.loadUnaligned(as: UInt32.self))
}

/// 64 bits of a hash over `length` bytes, after wyhash's final version 4 (Wang Yi, public domain), with both constants replaced
/// by secrets: wyhash's own constants are known, so that a key could cancel them whatever the seed.
@inline(__always)
func hashBytes(_ key: UnsafePointer<UInt8>?, _ length: Int, _ secret: HashSecret) -> UInt64 {
  var seed = secret.first
  var a: UInt64 = 0
  var b: UInt64 = 0
  if let key, length > 0 {
    var bytes = UnsafeRawPointer(key)
    if length <= 16 {
      if length >= 4 {
        // Four halves that overlap as needed cover any length from 4 to 16.
        let step = (length >> 3) << 2
        a = halfWord(bytes) << 32 | halfWord(bytes + step)
        b = halfWord(bytes + (length - 4)) << 32 | halfWord(bytes + (length - 4 - step))
      } else {
        a = UInt64(key[0]) << 16 | UInt64(key[length >> 1]) << 8 | UInt64(key[length - 1])
      }
    } else {
      var rest = length
      while rest > 16 {
        seed = fold(word(bytes) ^ secret.second, word(bytes + 8) ^ seed)
        bytes += 16
        rest -= 16
      }
      a = word(bytes + (rest - 16))
      b = word(bytes + (rest - 8))
    }
  }
  let product = (a ^ secret.second).multipliedFullWidth(by: b ^ seed)
  return fold(product.low ^ secret.first ^ UInt64(truncatingIfNeeded: length), product.high ^ secret.second)
}

/// 32 bits of it.
@inline(__always)
func hashKey(_ key: UnsafePointer<UInt8>?, _ length: Int, _ secret: HashSecret) -> UInt32 {
  let hash = hashBytes(key, length, secret)
  return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
}
