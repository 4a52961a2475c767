#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "arena.hpp"
#include "csimdjson.h"
#include "key.hpp"
#include "plan.hpp"
#include "slot.hpp"
#include "text.hpp"
#include "time.hpp"
#include "walk.hpp"

using namespace penstock;

namespace {

struct Column {
  uint32_t slot;
  int kind;
};

/// Blanks behind the record: simdjson's own padding, and what makes every scan of ours stop.
constexpr size_t padding = simdjson::SIMDJSON_PADDING;
static_assert(padding >= 16, "scans read up to 8 bytes past a name");

}  // namespace

struct psj_decoder {
  Plan plan;
  KeyPlan key;
  std::vector<Column> columns;
  int timeUnit = PSJ_TIME_KAFKA;
  uint32_t timeSlot = 0;

  std::vector<Slot> slots;
  std::vector<uint64_t> kinds = std::vector<uint64_t>(32);
  Arena scratch;
  Arena keys;
  /// simdjson's first stage and the positions it finds. Its second stage and its on-demand walk are not used: they do not
  /// check the parts that they skip.
  std::unique_ptr<simdjson::internal::dom_parser_implementation> indexer;

  uint8_t document(const uint8_t *value, int32_t length, bool *hasEscapes);
  uint8_t walk(size_t length, bool *hasEscapes);
  uint8_t timestamp(int64_t recordTimestamp, bool hasEscapes, int64_t latest, int64_t *out);
  uint8_t eventKey(const uint8_t *recordKey, int32_t recordKeyLength, bool hasEscapes, size_t *length);
  uint8_t fields(const psj_batch &batch, int64_t record) const;
  void reserve(size_t length);
  void decode(const psj_batch &batch);
};

/// Room for a record of that length.
void psj_decoder::reserve(size_t length) {
  if (indexer == nullptr || indexer->capacity() < length) {
    const size_t capacity = std::bit_ceil(std::max<size_t>(length, 4096));
    const auto failure =
        indexer == nullptr
            ? simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, indexer)
            : indexer->allocate(capacity, 1);
    if (failure) std::abort();  // out of memory; nothing else can fail here
  }
  scratch.reset();
  scratch.reserve(length + padding);
}

/// Checks the record's text and fills the slots.
uint8_t psj_decoder::document(const uint8_t *value, int32_t length, bool *hasEscapes) {
  if (value == nullptr) return PSJ_TOMBSTONE;
  if (length <= 0) return PSJ_EMPTY;
  if (length > PSJ_MAX_RECORD_BYTES) return PSJ_NOT_JSON;
  const auto size = static_cast<size_t>(length);
  reserve(size);
  std::memcpy(scratch.bytes(), value, size);
  std::memset(scratch.bytes() + size, ' ', padding);
  const uint8_t status = walk(size, hasEscapes);
  if (status == PSJ_NOT_JSON && !simdjson::validate_utf8(reinterpret_cast<const char *>(value), size)) return PSJ_NOT_UTF8;
  return status;
}

uint8_t psj_decoder::walk(size_t length, bool *hasEscapes) {
  const uint8_t *text = scratch.bytes();
  if (indexer->stage1(text, length, simdjson::stage1_mode::regular)) return PSJ_NOT_JSON;
  *hasEscapes = std::memchr(text, '\\', length) != nullptr;
  if (*hasEscapes && !escapesAreValid(text, length)) return PSJ_NOT_JSON;
  const size_t count = indexer->n_structural_indexes;
  indexer->structural_indexes[count] = static_cast<uint32_t>(length);
  for (Slot &slot : slots) slot.kind = SlotKind::absent;
  Walk walk(plan, kinds, text, indexer->structural_indexes.get(), count, *hasEscapes, slots.data());
  if (!walk.run()) return PSJ_NOT_JSON;
  return walk.tooDeep() ? PSJ_TOO_DEEP : PSJ_OK;
}

