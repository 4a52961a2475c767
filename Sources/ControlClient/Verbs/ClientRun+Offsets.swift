import Arguments
import RecordCodec

extension ClientRun {
  func moveOffsets(_ client: borrowing HTTPClient, _ body: JSONValue) throws(ClientError) -> Int32 {
    let query = arguments.has("dry-run") ? [(name: "dry_run", value: "true")] : []
    try show(client.document(ClientRequest("PATCH", pipeline: name, "offsets", query: query, body: body)), OffsetsView.change)
    return 0
  }
}
