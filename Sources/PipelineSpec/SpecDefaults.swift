/// What the daemon fills in where a spec is silent.
package struct SpecDefaults: Sendable, Equatable {
  /// The daemon's `--brokers`: a list of `host:port`; nil makes `kafka.brokers` required.
  package var brokers: String?
  package init(brokers: String? = nil) { self.brokers = brokers }
}
