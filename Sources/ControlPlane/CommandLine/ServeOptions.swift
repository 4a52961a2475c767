package import Arguments

/// The options of `penstock serve`.
package struct ServeOptions: Sendable, Equatable {
  package var host = "127.0.0.1"
  /// 0 takes a free port.
  package var port: UInt16 = 8080
  package var dataDirectory = "./penstock-data"
  /// Brokers of specs that name none.
  package var brokers: String?
  package var workers = 512
  /// For the windows of all pipelines together; nil: no limit.
  package var memoryLimitMiB: Int?
  package var embeddedBroker = false
  /// Other machines may reach the API, with no token.
  package var insecure = false
  package var logLevel = LogLevel.info
  package var logFormat = LogFormat.text
  /// Lines of `role:token`; nil: no token is needed.
  package var tokenFile: String?
  /// Where `${file:NAME}` and the files of TLS come from.
  package var secretsDirectory: String?
  package var tlsCertificate: String?
  package var tlsKey: String?

  package static let maxWorkers = 65_536
  package static let maxMemoryLimitMiB = 1 << 30

  package init() {}

  package static let options: [CommandOption] = [
    CommandOption("listen", .value("HOST:PORT"), "where the HTTP API listens (127.0.0.1:8080)"),
    CommandOption("data-dir", .value("DIR"), "specs and checkpoints (./penstock-data)"),
    CommandOption("brokers", .value("LIST"), "host:port,... for specs that name no brokers"),
    CommandOption("workers", .value("N"), "most lanes at once (512)"),
    CommandOption("memory-limit", .value("MIB"), "most memory for the windows of all pipelines together (no limit)"),
    CommandOption("embedded-broker", .flag, "start a Kafka in this process, for trying things out; it forgets all at exit"),
    CommandOption("insecure", .flag, "allow --listen on an address that other machines can reach"),
    CommandOption("log-level", .value("LEVEL"), "debug, info, warning or error (info)"),
    CommandOption("log-format", .value("FORMAT"), "text or json (text)"),
    CommandOption("token-file", .value("FILE"), "lines of read:TOKEN or admin:TOKEN; requests then need one; read again on SIGHUP"),
    CommandOption("tls-cert", .value("FILE"), "certificate chain (PEM); the API is then https"),
    CommandOption("tls-key", .value("FILE"), "its private key (PEM)"),
    CommandOption("secrets-dir", .value("DIR"), "where ${file:NAME} of specs and TLS files of clients are"),
  ]

  package init(parsing arguments: [String]) throws(UsageError) {
    try self.init(OptionParser(Self.options).parse(arguments))
  }

  /// The values of options by name.
  package init(_ given: [String: String]) throws(UsageError) {
    if let listen = given["listen"] { (host, port) = try Self.address(listen) }
    if let folder = given["data-dir"] { dataDirectory = folder }
    brokers = try given["brokers"].map { list throws(UsageError) in try Self.checkedBrokers(list) }
    if let text = given["workers"] {
      guard let number = Int(text), (1...Self.maxWorkers).contains(number) else {
        throw UsageError("--workers is \(text); it may be a number from 1 to \(Self.maxWorkers)")
      }
      workers = number
    }
    if let text = given["memory-limit"] {
      guard let number = Int(text), (1...Self.maxMemoryLimitMiB).contains(number) else {
        throw UsageError("--memory-limit is \(text); it may be a number of MiB from 1 to \(Self.maxMemoryLimitMiB)")
      }
      memoryLimitMiB = number
    }
    embeddedBroker = given["embedded-broker"] != nil
    insecure = given["insecure"] != nil
    if let text = given["log-level"] {
      guard let level = LogLevel(rawValue: text) else {
        throw UsageError("--log-level is \(text); it may be \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      logLevel = level
    }
    if let text = given["log-format"] {
      guard let format = LogFormat(rawValue: text) else {
        throw UsageError("--log-format is \(text); it may be \(LogFormat.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      logFormat = format
    }
    tokenFile = given["token-file"]
    secretsDirectory = given["secrets-dir"]
    (tlsCertificate, tlsKey) = (given["tls-cert"], given["tls-key"])
    guard (tlsCertificate == nil) == (tlsKey == nil) else { throw UsageError("--tls-cert and --tls-key go together") }
  }

  /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
  static func address(_ text: String) throws(UsageError) -> (host: String, port: UInt16) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), colon != text.startIndex else {
      throw UsageError("--listen is \(text); it has to be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    }
    let host = String(text[..<colon])
    guard !host.contains(":") || (host.hasPrefix("[") && host.hasSuffix("]")) else {
      throw UsageError("--listen is \(text); an IPv6 address stands in brackets: [::1]:8080")
    }
    return (host, port)
  }

  private static func checkedBrokers(_ list: String) throws(UsageError) -> String {
    let parts = list.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { $0 != " " }) }
    for part in parts {
      guard let colon = part.lastIndex(of: ":"), colon != part.startIndex, let port = UInt16(part[part.index(after: colon)...]), port > 0
      else { throw UsageError("--brokers has \(part); each has to be host:port, such as localhost:9092") }
    }
    return parts.joined(separator: ",")
  }

  /// Only this machine can reach the address.
  package var isLoopback: Bool { SiteCheck.isLoopback(host) }
}
