/// Batches of records to columns of chosen fields, JSON on simdjson; and the number and text helpers that Swift has only in
/// allocating form. Every function is safe for any bytes; none throws. Running out of memory ends the process, as it does in Swift.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A record larger than this (16 MiB) counts as not JSON, or not CSV.
#define PSJ_MAX_RECORD_BYTES 16777216
/// Objects and arrays may be nested this deep; the record itself is level 1.
#define PSJ_MAX_DEPTH 1024
/// A key longer than this (1 MiB) is a bad key.
#define PSJ_MAX_KEY_BYTES 1048576
/// Steps of one field path; a longer path never matches.
#define PSJ_MAX_PATH_STEPS 64
/// Longest text of a cell; the same number as `FieldColumn.maxTextBytes` in RecordCodec.
#define PSJ_MAX_TEXT_BYTES 4096
/// A Schema Registry's prefix: a zero byte and four bytes of schema id.
#define PSJ_SCHEMA_PREFIX_BYTES 5
/// Room that psj_write_double needs.
#define PSJ_DOUBLE_TEXT_BYTES 32

/// The status byte of a record. The same numbers as `DecodeFailure` and `RecordBatchColumns.filtered` in RecordCodec.
enum {
  PSJ_OK = 0,
  PSJ_TOMBSTONE = 1,
  PSJ_EMPTY = 2,
  PSJ_NOT_UTF8 = 3,
  PSJ_NOT_JSON = 4,
  PSJ_NOT_CSV = 5,
  PSJ_TOO_DEEP = 6,
  PSJ_MISSING_TIMESTAMP = 7,
  PSJ_BAD_TIMESTAMP = 8,
  PSJ_TIMESTAMP_IN_FUTURE = 9,
  PSJ_MISSING_KEY = 10,
  PSJ_BAD_KEY = 11,
  PSJ_BAD_FIELD = 12,
  PSJ_NUMBER_OUT_OF_RANGE = 13,
  PSJ_FILTERED = 255,
};

/// How the values are written.
enum {
  /// One JSON object, perhaps behind a Schema Registry's prefix.
  PSJ_FORMAT_JSON = 0,
  /// One JSON object and nothing in front of it.
  PSJ_FORMAT_BARE_JSON = 1,
  /// One line of comma-separated fields.
  PSJ_FORMAT_CSV = 2,
  /// Never looked at.
  PSJ_FORMAT_RAW = 3,
};

/// Where the event time comes from.
enum {
  PSJ_TIME_KAFKA = 0,
  PSJ_TIME_SECONDS = 1,
  PSJ_TIME_MILLISECONDS = 2,
  PSJ_TIME_MICROSECONDS = 3,
  PSJ_TIME_NANOSECONDS = 4,
  PSJ_TIME_RFC3339 = 5,
};

/// How the key is rendered.
enum {
  PSJ_KEY_KAFKA = 0,
  PSJ_KEY_PLAIN = 1,
  PSJ_KEY_SESSION = 2,
  PSJ_KEY_MODEL = 3,
  PSJ_KEY_USER = 4,
  PSJ_KEY_COMPOSITE = 5,
};

enum {
  PSJ_COLUMN_NUMERIC = 0,
  PSJ_COLUMN_PRESENCE = 1,
  PSJ_COLUMN_SCALAR = 2,
  PSJ_COLUMN_ALWAYS = 3,
};

enum {
  PSJ_CELL_MISSING = 0,
  PSJ_CELL_INTEGER = 1,
  PSJ_CELL_DOUBLE = 2,
  PSJ_CELL_TEXT = 3,
  PSJ_CELL_BOOLEAN = 4,
};

/// What a test asks of a field.
enum {
  PSJ_TEST_EQUAL = 0,
  PSJ_TEST_NOT_EQUAL = 1,
  PSJ_TEST_LESS = 2,
  PSJ_TEST_LESS_OR_EQUAL = 3,
  PSJ_TEST_GREATER = 4,
  PSJ_TEST_GREATER_OR_EQUAL = 5,
  PSJ_TEST_CONTAINS = 6,
  PSJ_TEST_STARTS_WITH = 7,
  PSJ_TEST_EXISTS = 8,
};

