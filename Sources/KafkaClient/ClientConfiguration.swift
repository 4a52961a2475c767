import CRdKafka

/// Owner of a configuration on its way into a client.
struct ClientConfiguration: ~Copyable {
  private let conf: OpaquePointer

  init(_ properties: [(name: String, value: String)]) throws(KafkaError) {
    ClientMemory.tuned
    conf = rd_kafka_conf_new()
    for (name, value) in properties {
      let refusal = withErrorText { text, capacity in
        rd_kafka_conf_set(conf, name, value, text, capacity) == RD_KAFKA_CONF_OK
      }
      // All properties are set by now, so deinit runs.
      if let refusal { throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "\(name): \(refusal)") }
    }
    // The client would write to stderr by itself; what matters reaches its owner as an error.
    rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
    rd_kafka_conf_set_error_cb(conf) { client, code, reason, opaque in
      guard let events = ClientEvents.of(opaque) else { return }
      let text = reason.map { String(cString: $0) }
      guard code == RD_KAFKA_RESP_ERR__FATAL.rawValue else {
        return events.note(KafkaError(rd_kafka_resp_err_t(rawValue: code), text))
      }
      var underlying = RD_KAFKA_RESP_ERR__FATAL
      _ = withErrorText { text, capacity in
        underlying = rd_kafka_fatal_error(client, text, capacity)
        return true
      }
      events.note(KafkaError(underlying, text), fatal: true)
    }
  }

  /// `edit` sets callbacks.
  func edit(_ edit: (OpaquePointer) -> Void) { edit(conf) }

  /// Makes the client. `events` must outlive it.
  consuming func makeClient(_ type: rd_kafka_type_t, events: ClientEvents) throws(KafkaError) -> OpaquePointer {
    rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(events).toOpaque())
    var client: OpaquePointer?
    let refusal = withErrorText { text, capacity in
      client = rd_kafka_new(type, conf, text, capacity)
      return client != nil
    }
    guard let client else {
      _ = consume self  // frees the conf
      throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, refusal ?? "the client could not be made")
    }
    discard self  // the client owns the conf now
    return client
  }

  deinit { rd_kafka_conf_destroy(conf) }
}

/// Whether this version of the client library knows a property.
package func clientKnows(property name: String, value: String) -> Bool {
  let conf = rd_kafka_conf_new()
  defer { rd_kafka_conf_destroy(conf) }
  return withErrorText { text, capacity in rd_kafka_conf_set(conf, name, value, text, capacity) == RD_KAFKA_CONF_OK } == nil
}

/// Calls with room for an error text; returns the text if the call says false.
func withErrorText(_ call: (UnsafeMutablePointer<CChar>, Int) -> Bool) -> String? {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
    guard let base = text.baseAddress else { return nil }
    base.pointee = 0
    return call(base, 512) ? nil : String(cString: base)
  }
}
