import Foundation
import Testing

@testable import ControlPlane

@Suite struct DataFolderTests {
  @Test("a missing data folder is made for its owner alone, with a store id that stays")
  func made() throws {
    let disk = try DiskFolder()
    let id = try DataFolder(path: disk.path + "/a/b/data").storeID
    #expect(id.count == 32)
    #expect(id.allSatisfy { "0123456789abcdef".contains($0) })
    #expect(disk.mode("a/b/data") == 0o700)
    #expect(disk.mode("a/b/data/LOCK") == 0o600)
    #expect(try DataFolder(path: disk.path + "/a/b/data").storeID == id)
    #expect(try DataFolder(path: disk.path + "/other").storeID != id)
    #expect(try disk.names("a/b/data") == ["LOCK", "store-id"])
  }

  @Test("a second daemon on the folder is told who has it, and gets it when the first is gone")
  func locked() throws {
    let disk = try DiskFolder()
    var first: DataFolder? = try DataFolder(path: disk.path)
    let id = first?.storeID
    let fault = #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path) }
    #expect(fault?.code == "data_dir.locked")
    #expect(fault?.message == "the data folder \(disk.path) is in use by process \(ProcessInfo.processInfo.processIdentifier)")
    first = nil
    #expect(try DataFolder(path: disk.path).storeID == id)
  }

  @Test("what is left in LOCK by a dead process is no obstacle", arguments: ["", "999999\n", "not a pid", String(repeating: "x", count: 5_000)])
  func oldLock(content: String) throws {
    let disk = try DiskFolder()
    try disk.write("LOCK", content)
    let folder = try DataFolder(path: disk.path)
    #expect(try disk.read("LOCK") == Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8))
    _ = folder.storeID
  }

  @Test(
    "a damaged store id is an error and is not replaced",
    arguments: ["", "abc", String(repeating: "g", count: 32), String(repeating: "a", count: 33), String(repeating: "A", count: 32),
      String(repeating: "a", count: 100)])
  func damagedID(content: String) throws {
    let disk = try DiskFolder()
    try disk.write("store-id", content)
    let fault = #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path) }
    #expect(fault?.code == "data_dir.damaged")
    #expect(try disk.read("store-id") == Data(content.utf8))
    // The refused one holds no lock.
    try disk.write("store-id", String(repeating: "a", count: 32))
    #expect(try DataFolder(path: disk.path).storeID == String(repeating: "a", count: 32))
  }

  @Test("a missing store id is made anew, but not where checkpoints belong to the old one")
  func missingID() throws {
    let disk = try DiskFolder()
    try disk.write("pipelines/one/spec.json", "{}")
    _ = try DataFolder(path: disk.path)
    try FileManager.default.removeItem(atPath: disk.path + "/store-id")
    try disk.write("pipelines/one/state/state.sqlite", "x")
    let fault = #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path) }
    #expect(fault?.code == "data_dir.damaged")
    #expect(!disk.exists("store-id"))
  }

  @Test("a file in the way of the folder, and a link in place of its files, are errors")
  func inTheWay() throws {
    let disk = try DiskFolder()
    try disk.write("file", "x")
    #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path + "/file") }
    #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path + "/file/below") }
    #expect(try disk.read("file") == Data("x".utf8))
    try disk.write("data/target", "keep")
    try FileManager.default.createSymbolicLink(atPath: disk.path + "/data/LOCK", withDestinationPath: "target")
    #expect(throws: DiskFault.self) { _ = try DataFolder(path: disk.path + "/data") }
    #expect(try disk.read("data/target") == Data("keep".utf8))
  }

  @Test("state of a pipeline is below its folder")
  func statePath() throws {
    let disk = try DiskFolder()
    #expect(try DataFolder(path: disk.path).stateDirectory(of: "p.1") == disk.path + "/pipelines/p.1/state")
  }

  @Test("names of pipelines are checked byte by byte")
  func names() {
    for good in ["a", "0", "a.b-c_d", "x" + String(repeating: "9", count: 62)] { #expect(PipelineName.isValid(good), "\(good)") }
    for bad in ["", ".", "..", "-a", "_a", ".a", "A", "a/b", "a b", "ä", "a\u{0}", "a\n", "x" + String(repeating: "9", count: 63)] {
      #expect(!PipelineName.isValid(bad), "\(bad)")
    }
  }
}
