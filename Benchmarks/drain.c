// Reads a topic with nothing but librdkafka: drain BROKERS TOPIC PARTITIONS RECORDS GROUP
// The most that any program on librdkafka can reach here. Ends at the last record.
#include "common.h"

enum { batch_most = 10000 };

int main(int argc, char **argv) {
  if (argc != 6) die("drain", "BROKERS TOPIC PARTITIONS RECORDS GROUP");
  const long records = atol(argv[4]);
  rd_kafka_t *consumer = fast_consumer(argv[1], argv[2], atoi(argv[3]), argv[5]);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
  static rd_kafka_message_t *batch[batch_most];
  long read = 0;
  double begun_wall = 0, begun_cpu = 0, newest = wall();
  while (read < records) {
    const size_t count = next_batch(queue, batch, batch_most);
    if (count > 0) newest = wall();
    else if (wall() - newest > silence_limit_s) die("drain", "no record for too long");
    if (count > 0 && begun_wall == 0) begun_wall = wall(), begun_cpu = cpu();
    for (size_t i = 0; i < count; i++) {
      if (batch[i]->err) fprintf(stderr, "drain: %s\n", rd_kafka_err2str(batch[i]->err));
      else read++;
      rd_kafka_message_destroy(batch[i]);
    }
  }
  report("drain", read, begun_wall, begun_cpu, wall(), cpu(), 0);
  _Exit(0);  // closing the consumer is not what is measured
}
