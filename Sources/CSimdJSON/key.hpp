// Rendering aggregation keys.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arena.hpp"
#include "slot.hpp"

namespace penstock {

struct KeyField {
  std::string path;
  uint32_t slot;
};

/// How the key of a record is put together from its fields.
struct KeyPlan {
  int rendering = 0;
  /// Sorted by path if the rendering is composite.
  std::vector<KeyField> fields;
};

/// Appends the record's key to the arena (committed only if PSJ_OK) and says how long it is. Of several faults, the one with
/// the smaller number wins. Returns a PSJ_* status.
uint8_t renderKey(const KeyPlan &plan, const Slot *slots, const uint8_t *record, Arena &arena, size_t *length);

}  // namespace penstock
