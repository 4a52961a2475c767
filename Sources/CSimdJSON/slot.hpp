// What the walk over one record leaves behind for one wanted path or CSV column.
#pragma once
#include <cstdint>

namespace penstock {

enum class SlotKind : uint8_t {
  absent,
  null,
  integer,
  real,
  /// A number beyond double; the bits are the infinity of its sign.
  outOfRange,
  falseValue,
  trueValue,
  string,
  /// A string with half of a surrogate pair, which no UTF-8 can carry.
  brokenString,
  container,
};

struct Slot {
  /// An int64_t or a double, by kind.
  uint64_t bits;
  /// Byte range in the record: the text of a scalar, without the quotes and escapes of a string.
  uint32_t start;
  uint32_t end;
  SlotKind kind;
};

}  // namespace penstock
