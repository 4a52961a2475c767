import RecordCodec

/// The member `errors`: what becomes of records and results that cannot be used.
struct ErrorSection {
  var onDecodeError = "skip"
  var onLate = "drop"
  var onProduceError = "retry"
  var deadLetterTopic: String?

  /// `taken`: the pipeline's own topics.
  init(_ root: ObjectReader, taken: [String]) {
    guard let errors = root.object("errors") else { return }
    errors.refuseOthers(known: ["on_decode_error", "on_late", "on_produce_error", "dead_letter_topic"])
    onDecodeError = errors.word("on_decode_error", WordList(built: ["skip", "dead_letter", "fail"]), default: onDecodeError) ?? onDecodeError
    onLate = errors.word("on_late", WordList(built: ["drop", "dead_letter"]), default: onLate) ?? onLate
    onProduceError = errors.word("on_produce_error", WordList(built: ["retry", "dead_letter", "fail"]), default: onProduceError) ?? onProduceError
    readTopic(errors, taken)
  }

  private mutating func readTopic(_ errors: ObjectReader, _ taken: [String]) {
    let place = errors.place("dead_letter_topic")
    let isWanted = [onDecodeError, onLate, onProduceError].contains("dead_letter")
    switch errors["dead_letter_topic"] {
    case nil, .null:
      if isWanted { errors.faults.add(place, .missing, "required where a policy is dead_letter: the topic that they go to") }
    case .string(let topic):
      guard KafkaSection.checkTopic(topic, at: place, errors.faults) else { return }
      if taken.contains(topic) {
        errors.faults.add(
          place, .conflict, "is a topic of the pipeline already: dead letters would be read as records or results", suggestion: "another topic")
      } else if !isWanted {
        errors.faults.add(
          place, .conflict, "nothing goes there: no policy is dead_letter", suggestion: "set on_decode_error, on_late or on_produce_error to dead_letter")
      } else {
        deadLetterTopic = topic
      }
    case let other?:
      errors.faults.add(place, .wrongType, "must be null or a string, not \(SpecText.typeName(other))")
    }
  }

  var normalized: JSONValue {
    [
      "on_decode_error": .string(onDecodeError), "on_late": .string(onLate), "on_produce_error": .string(onProduceError),
      "dead_letter_topic": deadLetterTopic.map { .string($0) } ?? .null,
    ]
  }
}
