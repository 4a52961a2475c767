import Testing

@Suite("House rules")
struct HouseRuleTests {
  static let longestFile = 500

  /// Each of these ends the process, or worse, when its data is not as hoped.
  static let banned = ["try!", "fatalError(", " as! ", "unsafeBitCast", "preconditionFailure("]

  @Test("nothing in Sources uses what ends the process over data")
  func bannedWords() throws {
    for file in try SourceTree.shared.get().files {
      for (index, line) in file.code.enumerated() {
        for word in Self.banned where (line + " ").contains(word) {
          Issue.record("\(file.path):\(index + 1): \(word.trimmingCharacters) is not allowed")
        }
      }
    }
  }

  @Test("no Swift file is longer than 500 lines")
  func fileLength() throws {
    let files = try SourceTree.shared.get().files
    #expect(files.count > 50, "the sources were not read")
    for file in files {
      #expect(file.lines.count <= Self.longestFile, "\(file.path):\(Self.longestFile): \(file.lines.count) lines; split it as Type+Aspect.swift")
    }
  }

  @Test(
    "comments and literals do not count as code, and code between them does",
    arguments: [
      ("a // try! b", "a"), ("a /* try! */ b", "a b"), ("a \"try!\" b", "a b"), ("a #\"try! \\\" \"# b", "a b"),
      ("a \"\\(try! f()) x\" b", "a b"), ("a \"\\\"try!\" b", "a b"), ("a /* x /* y */ try! */ b", "a b"),
      ("a \"\"\"\n try! \" \n\"\"\" b", "a b"), ("try! a // \"", "try! a"), ("\"//\" + try! a", "+ try! a"),
    ])
  func strip(source: String, code: String) {
    let words = CodeOnly.strip(source).split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words == code)
    #expect(CodeOnly.strip(source).filter { $0 == "\n" }.count == source.filter { $0 == "\n" }.count)
  }
}

extension String {
  fileprivate var trimmingCharacters: String {
    split(separator: " ").joined(separator: " ")
  }
}
