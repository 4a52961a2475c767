import Foundation
import Glibc
@testable import StateStore
import Testing

@Suite struct StoreFaultTests {
  @Test("a second opener is told that the store is in use, and the first goes on")
  func locked() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .locked)
    try store.commit([full(1, 1)])
    store.close()
    #expect(try CheckpointStore(directory: folder.state).heads() == [1: 1])
  }

  @Test("a text file, a folder, a link and an empty file in its place are errors and stay as they are")
  func foreign() throws {
    for (name, make) in [
      ("text", { try Data(String(repeating: "hello ", count: 5_000).utf8).write(to: URL(fileURLWithPath: $0)) }),
      ("short", { try Data("hello".utf8).write(to: URL(fileURLWithPath: $0)) }),
      ("empty", { try Data().write(to: URL(fileURLWithPath: $0)) }),
      ("folder", { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: true) }),
      ("link", { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/nowhere") }),
    ] as [(String, (String) throws -> Void)] {
      let folder = try StoreFolder()
      try FileManager.default.createDirectory(atPath: folder.state, withIntermediateDirectories: true)
      try make(folder.file)
      let before = try? Data(contentsOf: URL(fileURLWithPath: folder.file))
      #expect(code { _ = try CheckpointStore(directory: folder.state) } == .damaged, "\(name)")
      #expect((try? Data(contentsOf: URL(fileURLWithPath: folder.file))) == before)
      var info = stat()
      #expect(lstat(folder.file, &info) == 0, "\(name) is gone")
    }
  }

  @Test("a log without its database is an error and stays")
  func logAlone() throws {
    let folder = try StoreFolder()
    try CheckpointStore(directory: folder.state).close()
    try FileManager.default.removeItem(atPath: folder.file)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.file + "-wal"))
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .damaged)
    #expect(FileManager.default.fileExists(atPath: folder.file + "-wal"))
    #expect(!FileManager.default.fileExists(atPath: folder.file))
  }

  @Test("a database of another program is refused byte for byte unchanged")
  func otherProgram() throws {
    let folder = try StoreFolder()
    try FileManager.default.createDirectory(atPath: folder.state, withIntermediateDirectories: true)
    let other = try SQLiteConnection.open(path: folder.file, file: "x", create: true)
    try other.execute("PRAGMA page_size=32768; CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)", "x")
    _ = consume other
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.file))
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .damaged)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == before)
  }

  @Test("a file of a later version is refused as such")
  func newer() throws {
    let folder = try StoreFolder()
    try CheckpointStore(directory: folder.state).close()
    let other = try SQLiteConnection.open(path: folder.file, file: "x", create: false)
    try other.execute("PRAGMA user_version=99", "x")
    _ = consume other
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .newerFormat)
  }

  @Test("a file in the way of the folder is an error")
  func fileInTheWay() throws {
    let folder = try StoreFolder()
    try Data([1]).write(to: URL(fileURLWithPath: folder.state))
    #expect(code { _ = try CheckpointStore(directory: folder.state) } == .io)
    #expect(code { _ = try CheckpointStore(directory: folder.state + "/below") } == .io)
  }

  @Test("a store that may not grow refuses a commit, keeps the last one, and goes on when it may")
  func pageLimit() throws {
    let folder = try StoreFolder()
    let store = try CheckpointStore(directory: folder.state)
    try store.commit([full(1, 1, [page(0, 0, [7])])])
    try store.limitPages(to: 12)
    let big = (0..<40).map { page(60, $0, [UInt8](repeating: 5, count: 16_384)) }
    #expect(code { try store.commit([full(1, 2, big)]) } == .full)
    #expect(try store.load(shard: 1) == StoredShard(n: 1, body: [1], pages: [page(0, 0, [7])]))
    try store.commit([full(1, 2, [page(0, 0, [8])])])
    try store.limitPages(to: 1_000_000)
    try store.commit([full(1, 3, big)])
    #expect(try store.load(shard: 1)?.pages == big)
  }

  @Test("a full disk refuses commits, keeps the last state, and goes on when space returns", .enabled(if: TinyDisk.isAllowed))
  func fullDisk() throws {
    let folder = try StoreFolder()
    let disk = try #require(TinyDisk(at: folder.path + "/disk", bytes: 4 << 20))
    let state = disk.path + "/state"
    let ballast = disk.path + "/ballast"
    let store = try CheckpointStore(directory: state)
    let small = [page(0, 0, [7])]
    try store.commit([full(1, 1, small)])
    try Data(repeating: 1, count: 2 << 20).write(to: URL(fileURLWithPath: ballast))
    let big = (0..<128).map { page(60, $0, [UInt8](repeating: 5, count: 16_384)) }
    for _ in 0..<3 {
      #expect(code { try store.commit([full(1, 2, big)]) } == .full)
      #expect(try store.load(shard: 1) == StoredShard(n: 1, body: [1], pages: small))
    }
    let copy = try StoreFolder()
    try FileManager.default.createDirectory(atPath: copy.state, withIntermediateDirectories: true)
    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: state + "/state.sqlite" + suffix, toPath: copy.file + suffix) }
    #expect(try CheckpointStore(directory: copy.state).heads() == [1: 1])

    try FileManager.default.removeItem(atPath: ballast)
    let half = Array(big.prefix(40))
    try store.commit([full(1, 3, half)])
    store.close()
    #expect(try CheckpointStore(directory: state).load(shard: 1) == StoredShard(n: 3, body: [1], pages: half))
  }
}

/// A file system in memory of a few MiB; root alone can mount one.
final class TinyDisk {
  let path: String

  static let isAllowed: Bool = {
    let probe = NSTemporaryDirectory() + "penstock-mount-\(UUID().uuidString)"
    defer { rmdir(probe) }
    return TinyDisk(at: probe, bytes: 1 << 20) != nil
  }()

  init?(at path: String, bytes: Int) {
    self.path = path
    mkdir(path, 0o700)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }
}
