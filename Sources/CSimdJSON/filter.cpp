#include "filter.hpp"

#include <bit>
#include <cmath>
#include <compare>
#include <cstring>
#include <string_view>
#include <utility>

#include "csimdjson.h"

namespace penstock {

namespace {

/// By exact value: no integer is rounded to a double first.
std::partial_ordering compare(int64_t integer, double real) {
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= 0x1p63) return std::partial_ordering::less;
  if (real < -0x1p63) return std::partial_ordering::greater;
  const double whole = std::trunc(real);
  const auto nearest = static_cast<int64_t>(whole);
  if (integer != nearest) return integer <=> nearest;
  return whole <=> real;
}

std::partial_ordering compareNumbers(const Slot &slot, const Test &test) {
  const auto integer = static_cast<int64_t>(test.literalBits);
  const auto real = std::bit_cast<double>(test.literalBits);
  if (test.literalKind == PSJ_CELL_INTEGER) {
    if (slot.kind == SlotKind::integer) return static_cast<int64_t>(slot.bits) <=> integer;
    return 0 <=> compare(integer, std::bit_cast<double>(slot.bits));
  }
  if (test.literalKind == PSJ_CELL_DOUBLE) {
    if (slot.kind == SlotKind::integer) return compare(static_cast<int64_t>(slot.bits), real);
    return std::bit_cast<double>(slot.bits) <=> real;
  }
  return std::partial_ordering::unordered;
}

bool contains(std::string_view text, std::string_view part) {
  // memmem, for no text makes it quadratic.
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

bool meets(const Test &test, const Slot &slot, const uint8_t *record) {
  if (slot.kind == SlotKind::absent || slot.kind == SlotKind::null) return false;
  if (test.relation == PSJ_TEST_EXISTS) return true;
  // Unordered is what values of different types are: only "not equal" holds.
  auto order = std::partial_ordering::unordered;
  switch (slot.kind) {
    case SlotKind::integer: case SlotKind::real: case SlotKind::outOfRange: order = compareNumbers(slot, test); break;
    case SlotKind::string: {
      if (test.literalKind != PSJ_CELL_TEXT) break;
      const std::string_view text(reinterpret_cast<const char *>(record + slot.start), slot.end - slot.start);
      if (test.relation == PSJ_TEST_CONTAINS) return contains(text, test.text);
      if (test.relation == PSJ_TEST_STARTS_WITH) return text.starts_with(test.text);
      order = text <=> test.text;  // as bytes, which are unsigned here
      break;
    }
    case SlotKind::trueValue: case SlotKind::falseValue:
      // No boolean is smaller than another.
      if (test.literalKind == PSJ_CELL_BOOLEAN && (slot.kind == SlotKind::trueValue) == (test.literalBits != 0) &&
          (test.relation == PSJ_TEST_EQUAL || test.relation == PSJ_TEST_NOT_EQUAL))
        order = std::partial_ordering::equivalent;
      break;
    default: break;
  }
  switch (test.relation) {
    case PSJ_TEST_EQUAL: return order == 0;
    case PSJ_TEST_NOT_EQUAL: return order != 0;
    case PSJ_TEST_LESS: return order < 0;
    case PSJ_TEST_LESS_OR_EQUAL: return order <= 0;
    case PSJ_TEST_GREATER: return order > 0;
    case PSJ_TEST_GREATER_OR_EQUAL: return order >= 0;
    default: return false;
  }
}

}  // namespace

int32_t Conditions::add(Test test) {
  tests_.push_back(std::move(test));
  return static_cast<int32_t>(tests_.size() - 1);
}

bool Conditions::hold(int32_t condition, const Slot *slots, const uint8_t *record) const {
  while (condition >= 0) {
    const Test &test = tests_[static_cast<size_t>(condition)];
    condition = meets(test, slots[test.slot], record) ? test.onTrue : test.onFalse;
  }
  return condition == PSJ_HOLDS;
}

}  // namespace penstock
