import HTTPServer
import RecordCodec

/// What handlers take from a request, checked.
extension HTTPRequest {
  /// Longest that `Prefer: wait` holds an answer, in seconds.
  static let longestWait: Int64 = 60

  /// Nothing that was written into a query is ignored: what is not known is refused.
  func checkQuery(_ known: Set<String>, repeatable: Set<String> = []) throws(Problem) {
    var seen: Set<String> = []
    for item in query {
      guard known.contains(item.name) else {
        let here = known.isEmpty ? "none is" : known.sorted().joined(separator: ", ") + (known.count == 1 ? " is" : " are")
        throw Problem(.queryUnknown, "\(item.name.prefix(80)) is not known here; \(here)")
      }
      if !seen.insert(item.name).inserted, !repeatable.contains(item.name) {
        throw Problem(.queryInvalid, "\(item.name) is there twice")
      }
    }
  }

  /// `true` or `false`; `absent` if it is not there.
  func flag(_ name: String, absent: Bool = false) throws(Problem) -> Bool {
    switch queryValue(name) {
    case nil: return absent
    case "false": return false
    case "true": return true
    case let other?: throw Problem(.queryInvalid, "\(name) is \(other.prefix(80)); it may be true or false")
    }
  }

  func number(_ name: String, in range: ClosedRange<Int>, absent: Int) throws(Problem) -> Int {
    guard let text = queryValue(name) else { return absent }
    guard let number = Int(text), range.contains(number) else {
      throw Problem(.queryInvalid, "\(name) is \(text.prefix(80)); it may be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// `90s`, `15m` or `1h`, as ms.
  func duration(_ name: String, longestMs: Int64, absentMs: Int64) throws(Problem) -> Int64 {
    guard let text = queryValue(name) else { return absentMs }
    let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000]
    guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number > 0,
      case let (ms, overflow) = number.multipliedReportingOverflow(by: unit), !overflow, ms <= longestMs
    else { throw Problem(.queryInvalid, "\(name) is \(text.prefix(80)); it may be a number and s, m or h, at most \(longestMs / 60_000)m") }
    return ms
  }

  /// The body as a JSON document. `curl -d` says x-www-form-urlencoded and means JSON.
  func document() throws(Problem) -> JSONValue {
    try checkContentType()
    do throws(JSONParseError) { return try JSONValue.parse(body) } catch {
      throw Problem(.notJSON, body.isEmpty ? "the body is empty; it has to be a JSON document" : error.message)
    }
  }

  /// For requests without a body: nothing or `{}` may be there.
  func checkNoBody() throws(Problem) {
    guard !body.isEmpty else { return }
    try checkContentType()
    if let value = try? JSONValue.parse(body), value == .object([]) { return }
    throw Problem(.bodyNotEmpty, "leave the body out: nothing in it would be looked at")
  }

  private func checkContentType() throws(Problem) {
    guard let type = header("Content-Type") else { return }
    var word = type.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)?.lowercased() ?? ""
    while word.last == " " || word.last == "\t" { word.removeLast() }
    while word.first == " " || word.first == "\t" { word.removeFirst() }
    guard ["", "application/json", "application/x-www-form-urlencoded"].contains(word) else {
      throw Problem(.unsupportedMediaType, "\(word.prefix(80)) is not read; send application/json")
    }
  }

  /// RFC 7240 `Prefer: wait=N` in ms, at most `longestWait`; 0 without, or when it makes no sense (a preference may be ignored).
  var preferredWaitMs: Int64 {
    for field in headers where field.name.lowercased() == "prefer" {
      for preference in field.value.split(separator: ",") {
        // What stands before its parameters; nothing does in ";".
        let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
        guard parts.count == 2, parts[0].lowercased() == "wait", let seconds = Int64(parts[1]), seconds >= 0 else { continue }
        return min(seconds, Self.longestWait) * 1_000
      }
    }
    return 0
  }
}
