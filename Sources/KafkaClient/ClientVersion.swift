import CRdKafka

/// The version of librdkafka that runs, such as 2.0.2.
package struct ClientVersion: Sendable, Comparable {
  package var major: Int
  package var minor: Int
  package var patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  package static let current: ClientVersion = {
    let number = Int(rd_kafka_version())
    return ClientVersion(number >> 24 & 0xFF, number >> 16 & 0xFF, number >> 8 & 0xFF)
  }()

  /// Before, the client's last message of SCRAM holds its nonce twice, which Kafka refuses from 4.0 on as wrong credentials
  /// (confluentinc/librdkafka#4895).
  package static let speaksSCRAM = ClientVersion(2, 6, 1)

  package var text: String { "\(major).\(minor).\(patch)" }

  package static func < (a: ClientVersion, b: ClientVersion) -> Bool { (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch) }
}
