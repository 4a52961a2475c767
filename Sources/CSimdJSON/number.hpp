// JSON numbers: grammar, value, and the exact scaling of timestamps.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "slot.hpp"

namespace penstock {

inline bool isDigit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

/// Whether a scalar may end before this byte.
inline bool endsScalar(uint8_t byte) {
  return byte == ',' || byte == '}' || byte == ']' || byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/// Correctly rounded value of a text that has JSON's number grammar. False: beyond double.
bool parseReal(const uint8_t *start, const uint8_t *end, double *out);

/// floor(number * 10^shift) for a text that has JSON's number grammar, exact. False: not an int64_t.
bool floorScaled(const uint8_t *start, const uint8_t *end, int shift, int64_t *out);

inline constexpr double smallPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Steps over digits, and appends them to the mantissa (which wraps) if it is wanted.
template <bool wanted>
inline const uint8_t *scanDigits(const uint8_t *at, uint64_t &mantissa) {
  for (; isDigit(*at); ++at)
    if constexpr (wanted) mantissa = mantissa * 10 + (*at - '0');
  return at;
}

/// Reads one number at `start`, which must be followed somewhere by a byte that is no digit. Returns the end, or null where the
/// grammar is broken. If it is wanted, the slot's kind and bits are set; otherwise the slot is not touched and may be null.
template <bool wanted>
inline const uint8_t *scanNumber(const uint8_t *start, Slot *slot) {
  const uint8_t *at = start;
  const bool negative = *at == '-';
  at += negative;
  const uint8_t *digits = at;
  uint64_t mantissa = 0;
  at = scanDigits<wanted>(at, mantissa);
  const ptrdiff_t wholeDigits = at - digits;
  if (wholeDigits == 0 || (wholeDigits > 1 && *digits == '0')) return nullptr;
  if (*at != '.' && (*at | 0x20) != 'e') {
    if constexpr (!wanted) return at;
    // 19 digits never wrap the mantissa; more never fit.
    const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + negative;
    if (wholeDigits <= 19 && mantissa <= limit) {
      slot->kind = SlotKind::integer;
      slot->bits = negative ? 0 - mantissa : mantissa;
      return at;
    }
  } else {
    ptrdiff_t significant = wholeDigits;
    int64_t exponent = 0;
    if (*at == '.') {
      const uint8_t *fraction = ++at;
      at = scanDigits<wanted>(at, mantissa);
      if (at == fraction) return nullptr;
      significant += at - fraction;
      exponent -= at - fraction;
    }
    if ((*at | 0x20) == 'e') {
      ++at;
      const bool minus = *at == '-';
      at += minus || *at == '+';
      if (!isDigit(*at)) return nullptr;
      int64_t written = 0;
      while (isDigit(*at)) {
        if (written < 1000000) written = written * 10 + (*at - '0');
        ++at;
      }
      exponent += minus ? -written : written;
    }
    if constexpr (!wanted) return at;
    // Clinger's fast path: both operands are exact doubles, so one rounding is right.
    if (significant <= 19 && mantissa <= (uint64_t{1} << 53) && exponent >= -22 && exponent <= 22) {
      double value = static_cast<double>(mantissa);
      value = exponent < 0 ? value / smallPowersOfTen[-exponent] : value * smallPowersOfTen[exponent];
      if (negative) value = -value;
      slot->kind = SlotKind::real;
      std::memcpy(&slot->bits, &value, sizeof value);
      return at;
    }
  }
  double value = negative ? -HUGE_VAL : HUGE_VAL;
  slot->kind = parseReal(start, at, &value) ? SlotKind::real : SlotKind::outOfRange;
  std::memcpy(&slot->bits, &value, sizeof value);
  return at;
}

}  // namespace penstock
