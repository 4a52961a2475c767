/// A list of `host:port`, as in `kafka.brokers`.
enum BrokerList {
  /// The list joined by commas without blanks, or nil with a fault. Never quotes the text: people paste URLs with passwords.
  static func check(_ text: String, at pointer: String, _ faults: FaultCollector) -> String? {
    // Bytes, not characters: a letter with a combining mark after it must not hide a separator.
    if SpecText.trimmed(text).isEmpty {
      faults.add(pointer, .empty, "must be a list of host:port", suggestion: "localhost:9092")
      return nil
    }
    let entries = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { SpecText.trimmed(String(decoding: $0, as: UTF8.self)) }
    if entries.count > SpecLimits.maxBrokers {
      faults.add(pointer, .outOfRange, "holds \(entries.count) brokers, more than \(SpecLimits.maxBrokers)")
      return nil
    }
    for (index, entry) in entries.enumerated() {
      guard let (detail, suggestion) = fault(of: entry) else { continue }
      faults.add(pointer, .badFormat, "broker \(index + 1) of \(entries.count) \(detail)", suggestion: suggestion)
      return nil
    }
    return entries.joined(separator: ",")
  }

  private static func fault(of entry: String) -> (detail: String, suggestion: String?)? {
    let bytes = Array(entry.utf8)
    if bytes.isEmpty { return ("is empty; write host:port, with commas between", nil) }
    if entry.contains("://") {
      return ("is written as a URL; write host:port, and the protocol as security.protocol in consumer_config and producer_config", nil)
    }
    // An IPv6 address stands in brackets, since it holds colons itself.
    let hostEnd: Int
    if bytes[0] == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")), close > 1,
        bytes[1..<close].allSatisfy({ SpecText.isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
      else { return ("is not an address in brackets with a port, such as [::1]:9092", nil) }
      hostEnd = close + 1
    } else {
      hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
      guard hostEnd > 0, hostEnd <= SpecLimits.maxHostBytes,
        bytes[..<hostEnd].allSatisfy({ SpecText.isLetterOrDigit($0) || "._-".utf8.contains($0) })
      else { return ("has no valid host; write host:port", nil) }
    }
    if hostEnd == bytes.count { return ("has no port", "\(entry):9092") }
    let digits = bytes[(hostEnd + 1)...]
    guard bytes[hostEnd] == UInt8(ascii: ":"), (1...5).contains(digits.count),
      digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(port)
    else { return ("has no valid port; write host:port with a port from 1 to 65535", nil) }
    return nil
  }
}
