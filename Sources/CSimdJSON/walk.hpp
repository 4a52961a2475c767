// One pass over a record's structure: checks all of it and notes the wanted values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "number.hpp"
#include "plan.hpp"

namespace penstock {

/// A walk over the positions that simdjson's first stage found: every `{ } [ ] : ,` outside strings and the first byte of every
/// string and other scalar. The first stage has checked UTF-8, that strings are closed and that they hold no raw control
/// characters; escapes are checked before the walk. All the rest of the grammar is checked here, wanted or not, so that no
/// part of a damaged record counts. Recursion follows the plan's paths only, never the record's nesting.
class Walk {
 public:
  /// `buffer` holds the record and at least 64 blanks behind it; `positions` has `count` entries and one more, the record's length.
  Walk(const Plan &plan, std::vector<uint64_t> &kinds, const uint8_t *buffer, const uint32_t *positions, size_t count,
       bool hasEscapes, Slot *slots)
      : plan_(plan), kinds_(kinds), buffer_(buffer), positions_(positions), count_(count), hasEscapes_(hasEscapes), slots_(slots) {}

  /// Whether the record is one object and nothing else.
  bool run();
  /// Whether anything is nested deeper than PSJ_MAX_DEPTH.
  bool tooDeep() const { return tooDeep_; }

 private:
  static constexpr size_t failed = SIZE_MAX;

  uint8_t byteAt(size_t index) const { return buffer_[positions_[index]]; }
  // Each takes the index of a value's first position and returns the index behind the value, or `failed`.
  size_t value(const Node &node, size_t index, size_t depth);
  size_t members(const Node &node, size_t index, size_t depth);
  size_t elements(const Node &node, size_t index, size_t depth);
  size_t skip(size_t index, size_t depth);
  size_t skipContainer(size_t index, size_t depth);
  bool scalar(size_t index, Slot *slot) const;
  size_t stringEnd(size_t index) const;
  const Step *match(const Node &node, size_t start, size_t end) const;

  const Plan &plan_;
  /// One bit a level of the container being skipped: 1 is an object. Grows with hostile records only.
  std::vector<uint64_t> &kinds_;
  const uint8_t *buffer_;
  const uint32_t *positions_;
  size_t count_;
  bool hasEscapes_;
  bool tooDeep_ = false;
  Slot *slots_;
};

}  // namespace penstock
