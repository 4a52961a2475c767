import Foundation
import Testing

@Suite("Failure codes")
struct FailureCodeTests {
  @Test("api/failures.md lists exactly the codes that a pipeline's last_error can have")
  func listed() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("api/failures.md"), encoding: .utf8)
    let described = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
    #expect(Set(described).count == described.count, "a code is listed twice")

    let literal = #/"((?:kafka|spec|state|lane|pipeline|disk|data_dir|offsets|secret)\.[a-z_]+)"/#
    var used: Set<String> = []
    for file in try SourceTree.shared.get().files {
      // The problems of requests have a page and a test of their own.
      guard file.module == "KafkaPipeline" || file.module == "ControlPlane", !file.path.hasSuffix("ProblemCode.swift"),
        !file.path.hasSuffix("OpenAPIDocument.swift")
      else { continue }
      for line in file.lines { used.formUnion(line.matches(of: literal).map { String($0.output.1) }) }
    }
    // The name of a file, not a code.
    used.remove("spec.json")
    #expect(Set(described) == used, "only described: \(Set(described).subtracting(used)); only used: \(used.subtracting(described))")
  }
}
