// The C face of the decoder.
#include <algorithm>
#include <string>

#include "csimdjson.h"
#include "decoder.hpp"

using namespace penstock;

namespace {

std::string_view view(const uint8_t *text, size_t length) { return {reinterpret_cast<const char *>(text), length}; }

}  // namespace

extern "C" {

psj_decoder *psj_decoder_create(void) { return new psj_decoder; }

void psj_decoder_destroy(psj_decoder *decoder) { delete decoder; }

void psj_decoder_set_format(psj_decoder *decoder, int format, uint8_t delimiter) {
  decoder->format = format;
  decoder->csv = CSVPlan(delimiter);
}

void psj_decoder_add_csv_column(psj_decoder *decoder, const uint8_t *name, size_t length) {
  decoder->csv.addColumn(view(name, length));
}

void psj_decoder_set_timestamp(psj_decoder *decoder, const uint8_t *path, size_t length, int unit) {
  decoder->timeSlot = decoder->slot(view(path, length));
  decoder->timeUnit = unit;
}

void psj_decoder_set_key(psj_decoder *decoder, int rendering) { decoder->key.rendering = rendering; }

void psj_decoder_add_key_field(psj_decoder *decoder, const uint8_t *path, size_t length) {
  const std::string_view text = view(path, length);
  auto &fields = decoder->key.fields;
  fields.push_back({std::string(text), decoder->slot(text)});
  if (decoder->key.rendering == PSJ_KEY_COMPOSITE)
    std::sort(fields.begin(), fields.end(), [](const KeyField &a, const KeyField &b) { return a.path < b.path; });
}

int32_t psj_decoder_add_test(psj_decoder *decoder, const psj_test *test) {
  return decoder->conditions.add({
      .slot = decoder->slot(view(test->path, test->path_length)),
      .relation = test->relation,
      .literalKind = test->literal_kind,
      .literalBits = test->literal_bits,
      .text = std::string(view(test->text, test->text_length)),
      .onTrue = test->on_true,
      .onFalse = test->on_false,
  });
}

void psj_decoder_set_filter(psj_decoder *decoder, int32_t condition) { decoder->filter = condition; }

void psj_decoder_add_column(psj_decoder *decoder, const uint8_t *path, size_t length, int kind, int32_t condition) {
  const uint32_t slot = kind == PSJ_COLUMN_ALWAYS ? 0 : decoder->slot(view(path, length));
  decoder->columns.push_back({slot, kind, condition});
}

void psj_decoder_decode(psj_decoder *decoder, const psj_batch *batch) { decoder->decode(*batch); }

bool psj_validate_utf8(const uint8_t *text, size_t length) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}

}  // extern "C"
