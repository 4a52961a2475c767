#pragma once
#include <malloc.h>
#include <unistd.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// What Swift cannot import: variadic functions, and macros that cast.

// Produces one record with a copy of its key and value. On success the client owns `headers`; on any error the caller still does.
static inline rd_kafka_resp_err_t penstock_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, const void *key, size_t key_length,
                                                   const void *value, size_t value_length, int64_t timestamp,
                                                   rd_kafka_headers_t *headers, void *opaque) {
  return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_length),
                           RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_TIMESTAMP(timestamp),
                           RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

// Close without leaving the group and without a last rebalance.
static const int penstock_no_consumer_close = RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE;

// Keeps glibc from giving large fetch buffers back to the kernel after each use, which costs a fast drain half of its CPU time. No more
// arenas than cores: by default there are eight times as many, and with clients' threads that come and go each of them keeps some of
// their memory for ever.
static inline void penstock_tune_allocator(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  mallopt(M_ARENA_MAX, cores > 1 ? (int)cores : 1);
}

// Gives the kernel the pages that nothing uses any more, of all arenas.
static inline void penstock_give_back_memory(void) { malloc_trim(0); }
