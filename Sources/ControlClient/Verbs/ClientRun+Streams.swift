import Arguments
import RecordCodec

extension ClientRun {
  /// Results as they come out.
  func tail(_ client: borrowing HTTPClient, limit: Int?) throws(ClientError) -> Int32 {
    var left = limit
    try follow(client, part: "results", query: [], hasEnd: false) { event, document throws(ClientError) in
      if event.type == "dropped" {
        console.note("\(Figures.exact(document.integer("count"))) results came too fast and are not shown")
        return true
      }
      guard event.type == "result" else { return true }
      if form == .json { try console.line(document) } else { try console.out(cutToTerminal(ResultLine.text(document, layout))) }
      left = left.map { $0 - 1 }
      return left != 0
    }
    return 0
  }

  /// The history, and with --follow what is added to it.
  func events(_ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    let follows = arguments.has("follow")
    var lastSeq: Int64?
    try follow(client, part: "events", query: follows ? [] : [(name: "follow", value: "false")], hasEnd: !follows) { _, document throws(ClientError) in
      // A server that does not know where we were begins from the start again.
      if let seq = document.integer("seq") {
        if let lastSeq, seq <= lastSeq { return true }
        lastSeq = seq
      }
      if form == .json { try console.line(document) } else { try console.out(EventLine.text(document, layout)) }
      return true
    }
    return 0
  }

  private func follow(
    _ client: borrowing HTTPClient, part: String, query: [(name: String, value: String)], hasEnd: Bool,
    _ take: (ServerEvent, JSONValue) throws(ClientError) -> Bool
  ) throws(ClientError) {
    if !hasEnd { Terminal.endQuietlyOnInterrupt() }
    var failure: ClientError?
    let reader = EventStreamReader(request: ClientRequest("GET", pipeline: name, part, query: query), hasEnd: hasEnd)
    try reader.read(client, console) { event in
      guard let document = try? JSONValue.parse(Array(event.data.utf8), maxDepth: 512) else { return true }
      do throws(ClientError) {
        return try take(event, document)
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
  }

  /// On a terminal a result has one line; elsewhere nothing is lost. Colours would be counted as text, so with them it wraps.
  private func cutToTerminal(_ line: String) -> String {
    guard layout.isTerminal, !layout.hasColour else { return line }
    return SafeText.cut(String(line.dropLast()), to: layout.width) + "\n"
  }
}
