/// One option of a command, for the parser, the help text and the completions.
package struct CommandOption: Sendable {
  package enum Kind: Sendable {
    /// Takes no value.
    case flag
    /// `LIST`, `N`, ...: what stands for the value in the help text.
    case value(String)
    /// The same, and it may be there several times.
    case values(String)
  }

  package var name: String
  package var kind: Kind
  package var help: String
  /// The words that the value may be; empty: anything.
  package var choices: [String]

  package init(_ name: String, _ kind: Kind, _ help: String, choices: [String] = []) {
    self.name = name
    self.kind = kind
    self.help = help
    self.choices = choices
  }

  /// What stands for the value, nil if it takes none.
  package var valueName: String? {
    switch kind {
    case .value(let sort), .values(let sort): sort
    case .flag: nil
    }
  }
}
