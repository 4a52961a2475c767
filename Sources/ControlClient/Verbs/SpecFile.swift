import PipelineSpec
import RecordCodec

/// A file with a spec.
struct SpecFile {
  /// As it was given, for messages.
  var path: String
  var document: JSONValue

  /// What is wrong with the file, as faults of a spec have it.
  struct Unreadable: Error {
    var message: String
  }

  init(_ path: String) throws(Unreadable) {
    self.path = path
    switch InputFile.read(path, limit: YAMLLimits.maxBytes) {
    case .failed(let why): throw Unreadable(message: why)
    case .tooLarge: throw Unreadable(message: "has more than \(YAMLLimits.maxBytes) bytes, which no spec has")
    case .bytes(let bytes):
      do throws(YAMLFault) { document = try SpecYAML.document(from: bytes) } catch { throw Unreadable(message: error.text) }
    }
  }

  /// For messages: `-` would say little.
  static func shown(_ path: String) -> String { path == "-" ? "standard input" : SafeText.line(path) }
}
