// The decoder: what is wanted of records, and the scratch memory to get it.
#pragma once
#include <simdjson.h>

#include <memory>
#include <string_view>
#include <vector>

#include "arena.hpp"
#include "csimdjson.h"
#include "csv.hpp"
#include "filter.hpp"
#include "key.hpp"
#include "plan.hpp"
#include "slot.hpp"

namespace penstock {

struct Column {
  uint32_t slot;
  int kind;
  int32_t condition;
};

}  // namespace penstock

struct psj_decoder {
  int format = PSJ_FORMAT_JSON;
  penstock::Plan plan;
  penstock::CSVPlan csv{','};
  int timeUnit = PSJ_TIME_KAFKA;
  uint32_t timeSlot = 0;
  penstock::KeyPlan key;
  penstock::Conditions conditions;
  int32_t filter = PSJ_HOLDS;
  std::vector<penstock::Column> columns;

  /// The slot of a path, or of a column's name.
  uint32_t slot(std::string_view path);
  void decode(const psj_batch &batch);

 private:
  uint8_t document(const uint8_t *value, int32_t length);
  uint8_t json(size_t length);
  uint8_t timestamp(int64_t recordTimestamp, int64_t latest, int64_t *out) const;
  uint8_t eventKey(const uint8_t *recordKey, int32_t recordKeyLength, size_t *length);
  uint8_t fields(const psj_batch &batch, int64_t record);
  uint8_t word(const penstock::Slot &slot, uint8_t *kind, uint64_t *bits);
  void unescapeSlots();
  void resolve(const psj_batch &batch) const;
  void copy(const uint8_t *value, size_t length);
  bool holds(int32_t condition) const { return conditions.hold(condition, slots.data(), scratch.bytes()); }

  std::vector<penstock::Slot> slots;
  std::vector<uint64_t> kinds = std::vector<uint64_t>(32);
  /// The record that is being decoded, with blanks behind it.
  penstock::Arena scratch;
  /// The batch's keys, and the texts of its cells: a length and so many bytes each.
  penstock::Arena texts;
  /// simdjson's first stage and the positions it finds. Its second stage and its on-demand walk are not used: they do not
  /// check the parts that they skip.
  std::unique_ptr<simdjson::internal::dom_parser_implementation> indexer;
};
