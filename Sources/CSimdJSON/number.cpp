#include "number.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

#include "csimdjson.h"

namespace penstock {

namespace {

/// The parts of a JSON number's text.
struct Decimal {
  bool negative = false;
  const uint8_t *digits = nullptr;
  const uint8_t *digitsEnd = nullptr;  // a '.' may stand among them
  int64_t wholeDigits = 0;
  int64_t exponent = 0;
};

Decimal split(const uint8_t *at, const uint8_t *end) {
  Decimal decimal;
  if (at < end && *at == '-') {
    decimal.negative = true;
    ++at;
  }
  decimal.digits = at;
  while (at < end && isDigit(*at)) ++at;
  decimal.wholeDigits = at - decimal.digits;
  while (at < end && (*at | 0x20) != 'e') ++at;
  decimal.digitsEnd = at;
  if (at < end) {
    ++at;
    const bool minus = at < end && *at == '-';
    if (at < end && !isDigit(*at)) ++at;
    // Far beyond any record's length, so that zeros written out cannot make up for a clamped exponent.
    for (; at < end; ++at)
      if (decimal.exponent < (int64_t{1} << 40)) decimal.exponent = decimal.exponent * 10 + (*at - '0');
    if (minus) decimal.exponent = -decimal.exponent;
  }
  return decimal;
}

/// Whether |number| >= 1; only asked where it is far from 1.
bool isLarge(const Decimal &decimal) {
  int64_t leadingZeros = 0;
  for (const uint8_t *at = decimal.digits; at < decimal.digitsEnd; ++at) {
    if (*at == '.') continue;
    if (*at != '0') return decimal.wholeDigits - leadingZeros + decimal.exponent > 0;
    ++leadingZeros;
  }
  return false;
}

}  // namespace

bool parseReal(const uint8_t *start, const uint8_t *end, double *out) {
  double value = 0;
  const auto *first = reinterpret_cast<const char *>(start);
  const auto *last = reinterpret_cast<const char *>(end);
  const auto result = std::from_chars(first, last, value);
  if (result.ec == std::errc::result_out_of_range) {
    // from_chars says the same of numbers too large and too small.
    const Decimal decimal = split(start, end);
    if (isLarge(decimal)) return false;
    *out = decimal.negative ? -0.0 : 0.0;
    return true;
  }
  if (result.ec != std::errc() || result.ptr != last || !std::isfinite(value)) return false;
  *out = value;
  return true;
}

bool floorScaled(const uint8_t *start, const uint8_t *end, int shift, int64_t *out) {
  const Decimal decimal = split(start, end);
  // So many of the digits stand before the decimal point of the scaled number.
  const int64_t before = decimal.wholeDigits + decimal.exponent + shift;
  uint64_t whole = 0;
  int64_t position = 0;
  bool rest = false;
  for (const uint8_t *at = decimal.digits; at < decimal.digitsEnd; ++at) {
    if (*at == '.') continue;
    if (position++ >= before) {
      if (*at != '0') {
        rest = true;
        break;
      }
    } else if (__builtin_mul_overflow(whole, uint64_t{10}, &whole) ||
               __builtin_add_overflow(whole, static_cast<uint64_t>(*at - '0'), &whole)) {
      return false;
    }
  }
  for (; whole != 0 && position < before; ++position)
    if (__builtin_mul_overflow(whole, uint64_t{10}, &whole)) return false;
  if (decimal.negative) {
    // Flooring moves a negative number with a fraction away from zero.
    if (__builtin_add_overflow(whole, static_cast<uint64_t>(rest), &whole)) return false;
    if (whole > static_cast<uint64_t>(INT64_MAX) + 1) return false;
    *out = static_cast<int64_t>(0 - whole);
  } else {
    if (whole > static_cast<uint64_t>(INT64_MAX)) return false;
    *out = static_cast<int64_t>(whole);
  }
  return true;
}

}  // namespace penstock

extern "C" bool psj_parse_double(const uint8_t *text, size_t length, double *out) {
  const uint8_t *end = text + length;
  // The grammar by hand: scanNumber needs a byte behind the text.
  const uint8_t *at = text;
  const auto digits = [&] {
    const uint8_t *from = at;
    while (at < end && penstock::isDigit(*at)) ++at;
    return at - from;
  };
  if (at < end && *at == '-') ++at;
  const uint8_t *first = at;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && *first == '0')) return false;
  if (at < end && *at == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < end && (*at | 0x20) == 'e') {
    ++at;
    if (at < end && (*at == '-' || *at == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == end && penstock::parseReal(text, end, out);
}

extern "C" size_t psj_write_double(double value, uint8_t *out) {
  if (!std::isfinite(value)) return 0;
  auto *first = reinterpret_cast<char *>(out);
  auto *last = first + PSJ_DOUBLE_TEXT_BYTES;
  const double size = std::fabs(value);
  // Plain digits where people read them easily; they are at most 22 bytes here.
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto result = std::to_chars(first, last, value, fixed ? std::chars_format::fixed : std::chars_format::scientific);
  if (result.ec != std::errc()) return 0;
  char *end = result.ptr;
  if (fixed && std::memchr(first, '.', static_cast<size_t>(end - first)) == nullptr) {
    *end++ = '.';
    *end++ = '0';
  }
  return static_cast<size_t>(end - first);
}
