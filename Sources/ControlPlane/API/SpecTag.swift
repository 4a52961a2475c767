import HTTPServer
import PipelineSpec
import RecordCodec

/// The ETag of a pipeline's spec (RFC 9110 8.8.3): it changes with every spec that means something else, and with a pipeline that is
/// made anew under the same name.
enum SpecTag {
  /// With its quotes; nil where no spec can be read.
  static func text(_ pipeline: PipelineSnapshot) -> String? {
    guard let stored = pipeline.stored else { return nil }
    return text(stored)
  }

  static func text(_ stored: StoredPipeline) -> String {
    var hash = TagHash()
    for byte in stored.spec.serialized() { hash.add(byte) }
    for byte in String(stored.createdAt).utf8 { hash.add(byte) }
    return "\"\(stored.generation)-\(String(hash.value, radix: 16))\""
  }

  static func headers(_ pipeline: PipelineSnapshot) -> [(name: String, value: String)] {
    text(pipeline).map { [(name: "ETag", value: $0)] } ?? []
  }
}
