// Escapes in JSON strings.
#pragma once
#include <cstddef>
#include <cstdint>

namespace penstock {

/// Whether every backslash of a record starts a valid escape. Backslashes outside strings are faults that the walk finds.
bool escapesAreValid(const uint8_t *text, size_t length);

/// Writes the UTF-8 text of a string whose escapes are valid; never longer than the raw text, and `out` may be `raw`. Returns
/// the length, or -1 for a surrogate without its partner, which no UTF-8 can carry.
int64_t unescape(const uint8_t *raw, size_t length, uint8_t *out);

/// Whether the raw string, unescaped, is `name`.
bool equalsUnescaped(const uint8_t *raw, size_t length, const uint8_t *name, size_t nameLength);

}  // namespace penstock
