// RFC 3339 dates.
#pragma once
#include <cstddef>
#include <cstdint>

namespace penstock {

/// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)` with years 0000 to 9999; `t`, `z` and a blank for `T` are taken
/// too (RFC 3339, 5.6). More digits than milliseconds are cut, which floors. A leap second (`:60`, only at 23:59 UTC) counts
/// as the last millisecond before midnight, so that it stays in its own minute and day. False: not such a text.
bool parseRFC3339(const uint8_t *text, size_t length, int64_t *milliseconds);

}  // namespace penstock
