// What the measured programs share: clocks, figures, librdkafka handles. C and C++.
#pragma once
#include <librdkafka/rdkafka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { partitions_most = 256, error_size = 512, silence_limit_s = 60 };

static inline double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Seconds of a clock that only goes forward.
static inline double wall(void) { return seconds_of(CLOCK_MONOTONIC); }

/// Seconds of CPU that all threads of this process have used.
static inline double cpu(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

static inline double peak_resident_mib(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

static inline void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[error_size];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die(name, error);
}

static inline rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char error[error_size];
  rd_kafka_t *handle = rd_kafka_new(type, conf, error, sizeof error);
  if (!handle) die("rd_kafka_new", error);
  return handle;
}

/// A consumer that reads partitions 0 ..< count of the topic from their beginning, with the settings that were fastest on a
/// near broker: small fetches, whose buffers malloc reuses and the cache keeps, and queue limits that are never met.
static inline rd_kafka_t *fast_consumer(const char *brokers, const char *topic, int count, const char *group) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "group.id", group);
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "queued.min.messages", "500000");
  set(conf, "queued.max.messages.kbytes", "262144");
  set(conf, "fetch.message.max.bytes", "131072");
  rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
  for (int i = 0; i < count; i++) rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_resp_err_t error = rd_kafka_assign(consumer, list);
  if (error) die("assign", rd_kafka_err2str(error));
  rd_kafka_topic_partition_list_destroy(list);
  return consumer;
}

/// Waits for one record and takes the rest of the batch without a wait: given a wait, the batch call uses all of it unless the
/// array fills.
static inline size_t next_batch(rd_kafka_queue_t *queue, rd_kafka_message_t **batch, size_t most) {
  if (rd_kafka_consume_batch_queue(queue, 100, batch, 1) < 1) return 0;
  const ssize_t more = rd_kafka_consume_batch_queue(queue, 0, batch + 1, most - 1);
  return 1 + (more > 0 ? (size_t)more : 0);
}

/// One line that compare.py reads. `begun_*`: the clocks at the first record.
static inline void report(const char *name, long records, double begun_wall, double begun_cpu, double ended_wall, double ended_cpu, long results) {
  printf("job=%s records=%ld rate=%.0f cpu_ns=%.1f peak_mib=%.1f results=%ld\n", name, records,
         (double)records / (ended_wall - begun_wall), (ended_cpu - begun_cpu) * 1e9 / (double)records, peak_resident_mib(), results);
  fflush(stdout);
}
