// topic create BROKERS TOPIC PARTITIONS | topic delete BROKERS TOPIC... | topic end BROKERS TOPIC PARTITIONS
// `end` prints the sum of the partitions' log ends: how many records were ever written (without transactions).
#include "common.h"

enum { limit_ms = 30000 };

static rd_kafka_event_t *answer(rd_kafka_queue_t *queue) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, limit_ms);
  if (!event) die("topic", "the broker did not answer");
  if (rd_kafka_event_error(event)) die("topic", rd_kafka_event_error_string(event));
  return event;
}

static void check(const rd_kafka_topic_result_t **results, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (rd_kafka_topic_result_error(results[i])) die(rd_kafka_topic_result_name(results[i]), rd_kafka_topic_result_error_string(results[i]));
}

static void create(rd_kafka_t *handle, rd_kafka_queue_t *queue, const char *name, int partitions) {
  char error[error_size];
  rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, -1, error, sizeof error);
  if (!topic) die(name, error);
  // The records carry times of years ago: retention by time would delete them at once.
  rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
  rd_kafka_CreateTopics(handle, &topic, 1, NULL, queue);
  rd_kafka_event_t *event = answer(queue);
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  check(results, count);
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
}

static void delete_all(rd_kafka_t *handle, rd_kafka_queue_t *queue, char **names, int count) {
  for (int i = 0; i < count; i++) {
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(names[i]);
    rd_kafka_DeleteTopics(handle, &topic, 1, NULL, queue);
    rd_kafka_event_destroy(answer(queue));
    rd_kafka_DeleteTopic_destroy(topic);
  }
}

static void print_end(rd_kafka_t *handle, const char *name, int partitions) {
  int64_t sum = 0;
  for (int i = 0; i < partitions; i++) {
    int64_t low = 0, high = 0;
    rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(handle, name, i, &low, &high, limit_ms);
    if (error) die(name, rd_kafka_err2str(error));
    sum += high;
  }
  printf("%lld\n", (long long)sum);
}

int main(int argc, char **argv) {
  if (argc < 4) die("topic", "create BROKERS TOPIC PARTITIONS | delete BROKERS TOPIC... | end BROKERS TOPIC PARTITIONS");
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[2]);
  rd_kafka_t *handle = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
  if (!strcmp(argv[1], "create") && argc == 5) create(handle, queue, argv[3], atoi(argv[4]));
  else if (!strcmp(argv[1], "end") && argc == 5) print_end(handle, argv[3], atoi(argv[4]));
  else if (!strcmp(argv[1], "delete")) delete_all(handle, queue, argv + 3, argc - 3);
  else die("topic", "unknown command");
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(handle);
  return 0;
}
