/// The options of `penstock serve`.
package struct ServeOptions: Sendable, Equatable {
  package var host = "127.0.0.1"
  /// 0 takes a free port.
  package var port: UInt16 = 8080
  package var dataDirectory = "./penstock-data"
  /// Brokers of specs that name none.
  package var brokers: String?
  package var workers = 512
  package var embeddedBroker = false
  /// Other machines may reach the API, with no token.
  package var insecure = false
  package var logLevel = LogLevel.info

  package static let maxWorkers = 65_536

  package init() {}

  package static let options: [CommandOption] = [
    CommandOption("listen", .value("HOST:PORT"), "where the HTTP API listens (127.0.0.1:8080)"),
    CommandOption("data-dir", .value("DIR"), "specs and checkpoints (./penstock-data)"),
    CommandOption("brokers", .value("LIST"), "host:port,... for specs that name no brokers"),
    CommandOption("workers", .value("N"), "most lanes at once (512)"),
    CommandOption("embedded-broker", .flag, "start a Kafka in this process, for trying things out; it forgets all at exit"),
    CommandOption("insecure", .flag, "allow --listen on an address that other machines can reach"),
    CommandOption("log-level", .value("LEVEL"), "debug, info, warning or error (info)"),
    CommandOption("memory-limit", .later, ""), CommandOption("token-file", .later, ""), CommandOption("tls-cert", .later, ""),
    CommandOption("tls-key", .later, ""), CommandOption("secrets-dir", .later, ""), CommandOption("log-format", .later, ""),
  ]

  package init(parsing arguments: [String]) throws(UsageError) {
    let given = try OptionParser(Self.options).parse(arguments)
    if let listen = given["listen"] { (host, port) = try Self.address(listen) }
    if let folder = given["data-dir"] { dataDirectory = folder }
    brokers = try given["brokers"].map { list throws(UsageError) in try Self.checkedBrokers(list) }
    if let text = given["workers"] {
      guard let number = Int(text), (1...Self.maxWorkers).contains(number) else {
        throw UsageError("--workers is \(text); it may be a number from 1 to \(Self.maxWorkers)")
      }
      workers = number
    }
    embeddedBroker = given["embedded-broker"] != nil
    insecure = given["insecure"] != nil
    if let text = given["log-level"] {
      guard let level = LogLevel(rawValue: text) else {
        throw UsageError("--log-level is \(text); it may be \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      logLevel = level
    }
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
