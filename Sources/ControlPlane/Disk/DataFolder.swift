import Glibc

/// The daemon's data folder, held by a lock as long as this lives.
package final class DataFolder: Sendable {
  package let path: String
  /// 32 hex digits, made with the folder.
  package let storeID: String
  /// Locked with flock(2): the lock ends with the process, however that ends, and no other descriptor of ours can drop it.
  private let lock: FileDescriptor

  /// Makes what is missing. Faults: `data_dir.locked` if another daemon has it, `data_dir.damaged` if the store id cannot be
  /// read, else the disk's own.
  package init(path: String) throws(DiskFault) {
    try DiskFiles.makeFolder(path)
    let lock = try Self.lock(path)
    storeID = try Self.readOrMakeStoreID(path)
    self.lock = lock
    self.path = path
  }

  /// Where the pipeline's checkpoints are. `name` has to be valid (`PipelineName`).
  package func stateDirectory(of name: String) -> String { pipelineFolder(name) + "/state" }

  var pipelinesFolder: String { path + "/pipelines" }

  func pipelineFolder(_ name: String) -> String { pipelinesFolder + "/" + name }

  private static func lock(_ path: String) throws(DiskFault) -> FileDescriptor {
    let file = path + "/LOCK"
    let lock = try FileDescriptor.open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK)
    while flock(lock.raw, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw DiskFault(errno: errno, file, doing: "lock") }
      let holder = holder(of: lock).map { "process \($0)" } ?? "another process"
      throw DiskFault(
        code: "data_dir.locked", message: "the data folder \(path) is in use by \(holder)",
        advice: "End that penstock first, or give this one another --data-dir.", errno: EWOULDBLOCK)
    }
    guard ftruncate(lock.raw, 0) == 0 else { throw DiskFault(errno: errno, file, doing: "write") }
    try DiskFiles.write(Array("\(getpid())\n".utf8), to: lock, file)
    return lock
  }

  /// The pid written in LOCK; nil if there is none (its holder is just writing it).
  private static func holder(of lock: borrowing FileDescriptor) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(lock.raw, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
  }

  private static func readOrMakeStoreID(_ path: String) throws(DiskFault) -> String {
    let file = path + "/store-id"
    guard try DiskFiles.kind(file) == nil else {
      let bytes = try DiskFiles.read(file, limit: 64)
      let digits = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
      guard digits.count == 32, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
        throw DiskFiles.damaged("\(file) does not hold 32 hex digits; the checkpoints in this folder belong to what it held")
      }
      return String(decoding: digits, as: UTF8.self)
    }
    if let name = try pipelineWithState(path) {
      throw DiskFiles.damaged("\(file) is missing, and pipeline \(name) has checkpoints that belong to what it held")
    }
    let id = try DiskFiles.randomHex(16)
    try DiskFiles.replace(file, in: path, temporary: file + ".new", with: Array((id + "\n").utf8))
    return id
  }

  private static func pipelineWithState(_ path: String) throws(DiskFault) -> String? {
    let pipelines = path + "/pipelines"
    guard try DiskFiles.kind(pipelines) == .folder else { return nil }
    for name in try DiskFiles.names(in: pipelines) where PipelineName.isValid(name) {
      // Not a folder of ours: nothing to protect in it.
      guard try DiskFiles.kind(pipelines + "/" + name) == .folder else { continue }
      if try DiskFiles.kind(pipelines + "/" + name + "/state") != nil { return name }
    }
    return nil
  }
}
