#include "walk.hpp"

#include <cstring>

#include "csimdjson.h"
#include "text.hpp"

namespace penstock {

bool Walk::run() {
  if (count_ == 0 || byteAt(0) != '{') return false;
  return members(plan_.node(0), 0, 1) == count_;
}

/// Byte index of the closing quote of the string at `index`: only white space can stand between it and the next position.
inline size_t Walk::stringEnd(size_t index) const {
  const size_t start = positions_[index];
  size_t end = positions_[index + 1] - 1;
  while (end > start && buffer_[end] != '"') --end;
  return end;
}

inline const Step *Walk::match(const Node &node, size_t start, size_t end) const {
  const size_t length = end - start;
  const uint8_t *name = buffer_ + start;
  if (node.lengths >> (length % 64) & 1) {
    uint64_t head;
    std::memcpy(&head, name, sizeof head);
    for (const Step &step : node.steps) {
      if (step.length != length || (head & step.headMask) != step.head) continue;
      if (length <= 8 || std::memcmp(name + 8, step.name.data() + 8, length - 8) == 0) return &step;
    }
  }
  if (hasEscapes_ && std::memchr(name, '\\', length) != nullptr) {
    for (const Step &step : node.steps)
      if (equalsUnescaped(name, length, reinterpret_cast<const uint8_t *>(step.name.data()), step.length)) return &step;
  }
  return nullptr;
}

size_t Walk::members(const Node &node, size_t index, size_t depth) {
  if (depth > PSJ_MAX_DEPTH) tooDeep_ = true;
  ++index;
  if (byteAt(index) == '}') return index + 1;
  for (;;) {
    // Each test stops at the blank behind the record, so no index goes beyond `count_`.
    if (byteAt(index) != '"' || byteAt(index + 1) != ':') return failed;
    const size_t end = stringEnd(index);
    const size_t start = positions_[index] + 1;
    if (end < start) return failed;
    const Step *step = match(node, start, end);
    index += 2;
    index = step == nullptr ? skip(index, depth) : value(plan_.node(step->node), index, depth);
    if (index == failed) return failed;
    const uint8_t next = byteAt(index++);
    if (next == '}') return index;
    if (next != ',') return failed;
  }
}

size_t Walk::elements(const Node &node, size_t index, size_t depth) {
  if (depth > PSJ_MAX_DEPTH) tooDeep_ = true;
  ++index;
  if (byteAt(index) == ']') return index + 1;
  for (int64_t element = 0;; ++element) {
    const Step *wanted = nullptr;
    if (element <= node.lastIndex) {
      for (const Step &step : node.steps)
        if (step.index == element) wanted = &step;
    }
    index = wanted == nullptr ? skip(index, depth) : value(plan_.node(wanted->node), index, depth);
    if (index == failed) return failed;
    const uint8_t next = byteAt(index++);
    if (next == ']') return index;
    if (next != ',') return failed;
  }
}

size_t Walk::value(const Node &node, size_t index, size_t depth) {
  Slot *slot = node.slot < 0 ? nullptr : slots_ + node.slot;
  const uint8_t first = byteAt(index);
  if (first == '{' || first == '[') {
    if (slot != nullptr) slot->kind = SlotKind::container;
    if (node.steps.empty()) return skipContainer(index, depth);
    return first == '{' ? members(node, index, depth + 1) : elements(node, index, depth + 1);
  }
  return scalar(index, slot) ? index + 1 : failed;
}

inline size_t Walk::skip(size_t index, size_t depth) {
  const uint8_t first = byteAt(index);
  if (first == '{' || first == '[') return skipContainer(index, depth);
  return scalar(index, nullptr) ? index + 1 : failed;
}

/// Checks a string, number or literal, and notes it in `slot` if there is one.
inline bool Walk::scalar(size_t index, Slot *slot) const {
  const uint32_t start = positions_[index];
  const uint8_t *text = buffer_ + start;
  const auto literal = [&](const char *word, size_t length, SlotKind kind) {
    if (std::memcmp(text, word, length) != 0 || !endsScalar(text[length])) return false;
    if (slot != nullptr) {
      slot->kind = kind;
      slot->start = start;
      slot->end = start + static_cast<uint32_t>(length);
    }
    return true;
  };
  switch (*text) {
    case '"':
      if (slot != nullptr) {
        const size_t end = stringEnd(index);
        if (end <= start) return false;
        slot->kind = SlotKind::string;
        slot->start = start + 1;
        slot->end = static_cast<uint32_t>(end);
      }
      return true;
    case 't': return literal("true", 4, SlotKind::trueValue);
    case 'f': return literal("false", 5, SlotKind::falseValue);
    case 'n': return literal("null", 4, SlotKind::null);
    default: {
      const uint8_t *end = slot == nullptr ? scanNumber<false>(text, nullptr) : scanNumber<true>(text, slot);
      if (end == nullptr || !endsScalar(*end)) return false;
      if (slot != nullptr) {
        slot->start = start;
        slot->end = static_cast<uint32_t>(end - buffer_);
      }
      return true;
    }
  }
}

/// Walks a container without looking for anything; `depth` is that of its parent. No recursion: a bit a level says what is open.
size_t Walk::skipContainer(size_t index, size_t depth) {
  size_t level = 0;  // of the innermost open container, 1 is this one
  bool inObject = false;
  for (;;) {
    // A container opens at `index`.
    inObject = byteAt(index++) == '{';
    ++level;
    if (depth + level > PSJ_MAX_DEPTH) tooDeep_ = true;
    if (level / 64 >= kinds_.size()) kinds_.resize(kinds_.size() * 2 + 32);
    const uint64_t bit = uint64_t{1} << (level % 64);
    kinds_[level / 64] = inObject ? kinds_[level / 64] | bit : kinds_[level / 64] & ~bit;
    bool closes = byteAt(index) == (inObject ? '}' : ']');
    for (;;) {
      if (!closes) {
        if (inObject) {
          if (byteAt(index) != '"' || byteAt(index + 1) != ':') return failed;
          index += 2;
        }
        const uint8_t first = byteAt(index);
        if (first == '{' || first == '[') break;
        if (!scalar(index, nullptr)) return failed;
        ++index;
      } else {
        ++index;
        if (--level == 0) return index;
        inObject = kinds_[level / 64] >> (level % 64) & 1;
      }
      // Behind a value of the innermost open container.
      const uint8_t next = byteAt(index);
      closes = next == (inObject ? '}' : ']');
      if (closes) continue;
      if (next != ',') return failed;
      ++index;
    }
  }
}

}  // namespace penstock
