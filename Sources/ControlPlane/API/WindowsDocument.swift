import HTTPServer
import KafkaPipeline
import RecordCodec

/// The windows of a pipeline, each as its result would be.
enum WindowsDocument {
  /// The windows are JSON already, so the document is put together from texts.
  static func answer(_ name: String, _ list: WindowList) -> HTTPResponse {
    var body = Array(#"{"name":"#.utf8) + JSONValue.string(name).serialized() + Array(#","items":["#.utf8)
    for (index, window) in list.windows.enumerated() {
      body += Array((index == 0 ? "\n" : ",\n").utf8) + window.value
    }
    body += Array(#"],"truncated":\#(!list.isWhole)}"#.utf8) + [0x0A]
    return HTTPResponse(status: 200, headers: [(name: "Content-Type", value: "application/json")], body: body)
  }
}
