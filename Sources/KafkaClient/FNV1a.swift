/// FNV-1a, 64 bits (Fowler, Noll, Vo): names things; it does not protect against anyone.
package struct FNV1a {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func add(_ number: UInt64) { value = (value ^ number) &* 0x0000_0100_0000_01b3 }

  package mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { add(UInt64(byte)) }
  }
}
