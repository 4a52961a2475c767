// Conditions on records.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "slot.hpp"

namespace penstock {

/// psj_test, with the field's slot.
struct Test {
  uint32_t slot;
  int relation;
  int literalKind;
  uint64_t literalBits;
  std::string text;
  int32_t onTrue;
  int32_t onFalse;
};

/// All tests of a decoder. A condition is the number of the test that it begins with; each test says where it goes on, so that
/// asking needs no stack and stops at the first test that decides.
class Conditions {
 public:
  int32_t add(Test test);
  /// Whether the condition holds for the record whose slots these are.
  bool hold(int32_t condition, const Slot *slots, const uint8_t *record) const;

 private:
  std::vector<Test> tests_;
};

}  // namespace penstock
