import Arguments
import RecordCodec

extension ClientRun {
  /// start, stop, pause, resume, restart.
  func change(_ client: borrowing HTTPClient, _ verb: String, wait: Int) throws(ClientError) -> Int32 {
    let query = arguments.has("drain-windows") ? [(name: "drain", value: "windows")] : []
    let headers = wait > 0 ? [(name: "Prefer", value: "wait=\(wait)")] : []
    return try forEach(client) { (name, client) throws(ClientError) in
      let answer = try client.send(
        ClientRequest(
          "POST", pipeline: name, verb, query: query, headers: headers, deadlineSeconds: ClientLimits.deadlineSeconds + wait))
      guard answer.isSuccess else { throw .refused(answer) }
      let isDone = answer.status != 202
      try show(answer.document ?? .null) { ActionLine.text($0, name: name, isDone: isDone, waited: wait, $1) }
      return isDone || wait == 0 ? 0 : 1
    }
  }

  func delete(_ client: borrowing HTTPClient) throws(ClientError) -> Int32 {
    let offsets = arguments.has("offsets")
    if !arguments.has("yes") {
      let what = arguments.words.map(SafeText.line).joined(separator: ", ")
      guard console.confirm("Delete \(what) with all state\(offsets ? " and the consumer group" : "")?") else {
        console.note("nothing was deleted")
        return 1
      }
    }
    return try forEach(client) { (name, client) throws(ClientError) in
      let answer = try client.send(ClientRequest("DELETE", pipeline: name, query: offsets ? [(name: "offsets", value: "true")] : []))
      guard answer.isSuccess else { throw .refused(answer) }
      if form == .json {
        if let document = answer.document { try console.out(document) }
      } else {
        try console.out("\(SafeText.line(name)): \(answer.status == 202 ? "still stopping; it is deleted when it has" : "deleted")\n")
      }
      return 0
    }
  }
}
