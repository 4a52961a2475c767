import Foundation

/// The Swift files below `Sources`, as text.
struct SourceTree {
  struct File {
    /// The folder in `Sources`.
    var module: String
    /// From the top of the repository: `Sources/HTTPServer/HTTPRoute.swift`.
    var path: String
    /// As they are; line n is at n - 1.
    var lines: [String]
    /// With comments and the text of string literals replaced by blanks, so that words in them do not count as code.
    var code: [String]
  }

  /// The folders in `Sources`.
  var modules: [String]
  var files: [File]

  static let shared = Result { try SourceTree() }

  init() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let sources = root.appendingPathComponent("Sources")
    modules = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { !$0.hasPrefix(".") }.sorted()
    files = []
    for module in modules {
      let folder = sources.appendingPathComponent(module)
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }.sorted()
      for name in names {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        files.append(
          File(
            module: module, path: "Sources/\(module)/\(name)", lines: Self.lines(text), code: Self.lines(CodeOnly.strip(text))))
      }
    }
  }

  private static func lines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The imports of the files, with where they are.
  var imports: [(module: String, imported: String, place: String)] {
    files.flatMap { file in
      file.code.enumerated().compactMap { index, line in
        Self.importedModule(line).map { (module: file.module, imported: $0, place: "\(file.path):\(index + 1)") }
      }
    }
  }

  /// `@preconcurrency package import struct A.B` -> `A`; nil for any other line.
  static func importedModule(_ line: String) -> String? {
    let words = line.split { " \t;".contains($0) }.drop { word in
      word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
    guard words.first == "import" else { return nil }
    let kinds: [Substring] = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
    let name = words.dropFirst().drop { kinds.contains($0) }.first
    return name?.split(separator: ".").first.map(String.init)
  }
}
