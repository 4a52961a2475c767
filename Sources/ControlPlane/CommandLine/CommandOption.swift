/// One option of a command, for the parser and for the help text.
package struct CommandOption: Sendable {
  package enum Kind: Sendable {
    /// Takes no value.
    case flag
    /// `LIST`, `N`, ...: what stands for the value in the help text.
    case value(String)
    /// Planned; refused by name, so that nobody takes it for accepted.
    case later
  }

  package var name: String
  package var kind: Kind
  package var help: String

  package init(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }
}
