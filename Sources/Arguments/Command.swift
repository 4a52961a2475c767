/// One command of the program as data: the parser, the help text and the completions read it.
package struct Command: Sendable {
  package var name: String
  /// What follows the name, as the help shows it: `NAME...`, `FILE...`, or nothing.
  package var arguments: String
  /// How many words may follow.
  package var count: ClosedRange<Int>
  /// What the words may be, for the completions and the check; empty: anything.
  package var choices: [String]
  /// One line.
  package var summary: String
  /// Paragraphs below the summary in the command's own help.
  package var notes: [String]
  package var options: [CommandOption]
  /// Whole command lines.
  package var examples: [String]

  package init(
    _ name: String, arguments: String = "", count: ClosedRange<Int> = 0...0, choices: [String] = [], summary: String,
    notes: [String] = [], options: [CommandOption] = [], examples: [String] = []
  ) {
    self.name = name
    self.arguments = arguments
    self.count = count
    self.choices = choices
    self.summary = summary
    self.notes = notes
    self.options = options
    self.examples = examples
  }

  /// As many as a command line holds.
  package static let many = 1...10_000

  package var usage: String { "penstock \(name)\(arguments.isEmpty ? "" : " \(arguments)")" }

  /// Reads what stood behind the name. The words are counted and checked.
  package func parse(_ arguments: [String]) throws(UsageError) -> ParsedArguments {
    do throws(UsageError) {
      let found = try OptionParser(options).read(arguments)
      if found.words.count < count.lowerBound { throw UsageError("\(name) needs \(self.arguments)") }
      if found.words.count > count.upperBound { throw UsageError("unexpected argument \(found.words[count.upperBound])") }
      for word in found.words where !choices.isEmpty && !choices.contains(word) {
        let near = OptionParser.nearest(word, among: choices).map { "; did you mean \($0)?" } ?? ""
        throw UsageError("\(name) takes \(choices.joined(separator: ", ")), not \(word)\(near)")
      }
      return found
    } catch {
      throw UsageError(error.message, command: name)
    }
  }
}
