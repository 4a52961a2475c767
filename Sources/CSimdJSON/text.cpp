#include "text.hpp"

#include <cstring>

namespace penstock {

namespace {

int hexDigit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hex digits at `at`, or -1.
int32_t hexUnit(const uint8_t *at) {
  int32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hexDigit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

size_t writeUTF8(uint32_t scalar, uint8_t *out) {
  if (scalar < 0x80) {
    out[0] = static_cast<uint8_t>(scalar);
    return 1;
  }
  if (scalar < 0x800) {
    out[0] = static_cast<uint8_t>(0xC0 | scalar >> 6);
    out[1] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
    return 2;
  }
  if (scalar < 0x10000) {
    out[0] = static_cast<uint8_t>(0xE0 | scalar >> 12);
    out[1] = static_cast<uint8_t>(0x80 | (scalar >> 6 & 0x3F));
    out[2] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
    return 3;
  }
  out[0] = static_cast<uint8_t>(0xF0 | scalar >> 18);
  out[1] = static_cast<uint8_t>(0x80 | (scalar >> 12 & 0x3F));
  out[2] = static_cast<uint8_t>(0x80 | (scalar >> 6 & 0x3F));
  out[3] = static_cast<uint8_t>(0x80 | (scalar & 0x3F));
  return 4;
}

/// Decodes the escape at `*at` (a backslash) to 1...4 bytes and moves on. Returns 0 for a lone surrogate or a broken escape.
size_t decodeEscape(const uint8_t *&at, const uint8_t *end, uint8_t *out) {
  if (end - at < 2) return 0;
  const uint8_t letter = at[1];
  if (letter != 'u') {
    at += 2;
    switch (letter) {
      case '"': case '\\': case '/': out[0] = letter; return 1;
      case 'b': out[0] = '\b'; return 1;
      case 'f': out[0] = '\f'; return 1;
      case 'n': out[0] = '\n'; return 1;
      case 'r': out[0] = '\r'; return 1;
      case 't': out[0] = '\t'; return 1;
      default: return 0;
    }
  }
  if (end - at < 6) return 0;
  const int32_t unit = hexUnit(at + 2);
  if (unit < 0) return 0;
  at += 6;
  if (unit < 0xD800 || unit > 0xDFFF) return writeUTF8(static_cast<uint32_t>(unit), out);
  if (unit > 0xDBFF || end - at < 6 || at[0] != '\\' || at[1] != 'u') return 0;
  const int32_t low = hexUnit(at + 2);
  if (low < 0xDC00 || low > 0xDFFF) return 0;
  at += 6;
  return writeUTF8(0x10000 + (static_cast<uint32_t>(unit - 0xD800) << 10) + static_cast<uint32_t>(low - 0xDC00), out);
}

}  // namespace

bool escapesAreValid(const uint8_t *text, size_t length) {
  const uint8_t *at = text;
  const uint8_t *end = text + length;
  while ((at = static_cast<const uint8_t *>(std::memchr(at, '\\', static_cast<size_t>(end - at)))) != nullptr) {
    if (end - at < 2) return false;
    switch (at[1]) {
      case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': at += 2; break;
      case 'u':
        if (end - at < 6 || hexUnit(at + 2) < 0) return false;
        at += 6;
        break;
      default: return false;
    }
    if (at == end) break;
  }
  return true;
}

int64_t unescape(const uint8_t *raw, size_t length, uint8_t *out) {
  const uint8_t *end = raw + length;
  uint8_t *to = out;
  while (raw < end) {
    if (*raw != '\\') {
      *to++ = *raw++;
      continue;
    }
    const size_t written = decodeEscape(raw, end, to);
    if (written == 0) return -1;
    to += written;
  }
  return to - out;
}

bool equalsUnescaped(const uint8_t *raw, size_t length, const uint8_t *name, size_t nameLength) {
  const uint8_t *end = raw + length;
  size_t matched = 0;
  while (raw < end) {
    uint8_t bytes[4];
    size_t count = 1;
    if (*raw == '\\') {
      count = decodeEscape(raw, end, bytes);
      if (count == 0) return false;
    } else {
      bytes[0] = *raw++;
    }
    if (nameLength - matched < count || std::memcmp(name + matched, bytes, count) != 0) return false;
    matched += count;
  }
  return matched == nameLength;
}

}  // namespace penstock
