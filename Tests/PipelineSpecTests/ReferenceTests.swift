import Foundation
import PipelineSpec
import RecordCodec
import Testing

@Suite("The spec reference")
struct ReferenceTests {
  private static let page = Result {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent("api/spec-reference.md"), encoding: .utf8)
  }

  /// The blocks between "```json" and "```".
  private func examples() throws -> [JSONValue] {
    let parts = try Self.page.get().components(separatedBy: "```json\n").dropFirst()
    return try parts.map { try JSONValue.parse(Array($0.components(separatedBy: "```")[0].utf8)) }
  }

  @Test("each example is a valid spec, with the least document around what it shows, and its long form means the same")
  func examplesAreValid() throws {
    let examples = try examples()
    #expect(examples.count >= 10, "the page was not read")
    for example in examples {
      var document = example
      if example["name"] == nil {
        document = Fixtures.least("aggregations", ["count"])
        for member in example.objectMembers ?? [] { document = Fixtures.change(document, [member.name], member.value) }
      }
      #expect(Fixtures.faults(document) == [], "\(String(decoding: example.serialized(), as: UTF8.self))")
      let spec = try Fixtures.parse(document)
      #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
    }
  }

  @Test("each code of a fault is on the page")
  func codes() throws {
    let page = try Self.page.get()
    for code in SpecFaultCode.allCases { #expect(page.contains("`\(code.rawValue)`")) }
  }

  @Test("the page names every member of the long form of every kind of document")
  func members() throws {
    let page = try Self.page.get()
    var names = Set<String>()
    func collect(_ value: JSONValue) {
      for member in value.objectMembers ?? [] where member.name != "labels" && !member.name.hasSuffix("_config") {
        names.insert(member.name)
        collect(member.value)
      }
      for item in value.arrayValue ?? [] { collect(item) }
    }
    for document in Fixtures.all { collect(try Fixtures.parse(document).normalized) }
    #expect(names.count > 60)
    for name in names { #expect(page.contains("`\(name)`") || page.contains(".\(name)`") || page.contains("\"\(name)\""), "\(name)") }
  }
}