uint8_t psj_decoder::timestamp(int64_t recordTimestamp, bool hasEscapes, int64_t latest, int64_t *out) {
  int64_t time = 0;
  if (timeUnit == PSJ_TIME_KAFKA) {
    if (recordTimestamp == -1) return PSJ_MISSING_TIMESTAMP;
    time = recordTimestamp;
  } else {
    const Slot &slot = slots[timeSlot];
    if (slot.kind == SlotKind::absent || slot.kind == SlotKind::null) return PSJ_MISSING_TIMESTAMP;
    const uint8_t *text = scratch.bytes() + slot.start;
    const size_t length = slot.end - slot.start;
    if (timeUnit == PSJ_TIME_RFC3339) {
      if (slot.kind != SlotKind::string) return PSJ_BAD_TIMESTAMP;
      if (hasEscapes) {
        // Borrowed room behind the keys; not committed.
        uint8_t *plain = keys.reserve(length);
        const int64_t written = unescape(text, length, plain);
        if (written < 0 || !parseRFC3339(plain, static_cast<size_t>(written), &time)) return PSJ_BAD_TIMESTAMP;
      } else if (!parseRFC3339(text, length, &time)) {
        return PSJ_BAD_TIMESTAMP;
      }
    } else if (slot.kind == SlotKind::integer && timeUnit == PSJ_TIME_MILLISECONDS) {
      time = static_cast<int64_t>(slot.bits);
    } else if (slot.kind == SlotKind::integer || slot.kind == SlotKind::real || slot.kind == SlotKind::outOfRange) {
      constexpr int shifts[] = {0, 3, 0, -3, -6};
      if (!floorScaled(text, text + length, shifts[timeUnit], &time)) return PSJ_BAD_TIMESTAMP;
    } else {
      return PSJ_BAD_TIMESTAMP;
    }
  }
  if (time > latest) return PSJ_TIMESTAMP_IN_FUTURE;
  *out = time;
  return PSJ_OK;
}

uint8_t psj_decoder::eventKey(const uint8_t *recordKey, int32_t recordKeyLength, bool hasEscapes, size_t *length) {
  if (key.rendering != PSJ_KEY_KAFKA) return renderKey(key, slots.data(), scratch.bytes(), hasEscapes, keys, length);
  if (recordKey == nullptr) return PSJ_MISSING_KEY;
  const size_t size = recordKeyLength < 0 ? 0 : static_cast<size_t>(recordKeyLength);
  // The key goes into the result's JSON as text.
  if (size > PSJ_MAX_KEY_BYTES || !simdjson::validate_utf8(reinterpret_cast<const char *>(recordKey), size)) return PSJ_BAD_KEY;
  std::memcpy(keys.reserve(size), recordKey, size);
  keys.commit(size);
  *length = size;
  return PSJ_OK;
}

/// Fills the record's cells. Of several faults, the one with the smaller number wins.
uint8_t psj_decoder::fields(const psj_batch &batch, int64_t record) const {
  uint8_t status = PSJ_OK;
  const auto fail = [&](uint8_t fault) {
    if (status == PSJ_OK || fault < status) status = fault;
  };
  int64_t cell = record;
  for (const Column &column : columns) {
    const Slot &slot = slots[column.slot];
    uint8_t kind = PSJ_CELL_MISSING;
    uint64_t bits = 0;
    switch (slot.kind) {
      case SlotKind::absent: case SlotKind::null: break;
      case SlotKind::container: fail(PSJ_BAD_FIELD); break;
      default:
        if (column.kind == PSJ_COLUMN_PRESENCE) {
          kind = PSJ_CELL_INTEGER;
          bits = 1;
        } else if (slot.kind == SlotKind::integer) {
          kind = PSJ_CELL_INTEGER;
          bits = slot.bits;
        } else if (slot.kind == SlotKind::real) {
          kind = PSJ_CELL_DOUBLE;
          bits = slot.bits;
        } else {
          fail(slot.kind == SlotKind::outOfRange ? PSJ_NUMBER_OUT_OF_RANGE : PSJ_BAD_FIELD);
        }
    }
    batch.cell_kinds[cell] = kind;
    batch.cell_bits[cell] = bits;
    cell += batch.stride;
  }
  return status;
}

