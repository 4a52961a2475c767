// The pipeline's job, written by hand for this one workload: job BROKERS IN PARTITIONS RECORDS GROUP OUT
// Windows of a minute; count, sum, min, max and avg of "value" by "key"; watermark = the smallest over the partitions of (largest
// timestamp - 10 s); results with the pipeline's headers. No state on disk, no recovery, no errors policy, no rebalancing:
// what a native program reaches that needs none of these. Ends at the last record, results delivered.
#include "common.h"

#include <simdjson.h>

#include <algorithm>
#include <cfloat>
#include <cinttypes>
#include <climits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {
using namespace simdjson;

constexpr int64_t size_ms = 60'000, delay_ms = 10'000;
constexpr size_t batch_most = 10'000;

struct Figures {
  int64_t count = 0;
  double sum = 0, min = DBL_MAX, max = -DBL_MAX;
};

/// The figures of one window by key: open addressing over a hash, a power of two, at most half full.
class Window {
  struct Slot { uint64_t hash; uint32_t index; };
  std::vector<Slot> slots = std::vector<Slot>(4096);

  static uint64_t hash_of(std::string_view key) {
    uint64_t hash = 0x9E3779B97F4A7C15, word;
    size_t i = 0;
    for (; i + 8 <= key.size(); i += 8) {
      std::memcpy(&word, key.data() + i, 8);
      hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
      hash ^= hash >> 32;
    }
    word = 0;
    for (; i < key.size(); i++) word = word << 8 | static_cast<uint8_t>(key[i]);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ULL;
    return (hash ^ hash >> 29) | 1;  // 0 marks a free slot
  }

  void grow() {
    std::vector<Slot> larger(slots.size() * 2);
    for (const Slot &slot : slots) {
      if (slot.hash == 0) continue;
      size_t i = slot.hash & (larger.size() - 1);
      while (larger[i].hash) i = (i + 1) & (larger.size() - 1);
      larger[i] = slot;
    }
    slots.swap(larger);
  }

 public:
  std::vector<std::string> keys;
  std::vector<Figures> figures;

  Figures &at(std::string_view key) {
    const uint64_t hash = hash_of(key);
    size_t i = hash & (slots.size() - 1);
    for (; slots[i].hash; i = (i + 1) & (slots.size() - 1))
      if (slots[i].hash == hash && keys[slots[i].index] == key) return figures[slots[i].index];
    slots[i] = {hash, static_cast<uint32_t>(keys.size())};
    keys.emplace_back(key);
    figures.emplace_back();
    if (keys.size() * 2 > slots.size()) grow();
    return figures.back();
  }
};

struct Event { int64_t timestamp; std::string_view key; double value; };

class Decoder {
  ondemand::parser parser;
  std::vector<char> padded = std::vector<char>(64 * 1024);

 public:
  /// False if a member is missing or wrong. The key points into the decoder until the next call.
  bool decode(const void *bytes, size_t size, Event &event) {
    if (size + SIMDJSON_PADDING > padded.size()) padded.resize(size * 2 + SIMDJSON_PADDING);
    std::memcpy(padded.data(), bytes, size);
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(padded.data(), size, padded.size()).get(document) || document.get_object().get(object)) return false;
    int found = 0;
    for (auto field : object) {
      ondemand::raw_json_string name;
      if (field.key().get(name)) return false;
      if (name == "timestamp") {
        if (field.value().get_int64().get(event.timestamp)) return false;
        found |= 1;
      } else if (name == "key") {
        if (field.value().get_string().get(event.key)) return false;
        found |= 2;
      } else if (name == "value") {
        if (field.value().get_double().get(event.value)) return false;
        found |= 4;
      }
      if (found == 7) return true;
    }
    return false;
  }
};

std::string rfc3339(int64_t ms) {
  const time_t seconds = ms / 1000;
  struct tm parts;
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(ms % 1000));
  return text;
}

class Output {
  rd_kafka_t *producer;
  rd_kafka_topic_t *topic;

  static void on_delivery(rd_kafka_t *, const rd_kafka_message_t *message, void *opaque) {
    auto *output = static_cast<Output *>(opaque);
    if (message->err) output->failed++;
    else output->delivered++;
  }

 public:
  long delivered = 0, failed = 0;

