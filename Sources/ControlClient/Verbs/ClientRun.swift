import Arguments
import RecordCodec

/// One run of a verb: what was asked for, and where the answer goes.
struct ClientRun {
  typealias Action = (borrowing HTTPClient) throws(ClientError) -> Int32

  var arguments: ParsedArguments
  var console: Console
  var layout: Layout
  var form: OutputForm
  /// As JSON each document has one line, since they come without end.
  var printsLines = false

  /// The one word of a verb that takes one.
  var name: String { arguments.words.first ?? "" }

  /// Options are read here, before anything is sent.
  func action(_ verb: String) throws(ClientError) -> Action {
    switch verb {
    case "apply": return { (client) throws(ClientError) in try apply(client) }
    case "list": return { (client) throws(ClientError) in try list(client) }
    case "show": return { (client) throws(ClientError) in try look(client, part: nil, ShowView.text) }
    case "explain": return { (client) throws(ClientError) in try look(client, part: "explain", ExplainView.text) }
    case "stats": return { (client) throws(ClientError) in try stats(client) }
    case "start", "stop", "pause", "resume", "restart":
      let wait = try number("wait", in: 0...ClientLimits.longestWaitSeconds) ?? 30
      return { (client) throws(ClientError) in try change(client, verb, wait: wait) }
    case "delete": return { (client) throws(ClientError) in try delete(client) }
    case "tail":
      let limit = try number("limit", in: 1...Int.max)
      return { (client) throws(ClientError) in try tail(client, limit: limit) }
    case "events": return { (client) throws(ClientError) in try events(client) }
    case "offsets":
      guard let body = try OffsetsChange.body(arguments) else {
        return { (client) throws(ClientError) in try look(client, part: "offsets", OffsetsView.text) }
      }
      return { (client) throws(ClientError) in try moveOffsets(client, body) }
    default: throw .usage(UsageError("unknown command \(verb)"))
    }
  }

  /// Prints a document in the form that was asked for.
  func show(_ document: JSONValue, _ view: (JSONValue, Layout) -> String) throws(ClientError) {
    if form == .json { try console.out(document) } else { try console.out(view(document, layout)) }
  }

  private func number(_ option: String, in range: ClosedRange<Int>) throws(ClientError) -> Int? {
    guard let text = arguments[option] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      let most = range.upperBound == .max ? "a number from \(range.lowerBound)" : "a number from \(range.lowerBound) to \(range.upperBound)"
      throw .usage(UsageError("--\(option) is \(text); it may be \(most)"))
    }
    return number
  }

  /// The same for several pipelines; one that fails does not hold up the others. The exit code is the worst.
  func forEach(
    _ client: borrowing HTTPClient, _ body: (_ name: String, borrowing HTTPClient) throws(ClientError) -> Int32
  ) throws(ClientError) -> Int32 {
    var worst: Int32 = 0
    for name in arguments.words {
      do throws(ClientError) {
        worst = max(worst, try body(name, client))
      } catch {
        // What is true of the server is true for the other names too.
        if case .unreachable = error { throw error }
        ClientProgram.report(error, self, client.settings, about: arguments.words.count > 1 ? name : nil)
        worst = max(worst, error.exitCode)
      }
    }
    return worst
  }
}
