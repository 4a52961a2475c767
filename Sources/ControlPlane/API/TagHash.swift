/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
struct TagHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
