import Foundation
import Glibc
import RecordCodec

@testable import ControlPlane

/// A folder of one test, gone at its end.
final class DiskFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "penstock-disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

  func write(_ name: String, _ data: Data) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }

  func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)) }

  /// Without following a link at the end.
  func exists(_ name: String) -> Bool {
    var info = stat()
    return lstat(path + "/" + name, &info) == 0
  }

  func names(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).sorted() }

  func mode(_ name: String) -> UInt32 {
    var info = stat()
    return lstat(path + "/" + name, &info) == 0 ? info.st_mode & 0o777 : 0
  }
}

func pipeline(_ name: String, generation: Int64 = 1, desired: DesiredState = .running) -> StoredPipeline {
  StoredPipeline(
    name: name, desired: desired, generation: generation, createdAt: 1_700_000_000_000, updatedAt: 1_700_000_000_001,
    spec: ["input": ["topics": ["a", "ü\n\"x\""]], "ratio": 0.1, "small": 1e-7, "n": -5, "none": .null, "list": [], "map": [:]])
}
