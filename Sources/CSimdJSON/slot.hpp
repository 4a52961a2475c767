// What the walk over one record leaves behind for one wanted path.
#pragma once
#include <cstdint>

namespace penstock {

enum class SlotKind : uint8_t { absent, null, integer, real, outOfRange, falseValue, trueValue, string, container };

struct Slot {
  /// An int64_t or a double, by kind.
  uint64_t bits;
  /// Byte range in the record: the text of a scalar, without the quotes of a string.
  uint32_t start;
  uint32_t end;
  SlotKind kind;
};

}  // namespace penstock
