/// Which client a librdkafka property is for.
enum ClientSide: Equatable {
  case consumer, producer, both
}
