#include "decoder.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "text.hpp"
#include "time.hpp"
#include "walk.hpp"

using namespace penstock;

namespace {

/// Blanks behind the record: simdjson's own padding, and what makes every scan of ours stop.
constexpr size_t padding = simdjson::SIMDJSON_PADDING;
static_assert(padding >= 16, "scans read up to 8 bytes past a name");

bool isUTF8(const uint8_t *text, size_t length) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}

}  // namespace

uint32_t psj_decoder::slot(std::string_view path) {
  const uint32_t slot = format == PSJ_FORMAT_CSV ? csv.slot(path, plan) : plan.slot(path);
  slots.resize(plan.slotCount());
  return slot;
}

void psj_decoder::copy(const uint8_t *value, size_t length) {
  scratch.reset();
  scratch.reserve(length + padding);
  std::memcpy(scratch.bytes(), value, length);
  std::memset(scratch.bytes() + length, ' ', padding);
}

/// Checks the record's text and fills the slots.
uint8_t psj_decoder::document(const uint8_t *value, int32_t length) {
  if (format == PSJ_FORMAT_RAW) return PSJ_OK;
  if (value == nullptr) return PSJ_TOMBSTONE;
  size_t size = length < 0 ? 0 : static_cast<size_t>(length);
  if (format == PSJ_FORMAT_JSON && size >= PSJ_SCHEMA_PREFIX_BYTES && *value == 0) {
    value += PSJ_SCHEMA_PREFIX_BYTES;
    size -= PSJ_SCHEMA_PREFIX_BYTES;
  }
  if (size == 0) return PSJ_EMPTY;
  const bool isCSV = format == PSJ_FORMAT_CSV;
  if (size > PSJ_MAX_RECORD_BYTES) return isCSV ? PSJ_NOT_CSV : PSJ_NOT_JSON;
  if (isCSV && !isUTF8(value, size)) return PSJ_NOT_UTF8;
  copy(value, size);
  if (isCSV) return csv.parse(scratch.bytes(), size, slots.data()) ? PSJ_OK : PSJ_NOT_CSV;
  const uint8_t status = json(size);
  return status == PSJ_NOT_JSON && !isUTF8(value, size) ? PSJ_NOT_UTF8 : status;
}

uint8_t psj_decoder::json(size_t length) {
  if (indexer == nullptr || indexer->capacity() < length) {
    const size_t capacity = std::bit_ceil(std::max<size_t>(length, 4096));
    const auto failure =
        indexer == nullptr
            ? simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, indexer)
            : indexer->allocate(capacity, 1);
    if (failure) std::abort();  // out of memory; nothing else can fail here
  }
  const uint8_t *text = scratch.bytes();
  if (indexer->stage1(text, length, simdjson::stage1_mode::regular)) return PSJ_NOT_JSON;
  const bool hasEscapes = std::memchr(text, '\\', length) != nullptr;
  if (hasEscapes && !escapesAreValid(text, length)) return PSJ_NOT_JSON;
  const size_t count = indexer->n_structural_indexes;
  indexer->structural_indexes[count] = static_cast<uint32_t>(length);
  for (Slot &slot : slots) slot.kind = SlotKind::absent;
  Walk walk(plan, kinds, text, indexer->structural_indexes.get(), count, hasEscapes, slots.data());
  if (!walk.run()) return PSJ_NOT_JSON;
  if (walk.tooDeep()) return PSJ_TOO_DEEP;
  if (hasEscapes) unescapeSlots();
  return PSJ_OK;
}

/// Writes the wanted strings over their escaped form, so that time, key, filters and cells need not know of escapes.
void psj_decoder::unescapeSlots() {
  for (Slot &slot : slots) {
    if (slot.kind != SlotKind::string) continue;
    uint8_t *text = scratch.bytes() + slot.start;
    const int64_t length = unescape(text, slot.end - slot.start, text);
    if (length < 0)
      slot.kind = SlotKind::brokenString;
    else
      slot.end = slot.start + static_cast<uint32_t>(length);
  }
}

