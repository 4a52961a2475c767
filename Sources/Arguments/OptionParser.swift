/// Reads `--name value`, `--name=value` and `--flag`. Each option may be there once, unless it is one of several values.
package struct OptionParser: Sendable {
  package var options: [CommandOption]

  package init(_ options: [CommandOption]) { self.options = options }

  /// The given options by name without dashes; a flag has the value "". No other words may be there.
  package func parse(_ arguments: [String]) throws(UsageError) -> [String: String] {
    let found = try read(arguments)
    if let word = found.words.first { throw UsageError("unexpected argument \(word)") }
    return found.values.compactMapValues(\.first)
  }

  /// Options and other words in any order. `-` is a word, and so is everything behind `--`.
  package func read(_ arguments: [String]) throws(UsageError) -> ParsedArguments {
    var found = ParsedArguments()
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        found.words += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        found.words.append(word)
        continue
      }
      guard word.hasPrefix("--") else { throw UsageError("unexpected argument \(word)") }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = options.first(where: { $0.name == name }) else {
        let near = Self.nearest(name, among: options.map(\.name)).map { "; did you mean --\($0)?" } ?? ""
        throw UsageError("unknown option --\(name)\(near)")
      }
      let value = try Self.value(of: option, given: parts.count == 2 ? String(parts[1]) : nil, &rest)
      if case .values = option.kind {
        found.values[name, default: []].append(value)
      } else {
        guard found.values[name] == nil else { throw UsageError("--\(name) is there twice") }
        found.values[name] = [value]
      }
    }
    return found
  }

  private static func value(of option: CommandOption, given: String?, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
    let name = option.name
    guard let sort = option.valueName else {
      if given != nil { throw UsageError("--\(name) takes no value") }
      return ""
    }
    var value = given
    if value == nil, let next = rest.first, !next.hasPrefix("--") {
      rest.removeFirst()
      value = next
    }
    guard let value else { throw UsageError("--\(name) needs a value: --\(name) \(sort)") }
    if value.isEmpty { throw UsageError("--\(name) has an empty value") }
    if !option.choices.isEmpty, !option.choices.contains(value) {
      let near = nearest(value, among: option.choices).map { "; did you mean \($0)?" } ?? ""
      throw UsageError("--\(name) is \(value); it may be \(option.choices.joined(separator: ", "))\(near)")
    }
    return value
  }

  package var help: String {
    let shown = options.map { ("--\($0.name)\($0.valueName.map { " \($0)" } ?? "")", $0.help) }
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