/// Where a condition ends; every other place in it is the number of a test.
enum {
  PSJ_HOLDS = -1,
  PSJ_FAILS = -2,
};

/// A comparison of one field, and where the condition goes on after it.
typedef struct {
  const uint8_t *path;
  size_t path_length;
  /// One of PSJ_TEST_*.
  int relation;
  /// What the field is compared with: one of PSJ_CELL_*, its bits, or the text. PSJ_TEST_EXISTS does not look at it.
  int literal_kind;
  uint64_t literal_bits;
  const uint8_t *text;
  size_t text_length;
  /// An earlier test, PSJ_HOLDS or PSJ_FAILS: no jump leads back, so every condition ends.
  int32_t on_true;
  int32_t on_false;
} psj_test;

/// A plan and its scratch memory; for one thread at a time.
typedef struct psj_decoder psj_decoder;

/// One batch: arrays of `count` entries, as documented at `RecordBatchColumns` in RecordCodec.
typedef struct {
  int64_t count;
  const uint8_t *const *values;
  const int32_t *value_lengths;
  const uint8_t *const *record_keys;
  const int32_t *record_key_lengths;
  const int64_t *record_timestamps;
  int64_t *timestamps;
  const uint8_t **keys;
  int32_t *key_lengths;
  uint8_t *status;
  uint8_t *cell_kinds;
  uint64_t *cell_bits;
  int64_t stride;
  /// A record with a later event time (ms) is PSJ_TIMESTAMP_IN_FUTURE.
  int64_t latest_timestamp;
} psj_batch;

/// A decoder of JSON without columns that takes time and key from Kafka. Never null.
psj_decoder *psj_decoder_create(void);
void psj_decoder_destroy(psj_decoder *decoder);
/// Says how values are written, one of PSJ_FORMAT_*. Before any path is named, and the CSV columns between the two.
void psj_decoder_set_format(psj_decoder *decoder, int format, uint8_t delimiter);
/// Names the next column of the CSV lines. The paths of a CSV decoder are such names.
void psj_decoder_add_csv_column(psj_decoder *decoder, const uint8_t *name, size_t length);
/// Takes the event time from a field; `unit` is one of PSJ_TIME_*.
void psj_decoder_set_timestamp(psj_decoder *decoder, const uint8_t *path, size_t length, int unit);
/// Takes the key from fields (added one by one); `rendering` is one of PSJ_KEY_*.
void psj_decoder_set_key(psj_decoder *decoder, int rendering);
void psj_decoder_add_key_field(psj_decoder *decoder, const uint8_t *path, size_t length);
/// Adds a test; returns its number. A condition is named by the test that it begins with.
int32_t psj_decoder_add_test(psj_decoder *decoder, const psj_test *test);
/// Leaves out the records for which the condition fails.
void psj_decoder_set_filter(psj_decoder *decoder, int32_t condition);
/// Adds the next column; `kind` is one of PSJ_COLUMN_*. Where the condition fails its cell is missing.
void psj_decoder_add_column(psj_decoder *decoder, const uint8_t *path, size_t length, int kind, int32_t condition);
/// Fills the out arrays of the batch. Bytes of keys and texts stay valid until the next call or the end of the decoder.
/// A record that is not PSJ_OK gets a null key, missing cells and, unless it is PSJ_FILTERED, timestamp 0.
void psj_decoder_decode(psj_decoder *decoder, const psj_batch *batch);

/// The shortest text that reads back as the same double and is a JSON number with a fraction or an exponent
/// (`5.0`, `0.1`, `1e+22`); at most PSJ_DOUBLE_TEXT_BYTES bytes. Returns the length; 0 for NaN and infinities.
size_t psj_write_double(double value, uint8_t *out);
/// Reads a whole text of JSON's number grammar, correctly rounded. Underflow gives zero. False: bad grammar or beyond double.
bool psj_parse_double(const uint8_t *text, size_t length, double *out);
/// Reads an RFC 3339 date and time to ms since the epoch, floored. False if it is none.
bool psj_parse_rfc3339(const uint8_t *text, size_t length, int64_t *milliseconds);
bool psj_validate_utf8(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
