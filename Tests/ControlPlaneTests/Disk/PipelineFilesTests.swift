import Foundation
import Glibc
import RecordCodec
import Testing

@testable import ControlPlane

@Suite struct PipelineFilesTests {
  private func open(_ disk: DiskFolder) throws -> PipelineFiles { PipelineFiles(try DataFolder(path: disk.path)) }

  @Test("saved pipelines are loaded in order of name, the last save of each")
  func roundTrip() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    #expect(try files.load().isEmpty)
    let all = [pipeline("b", desired: .paused), pipeline("a-1"), pipeline("a", desired: .stopped), pipeline("a.b")]
    for one in all { try files.save(one) }
    try files.save(pipeline("b", generation: 2))
    #expect(
      try files.load() == [
        .good(pipeline("a", desired: .stopped)), .good(pipeline("a-1")), .good(pipeline("a.b")), .good(pipeline("b", generation: 2)),
      ])
    #expect(try disk.names("pipelines/b") == ["spec.json"])
    #expect(disk.mode("pipelines/b") == 0o700)
    #expect(disk.mode("pipelines/b/spec.json") == 0o600)
  }

  @Test("a spec.json cut at any length is set aside under a new name, and the others load")
  func truncated() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("good"))
    try files.save(pipeline("p"))
    let whole = try disk.read("pipelines/p/spec.json")
    for length in 0..<whole.count - 1 {
      try? FileManager.default.removeItem(atPath: disk.path + "/pipelines/p/spec.json.corrupt")
      let cut = whole.prefix(length)
      try disk.write("pipelines/p/spec.json", cut)
      let loaded = try files.load()
      #expect(loaded.first == .good(pipeline("good")))
      guard loaded.count == 2, case .damaged("p", let reason) = loaded[1] else {
        Issue.record("length \(length): \(loaded)")
        return
      }
      #expect(reason.contains("spec.json.corrupt"))
      #expect(try disk.read("pipelines/p/spec.json.corrupt") == cut)
      #expect(!disk.exists("pipelines/p/spec.json"))
    }
    // Without its last line feed it is still the whole document.
    try disk.write("pipelines/p/spec.json", whole.dropLast())
    #expect(try files.load().last == .good(pipeline("p")))
  }

  @Test("that state was given up is kept until it is taken back; a file that says nothing of it is one from before")
  func discard() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    var wish = pipeline("p")
    wish.discardsState = true
    try files.save(wish)
    #expect(try files.load() == [.good(wish)])
    try files.save(pipeline("p"))
    #expect(String(decoding: try disk.read("pipelines/p/spec.json"), as: UTF8.self).contains("discard") == false)
    #expect(try files.load() == [.good(pipeline("p"))])
  }

  @Test("a changed byte is found by the checksum")
  func changed() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("p"))
    let text = String(decoding: try disk.read("pipelines/p/spec.json"), as: UTF8.self)
    for (old, new) in [("running", "stopped"), ("\"generation\": 1", "\"generation\": 2"), ("-5", "-6"), ("0.1", "0.2")] {
      #expect(text.contains(old))
      try disk.write("pipelines/p/spec.json", text.replacingOccurrences(of: old, with: new))
      guard case .damaged("p", let reason)? = try files.load().first else {
        Issue.record("\(old) passed as \(new)")
        continue
      }
      #expect(reason.contains("checksum"))
    }
    #expect(
      try disk.names("pipelines/p") == ["spec.json.corrupt", "spec.json.corrupt.2", "spec.json.corrupt.3", "spec.json.corrupt.4"])
  }

  @Test("a damaged pipeline is reported by every load, until it is saved again")
  func staysDamaged() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try disk.write("pipelines/p/spec.json", "{")
    for _ in 0..<2 {
      guard case .damaged("p", let reason)? = try files.load().first else { throw DiskFault(code: "", message: "not damaged", advice: "") }
      #expect(reason.contains("spec.json.corrupt"))
    }
    try files.save(pipeline("p"))
    #expect(try files.load() == [.good(pipeline("p"))])
    #expect(disk.exists("pipelines/p/spec.json.corrupt"))
  }

  @Test("another pipeline's file, and a file of a later version, are not taken; the second stays in place")
  func otherContent() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("p"))
    try disk.write("pipelines/q/spec.json", try disk.read("pipelines/p/spec.json"))
    try disk.write("pipelines/r/spec.json", #"{"format": 2, "anything": true}"#)
    let loaded = try files.load()
    #expect(loaded.map(\.name) == ["p", "q", "r"])
    #expect(loaded[0] == .good(pipeline("p")))
    guard case .damaged(_, let q) = loaded[1], case .damaged(_, let r) = loaded[2] else {
      Issue.record("\(loaded)")
      return
    }
    #expect(q.contains("another pipeline"))
    #expect(r.contains("newer"))
    #expect(disk.exists("pipelines/r/spec.json"))
  }

  @Test("a folder or an endless file as spec.json is set aside, not followed or read for ever")
  func strangeSpecs() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try disk.write("pipelines/dir/spec.json/inner", "x")
    try disk.write("pipelines/big/spec.json", Data(count: StoredPipeline.maxBytes + 1))
    try disk.write("pipelines/link/other", "x")
    try FileManager.default.createSymbolicLink(atPath: disk.path + "/pipelines/link/spec.json", withDestinationPath: "/dev/zero")
    #expect(mkfifoAt(disk.path + "/pipelines/link/../fifo") == 0)
    let loaded = try files.load()
    #expect(loaded.map(\.name) == ["big", "dir", "fifo", "link"])
    for one in loaded {
      guard case .damaged = one else {
        Issue.record("\(one)")
        continue
      }
    }
    #expect(disk.exists("pipelines/dir/spec.json.corrupt/inner"))
  }

  @Test("a symbolic link as pipeline folder is reported, and neither load, save nor remove goes through it")
  func link() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("p"))
    try FileManager.default.moveItem(atPath: disk.path + "/pipelines/p", toPath: disk.path + "/outside")
    try FileManager.default.createSymbolicLink(atPath: disk.path + "/pipelines/p", withDestinationPath: disk.path + "/outside")
    guard case .damaged("p", _)? = try files.load().first else {
      Issue.record("a link was followed")
      return
    }
    #expect(throws: DiskFault.self) { try files.save(pipeline("p", generation: 2)) }
    try files.remove("p")
    #expect(!disk.exists("pipelines/p"))
    #expect(disk.exists("outside/spec.json"))
  }

  @Test("remove takes the whole tree away without following links, and removing it again is no fault")
  func remove() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try disk.write("outside/keep", "x")
    try files.save(pipeline("p"))
    try files.save(pipeline("q"))
    try disk.write("pipelines/p/state/deep/er/file", "x")
    try FileManager.default.createSymbolicLink(atPath: disk.path + "/pipelines/p/state/link", withDestinationPath: disk.path + "/outside")
    try files.remove("p")
    try files.remove("p")
    #expect(try disk.names("pipelines") == ["q"])
    #expect(try disk.names("outside") == ["keep"])
    #expect(throws: DiskFault.self) { try files.remove("../outside") }
    #expect(disk.exists("outside/keep"))
  }

  @Test("what a crash left is cleared up at load; folders that only look like it are not")
  func leftovers() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("p"))
    try disk.write("pipelines/p/spec.json.new", "half")
    try disk.write("pipelines/.deleted-old-0123456789abcdef/state/x", "x")
    try disk.write("pipelines/.deleted-mine/x", "x")
    try disk.write("pipelines/New Folder/x", "x")
    try disk.write("pipelines/begun/spec.json.new", "half")
    let loaded = try files.load()
    #expect(loaded.map(\.name) == [".deleted-mine", "New Folder", "p"])
    #expect(try disk.names("pipelines") == [".deleted-mine", "New Folder", "p"])
    #expect(try disk.names("pipelines/p") == ["spec.json"])
    #expect(disk.exists("pipelines/.deleted-mine/x") && disk.exists("pipelines/New Folder/x"))
  }

  @Test("a save that fails leaves the old file and no other")
  func failedSave() throws {
    let disk = try DiskFolder()
    let files = try open(disk)
    try files.save(pipeline("p"))
    try disk.write("pipelines/p/spec.json.new/in-the-way", "x")
    let fault = #expect(throws: DiskFault.self) { try files.save(pipeline("p", generation: 2)) }
    #expect(fault?.code == "disk.io")
    #expect(fault?.message.contains("spec.json.new") == true)
    #expect(try files.load() == [.good(pipeline("p"))])
    try files.save(pipeline("p", generation: 2))
    #expect(try files.load() == [.good(pipeline("p", generation: 2))])
    #expect(throws: DiskFault.self) { try files.save(pipeline("../p")) }
  }
}


@Suite struct DiskFilesTests {
  @Test("a file whose folder cannot be opened for its sync is not replaced, and nothing is left beside it")
  func folderFirst() throws {
    let disk = try DiskFolder()
    try disk.write("file", "old")
    let fault = #expect(throws: DiskFault.self) {
      try DiskFiles.replace(disk.path + "/file", in: disk.path + "/none", temporary: disk.path + "/file.new", with: Array("new".utf8))
    }
    #expect(fault?.message.contains("/none") == true)
    #expect(try disk.read("file") == Data("old".utf8))
    #expect(try disk.names("") == ["file"])
  }
}

private func mkfifoAt(_ path: String) -> Int32 {
  mkdir(path, 0o700)
  return mkfifo(path + "/spec.json", 0o600)
}
