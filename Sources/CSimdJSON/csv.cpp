#include "csv.hpp"

#include "number.hpp"

namespace penstock {

namespace {

/// Says what a field without quotes is; `end` is that of its text.
void classify(uint8_t *text, size_t end, Slot &slot) {
  // The field's delimiter, or behind the line: passed already, and in the way if it could go on a number.
  text[end] = ' ';
  const uint8_t *first = text + slot.start;
  const std::string_view word(reinterpret_cast<const char *>(first), end - slot.start);
  if (word.empty()) {
    slot.kind = SlotKind::absent;
  } else if ((*first == '-' || isDigit(*first)) && scanNumber<true>(first, &slot) == text + end) {
    return;
  } else if (word == "true") {
    slot.kind = SlotKind::trueValue;
  } else if (word == "false") {
    slot.kind = SlotKind::falseValue;
  } else {
    slot.kind = SlotKind::string;
  }
}

}  // namespace

CSVPlan::CSVPlan(uint8_t delimiter) : delimiter_(delimiter) {
  for (const uint8_t byte : {delimiter, uint8_t{'"'}, uint8_t{'\r'}, uint8_t{'\n'}}) stops_[byte] = true;
}

uint32_t CSVPlan::slot(std::string_view name, Plan &plan) {
  for (Column &column : columns_) {
    if (column.name != name) continue;
    if (column.slot < 0) column.slot = static_cast<int32_t>(plan.freeSlot());
    return static_cast<uint32_t>(column.slot);
  }
  return plan.freeSlot();
}

bool CSVPlan::parse(uint8_t *text, size_t length, Slot *slots) const {
  size_t lineEnd = length;
  if (lineEnd > 0 && text[lineEnd - 1] == '\n') {
    --lineEnd;
    if (lineEnd > 0 && text[lineEnd - 1] == '\r') --lineEnd;
  }
  size_t at = 0;
  for (const Column &column : columns_) {
    if (&column != columns_.data()) {
      if (at == lineEnd) return false;
      ++at;  // the delimiter
    }
    const bool quoted = at < lineEnd && text[at] == '"';
    size_t start = at;
    size_t end = at;
    if (quoted) {
      start = end = ++at;
      for (;; ++at) {
        if (at == lineEnd) return false;
        if (text[at] == '"' && (++at == lineEnd || text[at] != '"')) break;
        text[end++] = text[at];
      }
    } else {
      while (at < lineEnd && !stops_[text[at]]) ++at;
      end = at;
    }
    if (at < lineEnd && text[at] != delimiter_) return false;
    if (column.slot < 0) continue;
    Slot &slot = slots[column.slot];
    slot.start = static_cast<uint32_t>(start);
    slot.end = static_cast<uint32_t>(end);
    if (quoted)
      slot.kind = SlotKind::string;
    else
      classify(text, end, slot);
  }
  return at == lineEnd && !columns_.empty();
}

}  // namespace penstock
