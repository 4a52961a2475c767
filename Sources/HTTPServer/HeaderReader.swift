import Glibc

/// Gathers header fields as far as the limits go.
struct HeaderReader {
  private(set) var headers: [(name: String, value: String)] = []
  /// What is too much; nil when nothing is.
  private(set) var fault: String?
  private var bytes = 0

  /// False when it is enough.
  mutating func take(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>?) -> Bool {
    bytes += strlen(name) + (value.map { strlen($0) } ?? 0)
    if headers.count == HTTPLimits.maxHeaderFields {
      fault = "there are more than \(HTTPLimits.maxHeaderFields) header fields"
    } else if bytes > HTTPLimits.maxHeaderBytes {
      fault = "the header fields have more than \(HTTPLimits.maxHeaderBytes) bytes"
    } else {
      headers.append((name: String(cString: name), value: value.map { String(cString: $0) } ?? ""))
    }
    return fault == nil
  }
}
