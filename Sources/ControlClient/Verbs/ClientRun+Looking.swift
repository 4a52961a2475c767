import Arguments
import Glibc
import RecordCodec

extension ClientRun {
  /// One document about one pipeline.
  func look(_ client: borrowing HTTPClient, part: String?, _ view: (JSONValue, Layout) -> String) throws(ClientError) -> Int32 {
    try show(client.document(ClientRequest("GET", pipeline: name, part)), view)
    return 0
  }

  /// All pages.
  func list(_ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    var query = ["phase", "health", "label"].flatMap { name in arguments.all(name).map { (name: name, value: $0) } }
    query.append((name: "limit", value: "500"))
    var items: [JSONValue] = []
    var cursor: String?
    repeat {
      let page = try client.document(
        ClientRequest("GET", ["v1", "pipelines"], query: query + (cursor.map { [(name: "cursor", value: $0)] } ?? [])))
      items += page.items("items")
      let next = page.text("next_cursor")
      // A server that turns in a circle does not hold us for ever.
      cursor = next == cursor ? nil : next
    } while cursor != nil
    try show(.object([.init("items", .array(items)), .init("next_cursor", .null)])) { ListView.text($0.items("items"), $1) }
    return 0
  }

  func stats(_ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    let request = ClientRequest("GET", pipeline: name, "stats")
    guard arguments.has("watch") else { return try look(client, part: "stats", StatsView.text) }
    Terminal.endQuietlyOnInterrupt()
    let redraws = form == .table && Terminal.isTerminal(STDOUT_FILENO)
    while true {
      let document = try client.document(request)
      if redraws {
        var layout = layout
        layout.width = Terminal.width()
        layout.nowMs = ClientProgram.now()
        // Home, each line to its end, and what is below: so nothing flickers as it would if all were cleared first.
        let lines = StatsView.text(document, layout).split(separator: "\n", omittingEmptySubsequences: false)
        try console.out("\u{1B}[H" + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[J")
      } else {
        try show(document) { StatsView.text($0, $1) + "\n" }
      }
      sleep(ClientLimits.watchSeconds)
    }
  }
}
