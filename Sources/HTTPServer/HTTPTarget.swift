/// The request target (RFC 9112 3.2) taken apart: a path that is safe to match and the decoded query.
struct HTTPTarget {
  /// As sent, percent-encoded, without the query.
  var path: String
  var query: [(name: String, value: String)] = []
  /// Why this cannot be a target; nil when it can.
  var fault: String?

  /// `raw` is everything between the method and the version. `http://host/path`, as sent to a proxy, counts as `/path`.
  init(_ raw: String) {
    var rest = raw[...]
    if let scheme = ["http://", "https://"].first(where: { raw.lowercased().hasPrefix($0) }) {
      rest = rest.dropFirst(scheme.count)
      let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      rest = rest[start...]
      if rest.first != "/" { rest = "/" + rest }
    }
    let mark = rest.firstIndex(of: "?")
    path = String(rest[..<(mark ?? rest.endIndex)])

    if path.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f }) {
      fault = "the path has bytes that must be percent-encoded"
    } else if path.hasPrefix("/") {
      if percentDecoded(path.utf8) == nil { fault = "the path has a bad percent-escape" }
    } else if path != "*" {
      fault = "the path does not begin with a slash"
    }
    if fault == nil, let mark {
      parseQuery(rest[rest.index(after: mark)...])
    }
  }

  /// `a=1&b&c=x%20y`: a name without `=` has an empty value; empty items are skipped.
  private mutating func parseQuery(_ text: Substring) {
    for item in text.split(separator: "&") {
      let equals = item.firstIndex(of: "=")
      let value = equals.map { item[item.index(after: $0)...] } ?? ""
      guard let name = percentDecoded(item[..<(equals ?? item.endIndex)].utf8, plusIsSpace: true),
        let value = percentDecoded(value.utf8, plusIsSpace: true)
      else {
        fault = "the query has a bad percent-escape in '\(item)'"
        return
      }
      query.append((name: name, value: value))
    }
  }
}
