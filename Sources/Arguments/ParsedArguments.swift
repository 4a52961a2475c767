/// What stood behind a command.
package struct ParsedArguments: Sendable, Equatable {
  /// What is no option, in order.
  package var words: [String] = []
  /// By the option's name without dashes; a flag has one value, "".
  package var values: [String: [String]] = [:]

  package init() {}

  package subscript(_ name: String) -> String? { values[name]?.first }

  package func has(_ name: String) -> Bool { values[name] != nil }

  package func all(_ name: String) -> [String] { values[name, default: []] }
}