uint8_t psj_decoder::timestamp(int64_t recordTimestamp, int64_t latest, int64_t *out) const {
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
      if (slot.kind != SlotKind::string || !parseRFC3339(text, length, &time)) return PSJ_BAD_TIMESTAMP;
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

uint8_t psj_decoder::eventKey(const uint8_t *recordKey, int32_t recordKeyLength, size_t *length) {
  if (key.rendering != PSJ_KEY_KAFKA) return renderKey(key, slots.data(), scratch.bytes(), texts, length);
  if (recordKey == nullptr) return PSJ_MISSING_KEY;
  const size_t size = recordKeyLength < 0 ? 0 : static_cast<size_t>(recordKeyLength);
  // The key goes into the result's JSON as text.
  if (size > PSJ_MAX_KEY_BYTES || !isUTF8(recordKey, size)) return PSJ_BAD_KEY;
  std::memcpy(texts.reserve(size), recordKey, size);
  texts.commit(size);
  *length = size;
  return PSJ_OK;
}

/// Fills the record's cells. Of several faults, the one with the smaller number wins. A text cell is an offset into `texts`.
uint8_t psj_decoder::fields(const psj_batch &batch, int64_t record) {
  uint8_t status = PSJ_OK;
  int64_t cell = record;
  for (const Column &column : columns) {
    uint8_t fault = PSJ_OK;
    uint8_t kind = PSJ_CELL_MISSING;
    uint64_t bits = 0;
    if (column.condition == PSJ_HOLDS || holds(column.condition)) {
      if (column.kind == PSJ_COLUMN_ALWAYS) {
        kind = PSJ_CELL_INTEGER;
        bits = 1;
      } else if (const Slot &slot = slots[column.slot]; slot.kind == SlotKind::container) {
        fault = PSJ_BAD_FIELD;
      } else if (slot.kind != SlotKind::absent && slot.kind != SlotKind::null) {
        if (column.kind == PSJ_COLUMN_PRESENCE) {
          kind = PSJ_CELL_INTEGER;
          bits = 1;
        } else if (slot.kind == SlotKind::integer || slot.kind == SlotKind::real) {
          kind = slot.kind == SlotKind::integer ? PSJ_CELL_INTEGER : PSJ_CELL_DOUBLE;
          bits = slot.bits;
        } else if (slot.kind == SlotKind::outOfRange) {
          fault = PSJ_NUMBER_OUT_OF_RANGE;
        } else {
          fault = column.kind == PSJ_COLUMN_SCALAR ? word(slot, &kind, &bits) : PSJ_BAD_FIELD;
        }
      }
    }
    if (fault != PSJ_OK && (status == PSJ_OK || fault < status)) status = fault;
    batch.cell_kinds[cell] = kind;
    batch.cell_bits[cell] = bits;
    cell += batch.stride;
  }
  return status;
}

/// The cell of a string or boolean.
uint8_t psj_decoder::word(const Slot &slot, uint8_t *kind, uint64_t *bits) {
  if (slot.kind == SlotKind::trueValue || slot.kind == SlotKind::falseValue) {
    *kind = PSJ_CELL_BOOLEAN;
    *bits = slot.kind == SlotKind::trueValue;
    return PSJ_OK;
  }
  const uint32_t length = slot.end - slot.start;
  if (slot.kind == SlotKind::brokenString || length > PSJ_MAX_TEXT_BYTES) return PSJ_BAD_FIELD;
  *kind = PSJ_CELL_TEXT;
  *bits = texts.used();
  uint8_t *to = texts.reserve(sizeof length + length);
  std::memcpy(to, &length, sizeof length);
  std::memcpy(to + sizeof length, scratch.bytes() + slot.start, length);
  texts.commit(sizeof length + length);
  return PSJ_OK;
}

/// Offsets into `texts` become addresses, now that it has stopped moving.
void psj_decoder::resolve(const psj_batch &batch) const {
  for (int64_t i = 0; i < batch.count; ++i)
    batch.keys[i] = batch.status[i] == PSJ_OK ? texts.bytes() + reinterpret_cast<uintptr_t>(batch.keys[i]) : nullptr;
  int64_t first = 0;
  for (const Column &column : columns) {
    if (column.kind == PSJ_COLUMN_SCALAR) {
      for (int64_t i = first; i < first + batch.count; ++i)
        if (batch.cell_kinds[i] == PSJ_CELL_TEXT) batch.cell_bits[i] += reinterpret_cast<uintptr_t>(texts.bytes());
    }
    first += batch.stride;
  }
}

void psj_decoder::decode(const psj_batch &batch) {
  texts.reset();
  texts.reserve(64);  // so that an empty key has an address
  for (int64_t i = 0; i < batch.count; ++i) {
    int64_t time = 0;
    const size_t keyOffset = texts.used();
    size_t keyLength = 0;
    uint8_t status = document(batch.values[i], batch.value_lengths[i]);
    if (status == PSJ_OK) status = timestamp(batch.record_timestamps[i], batch.latest_timestamp, &time);
    if (status == PSJ_OK && filter != PSJ_HOLDS && !holds(filter)) status = PSJ_FILTERED;
    if (status == PSJ_OK) status = eventKey(batch.record_keys[i], batch.record_key_lengths[i], &keyLength);
    if (status == PSJ_OK) status = fields(batch, i);
    batch.status[i] = status;
    if (status != PSJ_OK) {
      if (status != PSJ_FILTERED) time = 0;
      keyLength = 0;
      for (size_t column = 0; column < columns.size(); ++column) {
        batch.cell_kinds[static_cast<int64_t>(column) * batch.stride + i] = PSJ_CELL_MISSING;
        batch.cell_bits[static_cast<int64_t>(column) * batch.stride + i] = 0;
      }
    }
    batch.timestamps[i] = time;
    batch.key_lengths[i] = static_cast<int32_t>(keyLength);
    batch.keys[i] = reinterpret_cast<const uint8_t *>(keyOffset);
  }
  resolve(batch);

  // A large record needs five times its size; do not sit on that.
  if (scratch.capacity() > Arena::keptBytes * 2) scratch.release();
  if (indexer != nullptr && indexer->capacity() > Arena::keptBytes) indexer.reset();
  if (kinds.size() > 1024) kinds = std::vector<uint64_t>(32);
}
