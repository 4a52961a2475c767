import RecordCodec

extension StoredPipeline {
  /// Why a file is not a pipeline's.
  struct Unreadable: Error {
    var reason: String
    /// Written by a later version: right where it is, but not for this program.
    var isNewer = false
  }

  static let format: Int64 = 1
  /// A spec is at most 1 MiB on its way in; escapes and indents can make it longer.
  static let maxBytes = 16 << 20

  /// The content of `spec.json`: members in a fixed order, `checksum` last over the rest without it.
  func serialized() -> [UInt8] {
    var members = Self.members(self)
    members.append(JSONValue.Member("checksum", .string(Self.checksum(.object(members)))))
    return JSONValue.object(members).serialized(pretty: true) + [0x0A]
  }

  /// `name`: of the folder, which the file has to repeat.
  init(parsing bytes: [UInt8], name: String) throws(Unreadable) {
    let document: JSONValue
    do throws(JSONParseError) { document = try JSONValue.parse(bytes, maxDepth: 512) } catch {
      throw Unreadable(reason: "it is not JSON: \(error.message)")
    }
    guard case .object(var members) = document else { throw Unreadable(reason: "it is not a JSON object") }
    if let format = document["format"]?.integerValue, format > Self.format {
      throw Unreadable(reason: "its format \(format) is newer than this program's \(Self.format)", isNewer: true)
    }
    guard let last = members.popLast(), last.name == "checksum" else { throw Unreadable(reason: "it has no checksum at its end") }
    guard last.value.stringValue == Self.checksum(.object(members)) else {
      throw Unreadable(reason: "its checksum does not fit its content")
    }
    guard document["name"]?.stringValue == name else { throw Unreadable(reason: "it belongs to another pipeline") }
    guard let desired = document["desired"]?.stringValue.flatMap(DesiredState.init(rawValue:)),
      let generation = document["generation"]?.integerValue, let createdAt = document["created_at_ms"]?.integerValue,
      let updatedAt = document["updated_at_ms"]?.integerValue, let spec = document["spec"]
    else { throw Unreadable(reason: "a member is missing or has the wrong type") }
    let discards = document["discard_state"] ?? false
    guard let discardsState = discards.boolValue else { throw Unreadable(reason: "discard_state is neither true nor false") }
    self.init(
      name: name, desired: desired, generation: generation, createdAt: createdAt, updatedAt: updatedAt, spec: spec, discardsState: discardsState)
  }

  private static func members(_ pipeline: StoredPipeline) -> [JSONValue.Member] {
    [
      .init("format", .integer(format)),
      .init("name", .string(pipeline.name)),
      .init("desired", .string(pipeline.desired.rawValue)),
      .init("generation", .integer(pipeline.generation)),
      .init("created_at_ms", .integer(pipeline.createdAt)),
      .init("updated_at_ms", .integer(pipeline.updatedAt)),
    ]
      // Absent is false, as in files that were written before there was such a wish.
      + (pipeline.discardsState ? [.init("discard_state", true)] : []) + [.init("spec", pipeline.spec)]
  }

  /// Over the text without white space: 16 hex digits.
  private static func checksum(_ value: JSONValue) -> String {
    var hash = TagHash()
    for byte in value.serialized() { hash.add(byte) }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
