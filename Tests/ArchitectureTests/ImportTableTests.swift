import Testing

@Suite("Import table")
struct ImportTableTests {
  /// What each module may import of ours: the table of the design. A folder that is not here may not be in `Sources`.
  static let table: [String: Set<String>] = [
    "CRdKafka": [], "CMicroHTTPD": [], "CSQLite": [], "CXXHash": [], "CSimdJSON": [], "CFYAML": [], "CCurl": [],
    "KafkaClient": ["CRdKafka"],
    "RecordCodec": ["CSimdJSON"],
    "StreamEngine": [],
    "StateStore": ["CSQLite", "CXXHash"],
    "PipelineSpec": ["RecordCodec", "StreamEngine", "CFYAML"],
    "KafkaPipeline": ["KafkaClient", "RecordCodec", "StreamEngine", "StateStore"],
    "HTTPServer": ["CMicroHTTPD"],
    "Arguments": [],
    "ControlPlane": ["KafkaPipeline", "PipelineSpec", "HTTPServer", "RecordCodec", "Arguments"],
    "ControlClient": ["CCurl", "RecordCodec", "PipelineSpec", "Arguments"],
    "Penstock": ["KafkaPipeline", "StreamEngine"],
    "penstock": ["ControlPlane", "ControlClient", "Arguments"],
  ]

  /// Of the toolchain. Foundation is not among them: it costs 10 MB resident.
  static let system: Set<String> = ["Swift", "Glibc", "Synchronization", "Dispatch"]

  /// The engine is pure: of the C library it may use the mathematics, but nothing that waits or runs beside it. The library for
  /// other programs decodes their events with Foundation.
  static let systemOf: [String: Set<String>] = ["StreamEngine": ["Swift", "Glibc"], "Penstock": ["Swift", "Foundation"]]

  @Test("every folder in Sources is in the table, and every module of the table is there")
  func complete() throws {
    let tree = try SourceTree.shared.get()
    #expect(tree.modules == Self.table.keys.sorted())
  }

  @Test("every module imports only what the table allows")
  func allowed() throws {
    let imports = try SourceTree.shared.get().imports
    #expect(imports.count > 50, "the sources were not read")
    for (module, imported, place) in imports {
      let mine = Self.table[module, default: []].union(Self.systemOf[module] ?? Self.system)
      #expect(mine.contains(imported), "\(place): \(module) may not import \(imported)")
    }
  }

  @Test("the daemon does not reach the library, and Foundation with it")
  func noFoundation() {
    var reached: Set<String> = ["penstock"]
    while true {
      let next = reached.union(reached.flatMap { Self.table[$0, default: []] })
      if next == reached { break }
      reached = next
    }
    #expect(reached.contains("StreamEngine"))
    #expect(!reached.contains("Penstock"))
  }

  @Test("each C library has exactly one importer")
  func oneImporter() throws {
    let imports = try SourceTree.shared.get().imports
    for library in ["CRdKafka", "CMicroHTTPD", "CSQLite", "CXXHash", "CSimdJSON", "CFYAML", "CCurl"] {
      let importers = Set(imports.filter { $0.imported == library }.map(\.module))
      #expect(importers.count == 1, "\(library) is imported by \(importers.sorted())")
    }
  }

  @Test("the table has no circle")
  func noCircle() {
    var left = Self.table
    while let free = left.first(where: { entry in entry.value.allSatisfy { left[$0] == nil } }) { left[free.key] = nil }
    #expect(left.isEmpty, "these need each other: \(left.keys.sorted())")
  }

  @Test(
    "an import is seen in every form it can have",
    arguments: [
      ("import A", "A"), ("package import A", "A"), ("@preconcurrency public import A", "A"), ("  import struct A.B", "A"),
      ("import A;", "A"), ("@testable import A.C", "A"), ("importing(A)", nil), ("let x = 1", nil),
    ])
  func forms(line: String, module: String?) {
    #expect(SourceTree.importedModule(line) == module)
  }
}
