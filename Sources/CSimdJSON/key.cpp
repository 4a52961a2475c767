#include "key.hpp"

#include <cstring>
#include <string_view>

#include "csimdjson.h"

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

/// Puts a backslash before separators and backslashes; at most twice the text.
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
    case SlotKind::container: case SlotKind::brokenString: return PSJ_BAD_KEY;
    default: return slot.end - slot.start > PSJ_MAX_KEY_BYTES ? PSJ_BAD_KEY : PSJ_OK;
  }
}

}  // namespace

uint8_t renderKey(const KeyPlan &plan, const Slot *slots, const uint8_t *record, Arena &arena, size_t *length) {
  uint8_t status = PSJ_OK;
  const std::string_view head = prefix(plan.rendering);
  size_t room = head.size();
  for (const KeyField &field : plan.fields) {
    const Slot &slot = slots[field.slot];
    const uint8_t fault = statusOf(slot);
    if (fault != PSJ_OK && (status == PSJ_OK || fault < status)) status = fault;
    // The text, perhaps each byte with a backslash, path and two separators.
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
    const size_t count = slot.end - slot.start;
    if (joined) {
      to += escapeSeparators(text, count, to);
    } else {
      std::memcpy(to, text, count);
      to += count;
    }
  }
  *length = static_cast<size_t>(to - start);
  if (*length > PSJ_MAX_KEY_BYTES) return PSJ_BAD_KEY;
  arena.commit(*length);
  return PSJ_OK;
}

}  // namespace penstock
