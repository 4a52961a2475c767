/// What a spec may do with one property name of `consumer_config` and `producer_config`.
struct ClientProperty {
  /// How the text of a value is checked; librdkafka checks the rest at start.
  enum Value {
    case text
    /// A PEM document: may have line breaks.
    case pem
    case integer(ClosedRange<Int64>)
    /// A number that may have a fraction.
    case number(ClosedRange<Double>)
    case flag
    /// One of these, in any case; they are given on in lower case.
    case word([String])
    /// One of the first, upper case as librdkafka wants it, or one of the second, which are refused with the reason.
    case mechanism([String], refused: [String: String])
  }
  enum Rule {
    /// Given to librdkafka under `name`, the values of Java's spelling turned to librdkafka's.
    case allowed(as: String, Value, translate: (@Sendable (String) -> String)? = nil)
    /// Penstock sets it itself, or it would break what it promises. The suggestion says what to use.
    case refused(String, suggestion: String? = nil)
    /// As `refused`, but fine with one of these values, which is what Penstock does anyway.
    case fixed([String], String)
    /// Holds a password or private key: given to librdkafka by reference only.
    case secret
    /// Of the Java client and without meaning here: accepted with a warning.
    case ignored(String, suggestion: String? = nil)
  }

  var name: String
  var side: ClientSide
  var rule: Rule
}
