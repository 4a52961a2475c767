#include "key.hpp"

#include <cstring>
#include <string_view>

#include "csimdjson.h"
#include "text.hpp"

namespace penstock {

namespace {

std::string_view prefix(int rendering) {
  switch (rendering) {
    case PSJ_KEY_SESSION: return "session:";
    case PSJ_KEY_MODEL: return "model:";
    case PSJ_KEY_USER: return "user:";
    case PSJ_KEY_COMPOSITE: return "composite:";
    default: return "";
  }
}

/// Puts a backslash before separators and backslashes. `from` may stand in the upper half of the room that starts at `to`.
size_t escapeSeparators(const uint8_t *from, size_t length, uint8_t *to) {
  uint8_t *start = to;
  for (size_t i = 0; i < length; ++i) {
    const uint8_t byte = from[i];
    if (byte == '|' || byte == ',' || byte == ':' || byte == '\\') *to++ = '\\';
    *to++ = byte;
  }
  return static_cast<size_t>(to - start);
}

uint8_t statusOf(const Slot &slot) {
  switch (slot.kind) {
    case SlotKind::absent: case SlotKind::null: return PSJ_MISSING_KEY;
    case SlotKind::container: return PSJ_BAD_KEY;
    default: return PSJ_OK;
  }
}

}  // namespace

uint8_t renderKey(const KeyPlan &plan, const Slot *slots, const uint8_t *record, bool hasEscapes, Arena &arena, size_t *length) {
  uint8_t status = PSJ_OK;
  const std::string_view head = prefix(plan.rendering);
  size_t room = head.size();
  for (const KeyField &field : plan.fields) {
    const Slot &slot = slots[field.slot];
    uint8_t fault = statusOf(slot);
    // Six bytes of escape make at least one of text.
    if (fault == PSJ_OK && slot.end - slot.start > 6 * PSJ_MAX_KEY_BYTES) fault = PSJ_BAD_KEY;
    if (fault != PSJ_OK && (status == PSJ_OK || fault < status)) status = fault;
    // The raw text twice (escaped below the text that is being escaped), path and two separators.
    if (fault == PSJ_OK) room += 2 * size_t{slot.end - slot.start} + field.path.size() + 2;
  }
  if (status != PSJ_OK) return status;

  const bool composite = plan.rendering == PSJ_KEY_COMPOSITE;
  const bool joined = composite || plan.fields.size() > 1;
  uint8_t *const start = arena.reserve(room);
  uint8_t *to = start;
  std::memcpy(to, head.data(), head.size());
  to += head.size();
  bool first = true;
  for (const KeyField &field : plan.fields) {
    const Slot &slot = slots[field.slot];
    if (!first) *to++ = composite ? ',' : '|';
    first = false;
    if (composite) {
      std::memcpy(to, field.path.data(), field.path.size());
      to += field.path.size();
      *to++ = ':';
    }
    const uint8_t *text = record + slot.start;
    size_t count = slot.end - slot.start;
    if (hasEscapes && slot.kind == SlotKind::string) {
      // Into the upper half of this field's room, so that escaping the separators can move it down.
      uint8_t *plain = joined ? to + count : to;
      const int64_t written = unescape(text, count, plain);
      if (written < 0) return PSJ_BAD_KEY;
      text = plain;
      count = static_cast<size_t>(written);
    }
    if (joined) {
      to += escapeSeparators(text, count, to);
    } else {
      std::memmove(to, text, count);
      to += count;
    }
  }
  *length = static_cast<size_t>(to - start);
  if (*length > PSJ_MAX_KEY_BYTES) return PSJ_BAD_KEY;
  arena.commit(*length);
  return PSJ_OK;
}

}  // namespace penstock