void psj_decoder::decode(const psj_batch &batch) {
  keys.reset();
  keys.reserve(64);  // so that an empty key has an address
  for (int64_t i = 0; i < batch.count; ++i) {
    int64_t time = 0;
    size_t keyOffset = keys.used();
    size_t keyLength = 0;
    bool hasEscapes = false;
    uint8_t status = document(batch.values[i], batch.value_lengths[i], &hasEscapes);
    if (status == PSJ_OK) status = timestamp(batch.record_timestamps[i], hasEscapes, batch.latest_timestamp, &time);
    if (status == PSJ_OK) status = eventKey(batch.record_keys[i], batch.record_key_lengths[i], hasEscapes, &keyLength);
    if (status == PSJ_OK) status = fields(batch, i);
    batch.status[i] = status;
    if (status != PSJ_OK) {
      time = 0;
      keyLength = 0;
      for (size_t column = 0; column < columns.size(); ++column) {
        batch.cell_kinds[static_cast<int64_t>(column) * batch.stride + i] = PSJ_CELL_MISSING;
        batch.cell_bits[static_cast<int64_t>(column) * batch.stride + i] = 0;
      }
    }
    batch.timestamps[i] = time;
    batch.key_lengths[i] = static_cast<int32_t>(keyLength);
    // An offset until the arena has stopped moving.
    batch.keys[i] = reinterpret_cast<const uint8_t *>(keyOffset);
  }
  for (int64_t i = 0; i < batch.count; ++i)
    batch.keys[i] = batch.status[i] == PSJ_OK ? keys.bytes() + reinterpret_cast<uintptr_t>(batch.keys[i]) : nullptr;

  // A large record needs five times its size; do not sit on that.
  if (scratch.capacity() > Arena::keptBytes * 2) scratch.release();
  if (indexer != nullptr && indexer->capacity() > Arena::keptBytes) indexer.reset();
  if (kinds.size() > 1024) kinds = std::vector<uint64_t>(32);
}

extern "C" {

psj_decoder *psj_decoder_create(void) { return new psj_decoder; }

void psj_decoder_destroy(psj_decoder *decoder) { delete decoder; }

void psj_decoder_set_timestamp(psj_decoder *decoder, const uint8_t *path, size_t length, int unit) {
  decoder->timeSlot = decoder->plan.slot({reinterpret_cast<const char *>(path), length});
  decoder->timeUnit = unit;
  decoder->slots.resize(decoder->plan.slotCount());
}

void psj_decoder_set_key(psj_decoder *decoder, int rendering) { decoder->key.rendering = rendering; }

void psj_decoder_add_key_field(psj_decoder *decoder, const uint8_t *path, size_t length) {
  const std::string_view text(reinterpret_cast<const char *>(path), length);
  auto &fields = decoder->key.fields;
  fields.push_back({std::string(text), decoder->plan.slot(text)});
  if (decoder->key.rendering == PSJ_KEY_COMPOSITE)
    std::sort(fields.begin(), fields.end(), [](const KeyField &a, const KeyField &b) { return a.path < b.path; });
  decoder->slots.resize(decoder->plan.slotCount());
}

void psj_decoder_add_column(psj_decoder *decoder, const uint8_t *path, size_t length, int kind) {
  const uint32_t slot = decoder->plan.slot({reinterpret_cast<const char *>(path), length});
  decoder->columns.push_back({slot, kind});
  decoder->slots.resize(decoder->plan.slotCount());
}

void psj_decoder_decode(psj_decoder *decoder, const psj_batch *batch) { decoder->decode(*batch); }

bool psj_validate_utf8(const uint8_t *text, size_t length) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}

}  // extern "C"