  Output(const char *brokers, const char *name) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.idempotence", "true");
    set(conf, "linger.ms", "5");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, this);
    producer = client(RD_KAFKA_PRODUCER, conf);
    topic = rd_kafka_topic_new(producer, name, nullptr);
  }

  void poll() { rd_kafka_poll(producer, 0); }

  void fire(int64_t start, const Window &window) {
    const int64_t end = start + size_ms, now = static_cast<int64_t>(seconds_of(CLOCK_REALTIME) * 1000);
    const std::string event_time = rfc3339(end), processing_time = rfc3339(now), from = std::to_string(start), to = std::to_string(end);
    for (size_t i = 0; i < window.keys.size(); i++) {
      const std::string &key = window.keys[i];
      const Figures &f = window.figures[i];
      char text[512];
      const int size = snprintf(text, sizeof text,
        "{\"key\":\"%s\",\"window_start\":%" PRId64 ",\"window_end\":%" PRId64 ",\"revision\":1,\"count\":%" PRId64
        ",\"sum_value\":%.17g,\"min_value\":%.17g,\"max_value\":%.17g,\"avg_value\":%.17g}",
        key.c_str(), start, end, f.count, f.sum, f.min, f.max, f.sum / static_cast<double>(f.count));
      rd_kafka_headers_t *headers = rd_kafka_headers_new(6);
      rd_kafka_header_add(headers, "event_time", -1, event_time.data(), static_cast<ssize_t>(event_time.size()));
      rd_kafka_header_add(headers, "processing_time", -1, processing_time.data(), static_cast<ssize_t>(processing_time.size()));
      rd_kafka_header_add(headers, "window_start", -1, from.data(), static_cast<ssize_t>(from.size()));
      rd_kafka_header_add(headers, "window_end", -1, to.data(), static_cast<ssize_t>(to.size()));
      rd_kafka_header_add(headers, "pipeline", -1, "bench", -1);
      rd_kafka_header_add(headers, "content-type", -1, "application/json", -1);
      for (;;) {
        const rd_kafka_resp_err_t error = rd_kafka_producev(
          producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(text, static_cast<size_t>(size)),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(std::min(end - 1, now)), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (!error) break;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce", rd_kafka_err2str(error));
        rd_kafka_poll(producer, 1);
      }
    }
  }

  void finish() {
    rd_kafka_flush(producer, 30'000);
    if (failed) die("job", "results were not delivered");
  }
};
}  // namespace

int main(int argc, char **argv) {
  if (argc != 7) die("job", "BROKERS IN PARTITIONS RECORDS GROUP OUT");
  const int partitions = atoi(argv[3]);
  const long records = atol(argv[4]);
  if (partitions < 1 || partitions > partitions_most) die("job", "too many partitions");
  rd_kafka_t *consumer = fast_consumer(argv[1], argv[2], partitions, argv[5]);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
  Output output(argv[1], argv[6]);
  Decoder decoder;
  std::vector<rd_kafka_message_t *> batch(batch_most);
  std::vector<int64_t> watermarks(static_cast<size_t>(partitions), INT64_MIN);
  std::map<int64_t, Window> windows;
  Window *window = nullptr;
  int64_t window_start = INT64_MIN, watermark = INT64_MIN;
  long read = 0, bad = 0, late = 0;
  double begun_wall = 0, begun_cpu = 0, newest = wall();

  while (read < records) {
    const size_t count = next_batch(queue, batch.data(), batch_most);
    if (count > 0) newest = wall();
    else if (wall() - newest > silence_limit_s) die("job", "no record for too long");
    if (count > 0 && begun_wall == 0) begun_wall = wall(), begun_cpu = cpu();
    for (size_t i = 0; i < count; i++) {
      rd_kafka_message_t *message = batch[i];
      Event event;
      if (message->err) {
        fprintf(stderr, "job: %s\n", rd_kafka_err2str(message->err));
      } else if (read++; !decoder.decode(message->payload, message->len, event)) {
        bad++;
      } else {
        const int64_t start = event.timestamp - event.timestamp % size_ms;
        if (start + size_ms <= watermark) {
          late++;
        } else {
          if (start != window_start) window = &windows[start], window_start = start;
          Figures &figures = window->at(event.key);
          figures.count++;
          figures.sum += event.value;
          figures.min = std::min(figures.min, event.value);
          figures.max = std::max(figures.max, event.value);
        }
        int64_t &own = watermarks[static_cast<size_t>(message->partition)];
        own = std::max(own, event.timestamp - delay_ms);
      }
      rd_kafka_message_destroy(message);
    }
    watermark = std::max(watermark, *std::min_element(watermarks.begin(), watermarks.end()));
    while (!windows.empty() && windows.begin()->first + size_ms <= watermark) {
      output.fire(windows.begin()->first, windows.begin()->second);
      windows.erase(windows.begin());
      window_start = INT64_MIN;
    }
    output.poll();
  }
  const double ended_wall = wall(), ended_cpu = cpu();
  output.finish();
  if (bad || late) {
    fprintf(stderr, "job: %ld bad and %ld late records, where load.c writes none\n", bad, late);
    return 1;
  }
  report("cpp", read, begun_wall, begun_cpu, ended_wall, ended_cpu, output.delivered);
  _Exit(0);  // closing the clients is not what is measured
}
