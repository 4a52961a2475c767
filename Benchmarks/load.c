// Fills a topic: load BROKERS TOPIC PARTITIONS RECORDS KEYS
// 129-byte JSON records {"timestamp", "key", "value", ...}; the key decides the partition, event time moves 1 ms every 2 records,
// so that a million records are more than eight windows of a minute. The same arguments always give the same records.
#include "common.h"

static long failed = 0, delivered = 0;

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer, (void)opaque;
  if (message->err) failed++;
  else delivered++;
}

int main(int argc, char **argv) {
  if (argc != 6) die("load", "BROKERS TOPIC PARTITIONS RECORDS KEYS");
  const long records = atol(argv[4]);
  const int partitions = atoi(argv[3]), keys = atoi(argv[5]);
  if (records < 1 || keys < 1 || partitions < 1) die("load", "numbers above 0");
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "linger.ms", "50");
  set(conf, "batch.num.messages", "10000");
  set(conf, "queue.buffering.max.messages", "500000");
  set(conf, "enable.idempotence", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, argv[2], NULL);
  const long long first_ms = 1700000000000;
  unsigned random = 12345;
  char value[256], key[32];
  const double begun = wall();
  for (long i = 0; i < records; i++) {
    random = random * 1664525u + 1013904223u;
    const int k = (int)((random >> 8) % (unsigned)keys);
    const int key_size = snprintf(key, sizeof key, "model-%05d", k);
    const int size = snprintf(value, sizeof value,
      "{\"timestamp\":%lld,\"key\":\"%s\",\"value\":%.2f,\"region\":\"eu-west-1\",\"request_id\":\"%08x-%08x\",\"status\":200}",
      first_ms + i / 2, key, 100 + (random >> 4) % 90000 / 100.0, random, (unsigned)i);
    while (rd_kafka_produce(topic, k % partitions, RD_KAFKA_MSG_F_COPY, value, (size_t)size, key, (size_t)key_size, NULL) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce", rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(producer, 10);
    }
    if ((i & 1023) == 0) rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, 60000);
  fprintf(stderr, "loaded %ld records in %.1f s\n", delivered, wall() - begun);
  if (failed || delivered != records) die("load", "not every record was delivered");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}
