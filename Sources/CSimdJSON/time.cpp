#include "time.hpp"

#include "csimdjson.h"
#include "number.hpp"

namespace penstock {

namespace {

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t daysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t yearOfEra = year - era * 400;
  const int64_t dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

int64_t daysInMonth(int64_t year, int64_t month) {
  constexpr int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

/// A cursor that turns sour at the first byte that does not fit.
struct Reader {
  const uint8_t *at;
  const uint8_t *end;
  bool good = true;

  int64_t number(int digits) {
    int64_t value = 0;
    for (; digits > 0; --digits) {
      if (at == end || !isDigit(*at)) {
        good = false;
        return 0;
      }
      value = value * 10 + (*at++ - '0');
    }
    return value;
  }

  void expect(uint8_t byte) {
    if (at == end || *at != byte)
      good = false;
    else
      ++at;
  }
};

}  // namespace

bool parseRFC3339(const uint8_t *text, size_t length, int64_t *milliseconds) {
  Reader reader{text, text + length};
  const int64_t year = reader.number(4);
  reader.expect('-');
  const int64_t month = reader.number(2);
  reader.expect('-');
  const int64_t day = reader.number(2);
  if (!reader.good || reader.at == reader.end) return false;
  if (*reader.at != ' ' && (*reader.at | 0x20) != 't') return false;
  ++reader.at;
  const int64_t hour = reader.number(2);
  reader.expect(':');
  const int64_t minute = reader.number(2);
  reader.expect(':');
  int64_t second = reader.number(2);
  if (!reader.good || reader.at == reader.end) return false;
  int64_t fraction = 0;
  if (*reader.at == '.') {
    ++reader.at;
    int64_t unit = 100;
    const uint8_t *first = reader.at;
    for (; reader.at < reader.end && isDigit(*reader.at); ++reader.at, unit /= 10) fraction += (*reader.at - '0') * unit;
    if (reader.at == first || reader.at == reader.end) return false;
  }
  int64_t offset = 0;
  const uint8_t zone = *reader.at++;
  if (zone == '+' || zone == '-') {
    const int64_t hours = reader.number(2);
    reader.expect(':');
    const int64_t minutes = reader.number(2);
    if (hours > 23 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * (zone == '-' ? -1 : 1);
  } else if ((zone | 0x20) != 'z') {
    return false;
  }
  if (!reader.good || reader.at != reader.end) return false;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  const int64_t minuteUTC = daysFromCivil(year, month, day) * 1440 + hour * 60 + minute - offset;
  if (second == 60) {
    if ((minuteUTC + 1) % 1440 != 0) return false;
    second = 59;
    fraction = 999;
  }
  *milliseconds = (minuteUTC * 60 + second) * 1000 + fraction;
  return true;
}

}  // namespace penstock

extern "C" bool psj_parse_rfc3339(const uint8_t *text, size_t length, int64_t *milliseconds) {
  return penstock::parseRFC3339(text, length, milliseconds);
}
