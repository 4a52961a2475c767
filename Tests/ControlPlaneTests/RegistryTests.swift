import Foundation
import HTTPServer
import RecordCodec
import Testing

@testable import ControlPlane

/// The pages under api/ say what is served.
struct RegistryTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func lines(_ name: String) throws -> [String] {
    try String(contentsOf: root.appendingPathComponent("api/" + name), encoding: .utf8).components(separatedBy: "\n")
  }

  @Test("api/problems.md lists every code with its status and whether to retry")
  func problems() throws {
    let written = try Self.lines("problems.md").filter { $0.hasPrefix("| `") }.map { line in
      line.split(separator: "|").prefix(3).map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
    }
    let built = ProblemCode.allCases.map { [$0.rawValue, String($0.status), $0.isRetryable ? "yes" : "no"] }
    #expect(written.sorted { $0[0] < $1[0] } == built.sorted { $0[0] < $1[0] })
    #expect(ProblemCode.allCases.allSatisfy { $0.rawValue.contains(".") && !$0.title.isEmpty })
  }

  @Test("api/openapi.yaml lists every code")
  func codes() throws {
    let listed = Set(try Self.lines("openapi.yaml").map { $0.trimmingCharacters(in: .whitespaces) })
    #expect(ProblemCode.allCases.filter { !listed.contains("- " + $0.rawValue) }.isEmpty)
  }

  @Test("api/openapi.yaml has exactly the paths and methods that are served")
  func openAPI() throws {
    var described: Set<String> = []
    var inPaths = false
    var path = ""
    for line in try Self.lines("openapi.yaml") {
      if line.hasPrefix("paths:") { inPaths = true; continue }
      if let first = line.first, first != " ", first != "#" { inPaths = false }
      guard inPaths, let colon = line.firstIndex(of: ":") else { continue }
      let indent = line.prefix { $0 == " " }.count
      let key = line[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))
      if indent == 2, key.hasPrefix("/") { path = key }
      if indent == 4, ["get", "post", "put", "delete", "patch"].contains(key) { described.insert("\(key.uppercased()) \(path)") }
    }
    let served = Set(try World(load: false).api.routes.map { "\($0.method) \($0.pattern)" })
    #expect(described == served, "only described: \(described.subtracting(served)); only served: \(served.subtracting(described))")
  }
}
