/// Reads `--name value`, `--name=value` and `--flag`. Each option may be there once.
package struct OptionParser: Sendable {
  package var options: [CommandOption]

  package init(_ options: [CommandOption]) { self.options = options }

  /// The given options by name without dashes; a flag has the value "".
  package func parse(_ arguments: [String]) throws(UsageError) -> [String: String] {
    var found: [String: String] = [:]
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--"), word.count > 2 else { throw UsageError("unexpected argument \(word)") }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = options.first(where: { $0.name == name }) else {
        let near = Self.nearest(name, among: options.map(\.name)).map { "; did you mean --\($0)?" } ?? ""
        throw UsageError("unknown option --\(name)\(near)")
      }
      guard found[name] == nil else { throw UsageError("--\(name) is there twice") }
      switch option.kind {
      case .later: throw UsageError("--\(name) is not supported yet")
      case .flag:
        guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
        found[name] = ""
      case .value(let sort):
        if parts.count == 2 {
          found[name] = String(parts[1])
        } else if let value = rest.first, !value.hasPrefix("--") {
          rest.removeFirst()
          found[name] = value
        } else {
          throw UsageError("--\(name) needs a value: --\(name) \(sort)")
        }
        if found[name] == "" { throw UsageError("--\(name) has an empty value") }
      }
    }
    return found
  }

  package var help: String {
    let shown = options.compactMap { option -> (String, String)? in
      switch option.kind {
      case .flag: ("--\(option.name)", option.help)
      case .value(let sort): ("--\(option.name) \(sort)", option.help)
      case .later: nil
      }
    }
    let width = shown.map(\.0.count).max() ?? 0
    return shown.map { "  \($0)\(String(repeating: " ", count: width - $0.count + 2))\($1)\n" }.joined()
  }

  /// The candidate that is at most a third of its length away from `word` (Levenshtein); nil if none is.
  package static func nearest(_ word: String, among candidates: [String]) -> String? {
    let near = candidates.map { ($0, distance(Array(word.utf8.prefix(64)), Array($0.utf8))) }.min { $0.1 < $1.1 }
    guard let near, near.1 <= max(1, near.0.utf8.count / 3) else { return nil }
    return near.0
  }

  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices { row.append(min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))) }
      last = row
    }
    return last[b.count]
  }
}
